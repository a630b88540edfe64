"""What a change does to a model's answers: by hand, with tables of scores in place of models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xai_cam.images.finding import ImageFile
from xai_cam.kernels.editing.effects import COLUMNS, Effect, EffectWork, sum_up
from xai_cam.models.classifier import NOT_FINITE
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import tasks_of

NAN = math.nan
BEFORE = {0: [0.5, 0.25, 0.25], 1: [0.25, 0.75, 0.0], 2: [NAN, 0.5, 0.5], 3: [0.125, 0.125, 0.75]}
AFTER = {0: [0.25, 0.5, 0.25], 1: [0.125, 0.875, 0.0], 2: [0.0, 0.5, 0.5], 3: [0.0, math.inf, 0.75]}
"""Scores of three classes, by the only number of an image."""

FEEDING: Any = SimpleNamespace(labels=("ant", "bee", "cat"))


def scores(table: dict[int, list[float]], images: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array([table[int(image[0, 0, 0])] for image in images])
    return found, np.nan_to_num(found).argmax(axis=1)


def states_of(*numbers: int) -> tuple[EffectWork, list[ImageState]]:
    """Images of these numbers on their way through a run, after both models were asked in one batch."""
    before: Any = SimpleNamespace(score=lambda images: scores(BEFORE, images))
    work = EffectWork(FEEDING, before, lambda images: scores(AFTER, images))
    images = [ImageFile(Path(f"{number}.png"), Path()) for number in numbers]
    states = [ImageState(task, work.blank) for task in tasks_of(images)]
    for state, number in zip(states, numbers, strict=True):
        work.look_up(state)
        assert state.pending
        state.values = np.full((1, 1, 1), number, np.float32)
    work.ask(states)
    for state in states:
        work.finish(state)
    return work, states


def test_scores_are_those_of_the_class_chosen_before() -> None:
    first, second = states_of(0, 1)[0].effects
    assert first == Effect(Path("0.png"), 0, 1, score=0.5, score_after=0.25, new_score=0.5)
    assert (first.changed, first.change) == (True, -0.25)
    assert second == Effect(Path("1.png"), 1, 1, score=0.75, score_after=0.875, new_score=0.875)
    assert (second.changed, second.change) == (False, 0.125)


def test_rows_say_what_became_of_each_image() -> None:
    (changed,), (same,) = (state.rows for state in states_of(0, 1)[1])
    assert changed == {
        "image": "0.png",
        "outcome": "changed",
        "predicted_index": 0,
        "predicted_name": "ant",
        "score": 0.5,
        "score_after": 0.25,
        "change": -0.25,
        "after_index": 1,
        "after_name": "bee",
        "after_score": 0.5,
        "message": "",
    }
    assert tuple(changed) == tuple(same) == COLUMNS and same["outcome"] == "same"


@pytest.mark.parametrize("number", [2, 3])
def test_scores_that_are_not_finite_before_or_after_are_a_failure(number: int) -> None:
    work, (_, bad, _) = states_of(0, number, 1)
    assert bad.failure == NOT_FINITE
    assert [(row["outcome"], row["message"], row["score"]) for row in bad.rows] == [
        ("failed", NOT_FINITE, None)
    ]
    assert [effect.path.name for effect in work.effects] == ["0.png", "1.png"]


def test_an_image_that_could_not_be_read_has_no_effect() -> None:
    work, _ = states_of(0)
    (task,) = tasks_of([ImageFile(Path("broken.png"), Path())])
    state = ImageState(task, work.blank)
    state.fail("this is no picture")
    work.finish(state)
    assert len(work.effects) == 1 and [row["message"] for row in state.rows] == ["this is no picture"]


def test_the_total_by_hand() -> None:
    """Of two images, which gained -0.25 and 0.125, one changed."""
    total = sum_up(states_of(0, 1, 2)[0].effects)
    assert (total.images, total.changed) == (2, 1)
    assert total.mean_change == (-0.25 + 0.125) / 2


def test_without_images_there_is_no_mean() -> None:
    total = sum_up([])
    assert (total.images, total.changed) == (0, 0) and math.isnan(total.mean_change)
