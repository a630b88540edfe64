"""The sample model that measures hearts: fresh pictures, its card and loss, the pictures beside it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from xai_cam import load_model
from xai_cam.models.output.losses import loss_of, meaning_of
from xai_cam.runs.demo import sample_model

FILES = sample_model("shapes_regression")
FOLDER = FILES.model.parent
CARD = (FOLDER / "CARD.md").read_text(encoding="utf-8")


@pytest.fixture
def script(scripts: Path) -> ModuleType:
    import train_shapes_regression

    return train_shapes_regression


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model(FILES.model, FILES.weights)


def test_the_model_is_small_and_its_file_tells_a_regression(model: Any) -> None:
    assert model.input_shape[1:] == (96, 96, 3) and model.output_shape[1:] == (2,)
    assert json.loads(FILES.model.read_text(encoding="utf-8"))["compile_config"]["loss"] == "mse"
    assert meaning_of(loss_of(model)) == "quantity"
    assert (FOLDER / "labels.txt").read_text(encoding="utf-8").split() == ["area", "angle"]
    assert sum(path.stat().st_size for path in (FILES.model, FILES.weights)) < 1_000_000


def test_fresh_hearts_are_measured_as_well_as_the_card_says(script: ModuleType, model: Any) -> None:
    scenes, angles = zip(*(script.draw(7, script.TEST, index) for index in range(60)), strict=True)
    areas = [100 * scene.mask_of("heart").sum() / 96**2 for scene in scenes]
    pictures = np.stack([scene.picture for scene in scenes]).astype(np.float32) / 255
    errors = np.abs(np.asarray(model(pictures)) - np.stack([areas, angles], axis=1)).mean(axis=0)
    stated = dict(re.findall(r"^\| (area|angle), .* \| ([\d.]+) \| [\d.]+ \|$", CARD, re.M))
    assert float(stated["area"]) < 0.5 and float(stated["angle"]) < 10
    for error, name in zip(errors, ("area", "angle"), strict=True):
        assert error == pytest.approx(float(stated[name]), rel=0.5)


def test_hearts_are_turned_clockwise_by_the_angle(scripts: Path) -> None:
    """As a picture of the upright one turned by OpenCV, whose angles run the other way."""
    from make_shapes import draw_scene

    upright, turned = (
        draw_scene(np.random.default_rng(5), ["heart"], 192, turn=turn).objects[0].mask for turn in (0, 0.6)
    )
    (top, *_), columns = (upright.any(axis=1).nonzero()[0], upright.nonzero()[1])
    assert np.ptp(columns) > 0 and upright[top].sum() > 1, "it stands on its tip"
    np.testing.assert_allclose(upright.any(axis=0).nonzero()[0].mean(), columns.mean(), atol=0.6)

    centre = cv2.moments(turned.astype(np.uint8))
    middle = np.array([centre["m10"], centre["m01"]]) / centre["m00"]
    here = np.argwhere(upright).mean(axis=0)[::-1]
    matrix = cv2.getRotationMatrix2D(here.tolist(), -np.degrees(0.6), 1)
    matrix[:, 2] += middle - here
    found = cv2.warpAffine(upright.astype(np.float32), matrix, (192, 192)) > 0.5
    assert (found & turned).sum() / (found | turned).sum() > 0.95


def test_the_pictures_beside_it_have_masks_and_measures(model: Any) -> None:
    with (FOLDER / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == sorted(path.name for path in (FOLDER / "pictures").iterdir())
    for row in rows:
        picture = Image.open(FOLDER / "pictures" / row["image"])
        mask = np.asarray(Image.open(FOLDER / "masks" / row["image"])) > 127
        assert float(row["area"]) == pytest.approx(100 * mask.mean(), abs=0.006)
        small = np.asarray(picture.resize((96, 96), Image.Resampling.BOX), np.float32) / 255
        area, angle = np.asarray(model(small[None]))[0]
        assert area == pytest.approx(float(row["area"]), abs=1)
        assert angle == pytest.approx(float(row["angle"]), abs=20)


def test_a_mirrored_heart_is_turned_the_other_way(script: ModuleType) -> None:
    pictures = np.zeros((2, 8, 8, 3), np.uint8)
    pictures[:, :, :4] = 255
    seen = set()
    for seed in range(20):
        inputs, found = script.change(np.random.default_rng(seed), pictures, np.array([[4.0, 70.0]] * 2))
        assert found[0, 0] == 4 / 2
        assert found[0, 1] == (70 / 35 if inputs[0, 0, 0, 0] > 0.5 else -70 / 35)
        seen.add(found[0, 1])
    assert len(seen) == 2


def test_no_heart_measures_nothing(script: ModuleType) -> None:
    from make_shapes import draw_scene

    scene = draw_scene(np.random.default_rng(1), ["star"], 32)
    assert script.measures(scene, 40.0).tolist() == [0, 0]
