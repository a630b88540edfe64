"""What a change does to a model's answers: by hand, with tables of scores in place of models."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.runs import Recorder
from xai_cam.images.finding import ImageFile
from xai_cam.kernels.editing.effects import COLUMNS, Effect, EffectWork, sum_up
from xai_cam.models.classifier import NOT_FINITE
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.output.head import Head
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import tasks_of

NAN = math.nan
BEFORE = {0: [0.5, 0.25, 0.25], 1: [0.25, 0.75, 0.0], 2: [NAN, 0.5, 0.5], 3: [0.125, 0.125, 0.75]}
AFTER = {0: [0.25, 0.5, 0.25], 1: [0.125, 0.875, 0.0], 2: [0.0, 0.5, 0.5], 3: [0.0, math.inf, 0.75]}
"""Scores of three classes, by the only pixel of a picture."""

NETWORK: Any = SimpleNamespace(input_shape=(1, 1, 1), head=Head(3, "softmax"))
FEEDING = Feeding(NETWORK, Preprocessing("raw", "rgb", ""), labels=("ant", "bee", "cat"))


def scores(table: dict[int, list[float]], pictures: Inputs) -> tuple[np.ndarray, np.ndarray]:
    found = np.array([table[int(picture[0, 0, 0])] for picture in pictures.images])
    return found, np.nan_to_num(found).argmax(axis=1)


class Tabled:
    """A classifier that looks its scores up."""

    def __init__(self) -> None:
        self.scored: list[int] = []

    def score(self, pictures: Inputs) -> tuple[np.ndarray, np.ndarray]:
        self.scored.append(len(pictures))
        return scores(BEFORE, pictures)


class Measured:
    """A run over pictures in batches of two; a picture's pixel is the first letter of its name."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.classifier: Any = Tabled()
        self.watching = Recorder()
        for name in names:
            if name.startswith("broken"):
                (folder / f"{name}.png").write_text("no picture", encoding="utf-8")
            else:
                Image.new("L", (1, 1), int(name[0])).save(folder / f"{name}.png")
        work = EffectWork(FEEDING, self.classifier, lambda pictures: scores(AFTER, pictures))
        tasks = tasks_of([ImageFile(folder / f"{name}.png", Path()) for name in names])
        self.summary = Runner(tasks, work, self.watching, batch_size=2).run()
        self.effects = work.effects


def test_scores_are_those_of_the_class_chosen_before(tmp_path: Path) -> None:
    first, second = Measured(tmp_path, "0", "1").effects
    assert first == Effect(tmp_path / "0.png", 0, 1, score=0.5, score_after=0.25, new_score=0.5)
    assert (first.changed, first.change) == (True, -0.25)
    assert second == Effect(tmp_path / "1.png", 1, 1, score=0.75, score_after=0.875, new_score=0.875)
    assert (second.changed, second.change) == (False, 0.125)


def test_rows(tmp_path: Path) -> None:
    changed, same, failed = Measured(tmp_path, "0", "1", "broken").watching.rows
    fed = {"preprocessing": FEEDING.describe(), **FEEDING.facts()}
    nothing = dict.fromkeys(COLUMNS) | fed
    told = {name: value for name, value in changed.items() if name != "seconds"}
    assert changed["seconds"] > 0 and told == {
        **{name: value for name, value in nothing.items() if name != "seconds"},
        **{"truth_name": "", "image_width": 1, "image_height": 1},
        **{"image": str(tmp_path / "0.png"), "outcome": "changed", "message": ""},
        **{"predicted_index": 0, "predicted_name": "ant", "score": 0.5, "score_after": 0.25},
        **{"change": -0.25, "after_index": 1, "after_name": "bee", "after_score": 0.5},
    }
    assert (same["outcome"], same["predicted_name"], same["after_name"]) == ("same", "bee", "bee")
    reason = "not an image file, despite its name"
    said = {
        "truth_name": "",
        "seconds": failed["seconds"],
        "image": str(tmp_path / "broken.png"),
        "outcome": "failed",
        "message": reason,
    }
    assert failed == {**nothing, **said}
    assert [list(row) for row in (changed, same, failed)] == [list(COLUMNS)] * 3


def test_broken_images_keep_their_place(tmp_path: Path) -> None:
    names = ["broken 1", "1", "0", "broken 2", "broken 3", "broken 4", "1 again"]
    found = Measured(tmp_path, *names)
    assert [Path(row["image"]).stem for row in found.watching.rows] == names
    outcomes = [row["outcome"] for row in found.watching.rows]
    assert outcomes == ["failed", "same", "changed", "failed", "failed", "failed", "same"]
    assert [effect.predicted for effect in found.effects] == [1, 0, 1]
    assert (found.summary.written, found.summary.failed) == (3, 4)


def test_a_batch_of_broken_images_is_not_scored(tmp_path: Path) -> None:
    found = Measured(tmp_path, "broken 1", "broken 2", "1", "broken 3")
    assert found.classifier.scored == [1]


@pytest.mark.parametrize("name", ["2", "3"])
def test_scores_that_are_not_finite_before_or_after_are_a_failure(name: str, tmp_path: Path) -> None:
    found = Measured(tmp_path, name)
    (row,) = found.watching.rows
    assert row["message"] == NOT_FINITE and row["score"] is None
    assert found.effects == [] and found.summary.failed == 1


def test_no_images(tmp_path: Path) -> None:
    found = Measured(tmp_path)
    assert found.effects == [] and found.watching.rows == []


def test_the_total_by_hand(tmp_path: Path) -> None:
    """Two good images, -0.25 and 0.125; one changed; two failed."""
    found = Measured(tmp_path, "0", "1", "2", "broken")
    total = sum_up(found.effects)
    assert (total.images, total.changed, found.summary.failed) == (2, 1, 2)
    assert total.mean_change == (-0.25 + 0.125) / 2


def test_the_total_of_failures_has_no_mean(tmp_path: Path) -> None:
    total = sum_up(Measured(tmp_path, "broken").effects)
    assert (total.images, total.changed) == (0, 0) and math.isnan(total.mean_change)
