"""The sample model of two inputs: the side asked for decides, on fresh pictures and on those beside it."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam import load_model
from xai_cam.runs.demo import sample_model

FILES = sample_model("shapes_two_inputs")
FOLDER = FILES.model.parent
CARD = (FOLDER / "CARD.md").read_text(encoding="utf-8")
LABELS = ["circle", "square", "triangle", "star", "cross", "heart"]


@pytest.fixture
def script(scripts: Path) -> ModuleType:
    import train_shapes_two_inputs

    return train_shapes_two_inputs


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model(FILES.model, FILES.weights)


def told(model: Any, pictures: np.ndarray, side: float) -> np.ndarray:
    """The names of the classes that the model tells."""
    inputs = {"picture": pictures.astype(np.float32) / 255, "side": np.full((len(pictures), 1), side)}
    return np.array(LABELS)[np.asarray(model(inputs)).argmax(axis=1)]


def test_the_model_is_small_and_takes_a_picture_and_a_number(model: Any) -> None:
    assert {one.name: tuple(one.shape[1:]) for one in model.inputs} == {"picture": (96, 96, 3), "side": (1,)}
    assert (FOLDER / "labels.txt").read_text(encoding="utf-8").split() == LABELS
    assert sum(path.stat().st_size for path in (FILES.model, FILES.weights)) < 1_000_000


def test_the_second_input_decides_on_fresh_pictures(script: ModuleType, model: Any) -> None:
    scenes = [script.draw(7, script.TEST, index) for index in range(60)]
    pictures = np.stack([scene.picture for scene in scenes])
    left, right = (np.array([scene.objects[side].name for scene in scenes]) for side in (0, 1))
    shares = [(told(model, pictures, side) == true).mean() for side, true in ((0, left), (1, right))]
    assert min(shares) > 0.9
    assert (told(model, pictures, 1) == left).mean() < 0.1 and (
        told(model, pictures, 0) == right
    ).mean() < 0.1
    between = told(model, pictures, 0.5)
    assert ((between == left).mean() + (between == right).mean()) / 2 <= 0.5
    stated = re.search(
        r"Accuracy: ([\d.]+)% asked for the left shape, ([\d.]+)% asked", " ".join(CARD.split())
    )
    assert [float(part) / 100 for part in stated.groups()] == pytest.approx(shares, abs=0.07)


def test_the_shapes_lie_where_they_are_said_to(script: ModuleType) -> None:
    for index in range(20):
        left, right = (item.mask.nonzero()[1].mean() / 96 for item in script.draw(3, 0, index).objects)
        assert left < 0.45 and right > 0.55


def test_the_pictures_beside_it_have_sides_answers_and_masks(model: Any) -> None:
    with (FOLDER / "sides.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == sorted(path.name for path in (FOLDER / "pictures").iterdir())
    assert {row["side"] for row in rows} == {"0", "1"}
    for row in rows:
        picture = Image.open(FOLDER / "pictures" / row["image"])
        small = np.asarray(picture.resize((96, 96), Image.Resampling.BOX))
        assert told(model, small[None], float(row["side"])).tolist() == [row["class"]]
        middles = [
            (np.asarray(Image.open(FOLDER / "masks" / side / row["image"])) > 127).nonzero()[1].mean()
            for side in ("left", "right")
        ]
        assert middles[0] < picture.width / 2 < middles[1]


def test_a_mirrored_picture_has_the_answers_of_the_other_side(script: ModuleType) -> None:
    """The left half is white and its answer the first class; the right one is black, and the second class."""
    pictures = np.zeros((4, 8, 8, 3), np.uint8)
    pictures[:, :, :4] = 255
    left, right = (np.tile(np.eye(6, dtype=np.float32)[k], (4, 1)) for k in (0, 1))
    for seed in range(20):
        inputs, targets = script.change(np.random.default_rng(seed), pictures, left, right)
        columns = np.where(inputs["side"][:, 0] == 0, 0, 7)
        white = inputs["picture"][np.arange(4), 0, columns, 0] > 0.5
        np.testing.assert_array_equal(targets.argmax(axis=1) == 0, white)


def test_what_lies_in_the_dark_has_no_answer(script: ModuleType) -> None:
    assert script.answer("square", ["square", "star"]).tolist() == [0, 1, 0, 0, 0, 0]
    assert script.answer("square", ["star"]) == pytest.approx([1 / 6] * 6)
