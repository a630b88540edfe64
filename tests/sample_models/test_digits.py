"""The sample model of digits: as good as its card says, and its overlays can be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, provenance
from xai_cam import load_model
from xai_cam.runs.demo import sample_model

FILES = sample_model("digits")
CARD = FILES.model.with_name("CARD.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def training() -> Any:
    """The training script, which draws the split."""
    pytest.importorskip("sklearn", reason="scikit-learn brings the digits")
    from xai_cam.sample_models import train_digits

    return train_digits


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model(FILES.model, FILES.weights)


def test_the_model_is_small_and_its_layers_have_names(model: Any) -> None:
    assert [layer.name for layer in model.layers[1:]] == ["conv", "pool", "flatten", "dense", "scores"]
    assert model.input_shape[1:] == (28, 28, 1) and model.output_shape[1:] == (10,)
    assert sum(path.stat().st_size for path in FILES.model.parent.iterdir()) < 400_000
    assert FILES.model.with_name("labels.txt").read_text(encoding="utf-8").split() == list("0123456789")


def test_unseen_digits_are_read_as_well_as_the_card_says(training: Any, model: Any) -> None:
    seed = int(re.search(r"^- Seed: (\d+)\.$", CARD, re.M)[1])
    test = training.load_split(seed)[2]
    scores = np.asarray(model(test.pictures[..., None].astype(np.float32) / 255))
    right = int((scores.argmax(axis=1) == test.digits).sum())
    assert right >= 0.98 * len(test)
    assert f"- Accuracy: {right / len(test):.1%}, {right} of {len(test)} unseen pictures." in CARD


def test_the_parts_of_a_split_share_nothing_and_follow_from_the_seed(training: Any) -> None:
    parts = training.load_split(3)
    pictures = [{picture.tobytes() for picture in part.pictures} for part in parts]
    assert [len(part) for part in parts] == [len(found) for found in pictures] == [1258, 180, 359]
    assert len(set.union(*pictures)) == 1797
    again, other = training.load_split(3)[2], training.load_split(4)[2]
    np.testing.assert_array_equal(again.pictures, parts[2].pictures)
    assert {picture.tobytes() for picture in other.pictures} != pictures[2]


def test_pictures_are_the_digits_enlarged_by_hand(training: Any) -> None:
    """A pixel of 28 x 28 between the centres of the 8 x 8 is mixed from four of them."""
    image = np.zeros((8, 8))
    image[2, 3], image[2, 4] = 16, 8
    large = training.enlarge(image[None])[0]
    y, x = (8 + 0.5) * 8 / 28 - 0.5, (13 + 0.5) * 8 / 28 - 0.5  # row 8, column 13
    value = (1 - (y - 1)) * 0 + (y - 1) * ((1 - (x - 3)) * 255 + (x - 3) * 127.5)
    assert 1 < y < 2 and 3 < x < 4
    assert (large.shape, large.dtype, large[8, 13]) == ((28, 28), np.uint8, round(value))


def test_the_test_pictures_as_files_and_their_overlays(
    training: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the card and the page say: write the pictures, then explain them."""
    monkeypatch.setattr("sys.argv", ["train_digits.py", "--pictures", str(tmp_path / "digits")])
    training.main()
    test = training.load_split(0)[2]
    paths = sorted((tmp_path / "digits").rglob("*.png"), key=lambda path: path.name)
    assert [int(path.parent.name) for path in paths] == test.digits.tolist()
    for path, picture in zip(paths, test.pictures, strict=True):
        with Image.open(path) as image:
            assert image.mode == "L"
            np.testing.assert_array_equal(np.asarray(image), picture)

    digit = paths[0]
    result = explain((FILES.model, FILES.weights), digit, "--preprocess", "unit", "-c", "folder")
    assert counted(result, 1), result.stderr
    assert "Layer conv (Conv2D, 26 x 26 x 8, the default)." in result.stderr
    overlay = digit.with_name(f"{digit.stem}_grad-cam.png")
    assert Image.open(overlay).size == (224, 224)
    assert provenance(overlay)["enlarged"] == 8
