"""The pointing game with the newer sample models: questions, hits, the table and its place in a card."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xai_cam.runs.demo import sample_model

NAMES = ("shapes_unet", "shapes_two_inputs", "shapes_regression")


@pytest.fixture
def game(scripts: Path) -> ModuleType:
    import point_at_shapes

    return point_at_shapes


@pytest.fixture
def light(tmp_path: Path) -> Path:
    """A model that sees light alone: its maps lie on what is white."""
    import keras

    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(1, 1, name="light", kernel_initializer="ones")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(1, "sigmoid", kernel_initializer="ones")(x)
    model = keras.Model(inputs, outputs)
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "model.weights.h5")
    (tmp_path / "labels.txt").write_text("dark\nlight\n", encoding="utf-8")
    return tmp_path


def test_maps_are_compared_with_masks(game: ModuleType, light: Path) -> None:
    pictures = np.zeros((2, 16, 16, 3), np.float32)
    pictures[0, 4:8, 4:8] = pictures[1, 10:14, 10:14] = 1
    masks = np.zeros((2, 16, 16), bool)
    masks[:, 3:9, 3:9] = True
    question = game.Question("light", pictures, masks, {"target_class": "light"})
    first, second = game.point(light, [question], ["grad-cam"])
    assert (first.hit, second.hit, first.picture, second.picture) == (True, False, 0, 1)
    assert first.energy == pytest.approx(1) and second.energy == pytest.approx(0)
    assert first.filled == second.filled == 36 / 256


@pytest.mark.parametrize("name", NAMES)
def test_masks_of_the_questions_are_what_is_asked_about(game: ModuleType, name: str) -> None:
    questions = game.MODELS[name](4, 3)
    for question in questions:
        asked, masks = question.asked["target_class"], question.masks
        pictures = question.images["picture"] if isinstance(question.images, dict) else question.images
        assert len(pictures) == len(masks) and pictures.max() <= 1
        assert all(0.01 < mask.mean() < 0.13 for mask in masks), "one shape, not the whole picture"
        assert isinstance(asked, str) or len(asked) == len(masks)
    if name == "shapes_two_inputs":
        left, its_other, right, _ = questions
        assert (its_other.masks == right.masks).all() and its_other.images is left.images
        assert (
            not (left.masks & right.masks).any() and (left.images["picture"] == right.images["picture"]).all()
        )
        assert (left.images["side"] == 0).all() and (right.images["side"] == 1).all()
    if name == "shapes_regression":
        assert len(questions[1].masks) + len(questions[2].masks) == 4


def test_the_table_counts_peaks_and_knows_wilsons_interval(game: ModuleType) -> None:
    """8 of 10: (8 + 1.9208) / 13.8415 -+ 1.96 sqrt(1.6 + 0.9604) / 13.8415, worked out by hand."""

    def one(hit: bool, energy: float) -> object:
        return game.Pointing("a shape", "grad-cam", 0, hit, energy, 0.05)

    text = game.table([*[one(True, 0.5)] * 8, one(False, 0.1), one(False, math.nan)])
    middle, half = 9.9207 / 13.8415, 1.95996 * math.sqrt(1.6 + 0.9604) / 13.8415
    interval = f"{middle - half:.1%} to {middle + half:.1%}"
    row = text.splitlines()[2]
    assert row == f"| a shape | grad-cam | 8 of 10 | {interval} | {4.1 / 9:.0%} | 5.0% | 1 |"


def test_a_section_takes_the_place_of_an_older_one(game: ModuleType) -> None:
    card = "# a\n\n## Measured\n\nwell\n\n## Not for\n\nphotos\n"
    new = game.put_into(card, f"{game.HEADING}\n\nnew\n\n")
    assert new == "# a\n\n## Measured\n\nwell\n\n## Where its maps point\n\nnew\n\n## Not for\n\nphotos\n"
    again = game.put_into(new, f"{game.HEADING}\n\nnewer\n\n")
    assert again == new.replace("new\n", "newer\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_cards_say_what_was_measured(game: ModuleType, name: str) -> None:
    folder = sample_model(name).model.parent
    with (folder / "report" / "pointing.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hits: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        hits.setdefault((row["asked about"], row["method"]), []).append(int(row["hit"]))
    stated = re.findall(
        r"^\| ([^|]+) \| (grad-cam|score-cam) \| (\d+) of (\d+) \|",
        (folder / "CARD.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert {(asked, how): (int(n), int(of)) for asked, how, n, of in stated} == {
        key: (sum(found), len(found)) for key, found in hits.items()
    }
    for (asked, _), found in hits.items():
        share = sum(found) / len(found)
        assert share < 0.05 if asked.endswith(game.INSTEAD) else share > 0.5, "knowing nothing, it hits 5 %"
