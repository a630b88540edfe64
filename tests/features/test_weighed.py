"""What the weights of channels are of, as words and cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.columns import Goal
from xai_cam.features.observer import Observed
from xai_cam.features.weighed import answers, weighed
from xai_cam.models.output.head import Head


def observed(goal: Goal | None, *scores: float) -> Observed:
    target = None if goal is None else goal.target_class
    return Observed((), (), np.array(scores, np.float32), int(np.argmax(scores)), target, goal)


@pytest.mark.parametrize(
    ("goal", "words", "cell"),
    [
        (Goal("", 1), "lynx", 1),
        (Goal("", 0, (0, 1)), "cat+lynx", "0+1"),
        (Goal("", 0, (), "up"), "cat", 0),
        (Goal("", 0, (), "down"), "cat down", 0),
        (None, "likeness to the reference", None),
    ],
)
def test_words_and_cells(goal: Goal | None, words: str, cell: Any) -> None:
    seen = observed(goal, 0.25, 0.75)
    assert weighed(seen, ("cat", "lynx")) == words
    told = answers(seen, Head(2, "softmax"), ("cat", "lynx"))
    assert (told["class_index"], told["predicted_name"], told["probability"]) == (cell, "lynx", 0.75)
    assert told["class_name"] == ("" if goal is None else words)


def test_a_value_has_no_class_and_shares_are_no_probability() -> None:
    told = answers(observed(Goal("", 1, (), "down"), 3, 5), Head(2, "linear", "regression", "why"), None)
    assert (told["value"], told["probability"], told["predicted_index"]) == (5, None, None)
    assert answers(observed(None, 0.5, 0.25), Head(2, "softmax", pixels=(2, 2)), None)["probability"] is None
