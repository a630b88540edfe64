"""What maps show together is the same whether one looks at all of them or several at some each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.runs.map_findings import MapFindings
from xai_cam.runs.request import Request

REQUEST = Request(methods=("score-cam", "integrated-gradients", "rise"), tolerance=0.02, samples=40)
LEVEL = np.array([[1, 0.99], [0.98, 1]], np.float32)
SCORED = Explanation(LEVEL, "score-cam", "conv", 1, 1, 1.0, "logit", 0.7, ((1, 0.7),), "ok", "")
MAPS = [
    replace(SCORED, passes=30, channels=64, expected_error=0.01),
    replace(SCORED, method="integrated-gradients", residual=0.5, score_change=1.0),
    replace(SCORED, method="rise", standard_error=0.05),
    replace(SCORED, method="centre"),
]
"""The last is a baseline, which says nothing of the model."""


def gathered(found: MapFindings, images: range) -> MapFindings:
    for number in images:
        found.add(f"{number}.png", ["above:0.9"], MAPS, again=False)
    return found


def test_parts_say_what_the_whole_does() -> None:
    whole = gathered(MapFindings.of(REQUEST), range(7))
    parts = MapFindings.of(REQUEST)
    for images in (range(2), range(2, 3), range(3, 7)):
        parts.join(gathered(MapFindings.of(REQUEST), images))
    said = whole.describe(REQUEST)
    assert parts.describe(REQUEST) == said
    assert [line.split(":")[0].split(" within")[0] for line in said] == [
        "All 7 images get one answer",
        "The maps of 7 images (0.png, 1.png, 2.png, …) are nearly the same everywhere",
        "No label is above 0.9 in 7 images",
        "score-cam",
        "integrated-gradients",
        "rise",
    ]
    assert "210 of 448 channels" in said[3] and "with 40 samples" in said[5] and "7 maps" in said[5]


def test_what_is_taken_is_forgotten_but_not_how_to_look() -> None:
    found = MapFindings.of(REQUEST)
    found.labels, found.signs.of_places, found.fallbacks.against = ("cat",), True, (3,)
    taken = gathered(found, range(7)).take()
    assert found.describe(REQUEST) == [] and len(taken.describe(REQUEST)) > 3
    assert found.labels == ("cat",) and found.signs.of_places and found.fallbacks.against == (3,)
    assert found.saved.tolerance == 0.02


def test_labels_come_from_whoever_knows_them() -> None:
    found = MapFindings()
    found.join(MapFindings(("cat", "dog")))
    found.join(MapFindings())
    assert found.labels == ("cat", "dog")
