"""Images in which something else is explained than was asked for are counted, each once."""

from __future__ import annotations

import math

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fallbacks import Fallbacks


def a_map(probability: float, output_name: str = "") -> Explanation:
    cam = np.ones((1, 1), np.float32)
    made = Explanation(cam, "grad-cam", "conv", 0, 0, 1.0, "logit", probability, (), "ok", "")
    return made if not output_name else Explanation(**{**vars(made), "output_name": output_name})


def test_those_without_one_are_counted() -> None:
    found = Fallbacks()
    found.add("a.png", ["above:0.5"], [a_map(0.4)])
    found.add("a.png", ["above:0.5"], [a_map(0.4)])
    found.add("b.png", ["above:0.5", 2], [a_map(0.2), a_map(0.7)])
    found.add("c.png", ["above:0.5", "above:0.9"], [a_map(0.5)])
    found.add("d.png", ["predicted"], [a_map(0.1)])
    assert found.describe() == [
        "No label is above 0.5 in 2 images: the highest is explained there.",
        "No label is above 0.9 in 1 image: the highest is explained there.",
    ]


def test_each_output_has_its_own() -> None:
    found = Fallbacks()
    found.add("a.png", ["above:0.5"], [a_map(0.9, "tags"), a_map(0.3, "kind")])
    found.add("b.png", ["above:0.5"], [a_map(0.9, "tags"), a_map(0.8, "kind")])
    assert len(found.describe()) == 1 and "in 1 image:" in found.describe()[0]


def test_what_has_no_probability_is_not_above() -> None:
    found = Fallbacks()
    found.add("a.png", ["above:0.5"], [a_map(math.nan)])
    assert len(found.describe()) == 1


def test_a_class_that_is_all_it_is_compared_with() -> None:
    found = Fallbacks((0,))
    found.add("a.png", ["predicted"], [a_map(0.9)])
    found.add("b.png", ["predicted"], [Explanation(**{**vars(a_map(0.9)), "against": (0,)})])
    assert len(found.describe()) == 1 and found.describe()[0].startswith("In 1 image the class explained is")
    assert "above" not in found.describe()[0]


def test_counts_of_other_images_are_joined() -> None:
    here, there = Fallbacks(against=(1,)), Fallbacks(against=(1,))
    here.add("a.png", ["above:0.5"], [a_map(0.4)])
    there.add("b.png", ["above:0.5"], [a_map(0.4)])
    there.add("c.png", ["above:0.9"], [a_map(0.4)])
    here.join(there)
    assert here.describe() == [
        "No label is above 0.5 in 2 images: the highest is explained there.",
        "No label is above 0.9 in 1 image: the highest is explained there.",
        "In 3 images the class explained is the only one that `against` names: its logit is explained there.",
    ]
