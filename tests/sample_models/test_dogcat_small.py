"""The small sample model of cats and dogs: what its card says of its form, its file and its maps."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from support.commands import run
from support.small_models import shared
from xai_cam import explain, load_model
from xai_cam.runs.demo import labels_file, sample_model

FILES = sample_model("dogcat_small")
FOLDERS = [sample_model(name).model.parent for name in ("dogcat", "dogcat_small")]


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_files_are_small_and_load_in_keras_alone() -> None:
    import keras

    assert FILES.weights is not None and FILES.weights.stat().st_size < 2e6
    assert labels_file(FILES).read_text(encoding="utf-8").split() == ["cat", "dog"]
    plain = keras.models.model_from_json(FILES.model.read_text(encoding="utf-8"))
    plain.load_weights(FILES.weights)
    images = np.random.default_rng(0).random((2, 160, 160, 3), np.float32)
    ours = np.asarray(load_model(FILES.model, FILES.weights)(images))
    np.testing.assert_allclose(ours, np.asarray(plain(images)), atol=1e-6)
    assert ours.shape == (2, 1) and (ours >= 0).all() and (ours <= 1).all()


def test_it_is_explained_at_ten_by_ten_cells() -> None:
    model = load_model(FILES.model, FILES.weights)
    (one,) = explain(model, np.random.default_rng(0).random((1, 160, 160, 3), np.float32))
    assert (one.layer, one.cam.shape) == ("block4", (10, 10))


def test_its_map_is_that_of_its_weights() -> None:
    """Behind a global average and one unit, Grad-CAM is the sum of the maps by their weights (Zhou 2016)."""
    import keras

    model = load_model(FILES.model, FILES.weights)
    images = np.random.default_rng(1).random((1, 160, 160, 3), np.float32)
    (one,) = explain(model, images, target_class=1)
    maps = np.asarray(keras.Model(model.input, model.get_layer("block4").output)(images))[0]
    weights = np.asarray(model.get_layer("scores").kernel)[:, 0]
    expected = np.maximum(sum(maps[..., k] * weights[k] for k in range(len(weights))), 0)
    np.testing.assert_allclose(one.saliency_map, expected / expected.max(), atol=1e-4)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_card_counts_what_the_table_of_photos_holds(folder: Path) -> None:
    with (folder / "report" / "pointing.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    card = (folder / "CARD.md").read_text(encoding="utf-8")
    for method in ("grad-cam", "score-cam"):
        told = [cells_of(line) for line in card.splitlines() if line.startswith(f"| {method} ")]
        for cells, most in zip(told, (1.0, 0.5), strict=True):
            chosen = [row for row in rows if row["method"] == method and float(row["filled"]) <= most]
            hits = sum(row["hit"] == "1" for row in chosen)
            blank = sum(row["energy"] == "nan" for row in chosen)
            assert cells[1].endswith(f"({len(chosen)})")
            assert cells[2] == str(hits) and cells[-1] == str(blank)


@pytest.mark.slow
@pytest.mark.zoo
def test_unseen_photos_are_told_as_well_as_the_card_says() -> None:
    pytest.importorskip("sklearn", reason="evaluate needs scikit-learn")
    named = ("-m", FILES.model, "-w", FILES.weights, "--labels", labels_file(FILES))
    result = run("evaluate", *named, "--preprocess", "unit", "--json", shared("data/dogcat/test"))
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    card = (FOLDERS[1] / "CARD.md").read_text(encoding="utf-8")
    told = re.search(r"^- Accuracy: ([\d.]+)", card, re.M)
    assert told and figures["images"] == 1000 and figures["failed"] == 0
    # a picture at the threshold may fall to the other side on another processor
    assert figures["accuracy"] == pytest.approx(float(told[1]), abs=2.5e-3)
    assert figures["accuracy"] >= 0.928  # of 0.930: rounding may turn a photo or two
