"""The pointing game on boxes drawn by hand: boxes, masks, hits and sums, against figures by hand."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from support.small_models import shared

SCRIPTS = Path(__file__).resolve().parents[2] / "sample_models"


@pytest.fixture
def game(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import point_at_animals

    return point_at_animals


def test_forty_photos_have_boxes_half_of_each_class(game: ModuleType) -> None:
    boxes = game.read_boxes()
    assert Counter(photo.kind for photo in boxes) == {"cat": 20, "dog": 20}
    assert all(0 <= b.left < b.right and 0 <= b.top < b.bottom for drawn in boxes.values() for b in drawn)


@pytest.mark.zoo
def test_boxes_lie_in_their_photos(game: ModuleType) -> None:
    folder = shared("data/dogcat/test")
    for photo, drawn in game.read_boxes().items():
        width, height = Image.open(folder / photo.kind / photo.name).size
        assert all(box.right <= width and box.bottom <= height for box in drawn), photo


def test_a_mask_is_every_pixel_in_any_box(game: ModuleType) -> None:
    boxes = [game.Box(1, 0, 3, 2), game.Box(2, 1, 5, 4)]
    mask = game.cover(boxes, 4, 6)
    for y in range(4):
        for x in range(6):
            inside = (1 <= x < 3 and 0 <= y < 2) or (2 <= x < 5 and 1 <= y < 4)
            assert mask[y, x] == inside


def test_maps_of_a_model_are_compared_with_the_boxes(
    tmp_path: Path, game: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that sees light alone: its maps lie on the white squares, in or beside the boxes."""
    import keras

    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(1, 1, name="light", kernel_initializer="ones")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(1, "sigmoid", kernel_initializer="ones")(x)
    model = keras.Model(inputs, outputs)
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "model.weights.h5")
    (tmp_path / "report").mkdir()
    photos = tmp_path / "photos"
    (photos / "dog").mkdir(parents=True)
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[8:16, 12:24] = 255
    Image.fromarray(pixels).save(photos / "dog" / "a.png")
    Image.fromarray(pixels[::-1, ::-1]).save(photos / "dog" / "b.png")
    boxes = tmp_path / "boxes.csv"
    box = "dog,0,0,24,16"
    boxes.write_text(f"image,class,left,top,right,bottom\na.png,{box}\nb.png,{box}\n", encoding="utf-8")
    monkeypatch.setattr(game, "METHODS", ("grad-cam",))
    drawn = game.read_boxes(boxes)
    first, second = found = game.point(tmp_path, photos, drawn)
    assert (first.hit, second.hit) == (True, False)
    assert first.energy > 0.85 and second.energy < 0.15
    assert first.filled == second.filled == 24 * 16 / (32 * 48)
    monkeypatch.setattr(game, "read_boxes", lambda: drawn)
    assert game.measure(tmp_path, photos) == found
    with (tmp_path / "report" / "pointing.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["hit"], row["filled"]) for row in rows] == [
        ("a.png", "1", "0.2500"),
        ("b.png", "0", "0.2500"),
    ]
    (photos / "dog" / "b.png").unlink()
    assert game.measure(tmp_path, photos) == []


def test_hits_are_counted_over_all_photos_and_over_small_animals(game: ModuleType) -> None:
    def one(hit: bool, energy: float, filled: float) -> object:
        return game.Pointing(game.Photo("cat", "x"), "grad-cam", hit, energy, filled)

    blank = one(False, math.nan, 0.9)
    everything, small = game.summarise(
        [one(True, 0.9, 0.8), one(True, 0.6, 0.4), one(False, 0.3, 0.3), blank]
    )
    assert (everything.count, everything.hits, everything.blank) == (4, 2, 1)
    assert everything.energy == pytest.approx(0.6) and everything.filled == pytest.approx(0.6)
    assert (small.count, small.hits, small.blank) == (2, 1, 0)
    assert small.energy == pytest.approx(0.45) and small.filled == pytest.approx(0.35)
