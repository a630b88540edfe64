"""Images without any label above a threshold are counted, each once for a threshold and all its outputs."""

from __future__ import annotations

import math

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.runs.above_threshold import AboveThreshold


def a_map(probability: float, output_name: str = "") -> Explanation:
    cam = np.ones((1, 1), np.float32)
    made = Explanation(cam, "grad-cam", "conv", 0, 0, 1.0, "logit", probability, (), "ok", "")
    return made if not output_name else Explanation(**{**vars(made), "output_name": output_name})


def test_those_without_one_are_counted() -> None:
    found = AboveThreshold()
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
    found = AboveThreshold()
    found.add("a.png", ["above:0.5"], [a_map(0.9, "tags"), a_map(0.3, "kind")])
    found.add("b.png", ["above:0.5"], [a_map(0.9, "tags"), a_map(0.8, "kind")])
    assert len(found.describe()) == 1 and "in 1 image:" in found.describe()[0]


def test_what_has_no_probability_is_not_above() -> None:
    found = AboveThreshold()
    found.add("a.png", ["above:0.5"], [a_map(math.nan)])
    assert len(found.describe()) == 1
