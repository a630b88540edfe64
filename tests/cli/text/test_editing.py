"""What edits of a model do to images, as text."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from xai_cam.cli.text.editing import (
    MAX_FILTERS,
    MAX_IMAGES,
    describe_effects,
    describe_ranking,
    describe_work,
)
from xai_cam.kernels.editing.effects import Effect
from xai_cam.kernels.editing.ranking import FilterLoss
from xai_cam.models.output.head import Head

HEAD = Head(2, "softmax")


def effect(name: str, before: float, after: float, changed: bool = False) -> Effect:
    return Effect(Path(name), 0, int(changed), before, after, 0.625 if changed else after)


def test_effects() -> None:
    effects = [
        effect("cat.png", 0.75, 0.25, changed=True),
        effect("犬.png", 0.5, 0.5),
    ]
    assert describe_effects(effects, ("猫", "dog"), HEAD) == [
        "image    class  probability  after  change  new class",
        "cat.png  猫     0.750        0.250  -0.500  dog (0.625)",
        "犬.png   猫     0.500        0.500  +0.000",
        "Changed class: 1 of 2. Mean change of the probability of the class predicted before: -0.250.",
    ]


def test_of_many_images_those_that_changed_most() -> None:
    effects = [effect(f"{i}.png", 0.0, i / 1000) for i in range(MAX_IMAGES + 1)]
    lines = describe_effects(effects, None, Head(2, "relu"))
    assert lines[0] == "The 40 of 41 images whose scores changed most:"
    assert [line.split()[0] for line in lines[2:-1]] == [f"{i}.png" for i in range(MAX_IMAGES, 0, -1)]
    assert "Mean change of the score of" in lines[-1]


def test_nothing_to_tell() -> None:
    assert describe_effects([], None, HEAD) == ["There is nothing to compare."]
    assert describe_ranking([], HEAD) == ["There is nothing to rank."]


def test_values_have_no_class() -> None:
    """40.25 stays 40.25, and nothing is said of classes."""
    head = Head(1, "linear", "regression")
    assert describe_effects([effect("a.png", 40.25, 39.0)], None, head) == [
        "image  value  after  change",
        "a.png  40.25  39     -1.25",
        "Mean change of the value: -1.25.",
    ]
    assert describe_ranking([FilterLoss(3, 2.5, math.nan, 0, 12)], head) == [
        "filter  loss of value, mean of 12",
        "3       +2.5",
    ]


def test_a_ranking() -> None:
    losses = [FilterLoss(3, 2.5, 0.25, 7, 1200), FilterLoss(0, -1.0, math.nan, 0, 1200)]
    assert describe_ranking(losses, HEAD) == [
        "filter  loss of probability  loss of logit  changed class, of 1,200",
        "3       +0.2500              +2.500         7",
        "0       -                    -1.000         0",
    ]
    many = describe_ranking([FilterLoss(i, 0.0, 0.0, 0, 1) for i in range(MAX_FILTERS + 2)], HEAD)
    assert len(many) == MAX_FILTERS + 2
    assert many[-1] == "2 more filters with smaller losses: --results FILE has all."


@pytest.mark.parametrize(
    ("images", "filters", "text"), [(1, 1, "1 image x 1 filter"), (1200, 8, "1,200 images x 8 filters")]
)
def test_what_will_be_measured(images: int, filters: int, text: str) -> None:
    layer = cast(Any, SimpleNamespace(path="block/conv", kind="Conv2D"))
    assert describe_work(layer, images, filters) == f"block/conv (Conv2D): {text}."
