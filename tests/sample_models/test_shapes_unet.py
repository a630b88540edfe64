"""The sample model that segments shapes: fresh pictures, its card, the pictures beside it, its data."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam import load_model
from xai_cam.runs.demo import sample_model

FILES = sample_model("shapes_unet")
FOLDER = FILES.model.parent
CARD = (FOLDER / "CARD.md").read_text(encoding="utf-8")
LABELS = ["background", "circle", "square", "triangle", "star", "cross", "heart"]


@pytest.fixture
def script(scripts: Path) -> ModuleType:
    import train_shapes_unet

    return train_shapes_unet


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model(FILES.model, FILES.weights)


def test_the_model_is_small_and_gives_classes_at_each_pixel(model: Any) -> None:
    assert model.input_shape[1:] == (96, 96, 3) and model.output_shape[1:] == (96, 96, 7)
    assert (FOLDER / "labels.txt").read_text(encoding="utf-8").split() == LABELS
    assert sum(path.stat().st_size for path in (FILES.model, FILES.weights)) < 1_000_000


def test_fresh_pictures_are_segmented_as_well_as_the_card_says(script: ModuleType, model: Any) -> None:
    scenes = [script.draw(7, script.TEST, index) for index in range(40)]
    pictures = np.stack([scene.picture for scene in scenes]).astype(np.float32) / 255
    told = np.asarray(model(pictures)).argmax(axis=-1)
    shares = []
    for index, name in enumerate(LABELS[1:], start=1):
        true = np.stack([scene.mask_of(name) for scene in scenes])
        shares.append((true & (told == index)).sum() / (true | (told == index)).sum())
    card = float(re.search(r"mean over the shapes (0\.\d+)", CARD.replace("\n", " "))[1])
    assert card > 0.85 and np.mean(shares) == pytest.approx(card, abs=0.08)


def test_the_overlap_of_a_class_is_counted_over_all_pictures(script: ModuleType) -> None:
    told, true = np.array([[[1, 1, 0]], [[0, 2, 2]]]), np.array([[[1, 0, 0]], [[1, 2, 0]]])
    found = script.overlaps(told, true, LABELS[:3])
    assert found == {"background": 1 / 4, "circle": 1 / 3, "square": 1 / 2}


def test_the_pictures_beside_it_have_the_masks_of_the_shape_named_last(model: Any) -> None:
    files = sorted((FOLDER / "pictures").iterdir())
    assert len(files) == 4 and [path.name for path in files] == sorted(
        path.name for path in (FOLDER / "masks").iterdir()
    )
    for file in files:
        picture, mask = Image.open(file), Image.open(FOLDER / "masks" / file.name)
        assert picture.size == mask.size == (192, 192)
        small = np.asarray(picture.resize((96, 96), Image.Resampling.BOX), np.float32) / 255
        told = np.asarray(model(small[None]))[0].argmax(axis=-1) == LABELS.index(file.stem.split("_")[-1])
        true = np.asarray(mask.resize((96, 96), Image.Resampling.BOX)) > 127
        assert (told & true).sum() / (told | true).sum() > 0.7, file.name


def test_pictures_and_classes_are_changed_alike(script: ModuleType) -> None:
    """White where the class is 1, so that it can be seen afterwards."""
    classes = np.zeros((2, 8, 8), np.uint8)
    classes[:, 1:3, 2:7] = 1
    pictures = np.repeat(classes[..., None], 3, axis=3) * 255
    seen = set()
    for seed in range(30):
        inputs, targets = script.change(np.random.default_rng(seed), pictures, classes)
        np.testing.assert_array_equal(inputs.min(axis=3) > 0.5, targets == 1)
        seen.add(targets[0].tobytes())
    assert len(seen) == 8


def test_a_shape_in_the_dark_is_background(script: ModuleType) -> None:
    scene = script.draw(0, script.SHOWN, 0)
    first, second = scene.objects
    found = script.classes_of(scene, [second.name])
    np.testing.assert_array_equal(found > 0, second.mask)
    assert (found[second.mask] == LABELS.index(second.name)).all() and first.mask.any()
