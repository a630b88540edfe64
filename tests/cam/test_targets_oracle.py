"""Maps of every kind of target and input, by both engines, against loops and TensorFlow's tape."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest

from support.target_kind import OFFICIAL
from support.target_kinds import KINDS, expected, tried
from xai_cam import explain
from xai_cam.cam.engines.questions import ENGINES
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.explanations import Explanations
from xai_cam.errors import InputError

CLOSE = 1e-4
"""Of the largest value of a map."""


def every(names: Iterable[str] = tuple(KINDS)) -> Any:
    """By both engines; a quick choice of kinds, and at night all of them."""
    both = [
        pytest.param(engine, *one.values, marks=one.marks)
        for engine in ENGINES
        for one in tried(engine, names)
    ]
    return pytest.mark.parametrize(("engine", "name"), both)


@cache
def explained(engine: str, name: str) -> list[list[Explanation]]:
    """What the tool says of a kind, in batches of two images and one; a chunk of 4 holds channels of both."""
    if engine == "openvino":
        pytest.importorskip("openvino")
    return maps_of(name, engine=engine, method=KINDS[name].methods, batch_size=2, chunk_size=4).by_image


def maps_of(name: str, **options: Any) -> Explanations:
    """What the tool says of a kind."""
    kind, hand = KINDS[name], KINDS[name].by_hand()
    given: Any = hand.inputs if len(hand.inputs) > 1 else hand.inputs["image"]
    return explain(hand.cut.model, given, hand.cut.layer, cache=False, **options, **kind.asked)


@every()
@pytest.mark.parametrize("method", OFFICIAL)
def test_maps(engine: str, name: str, method: str) -> None:
    if method not in KINDS[name].methods:  # it needs a probability, which this number has not
        with pytest.raises(InputError, match="needs probabilities"):
            maps_of(name, engine=engine, method=method)
        return
    found = [[one for one in of_image if one.method == method] for of_image in explained(engine, name)]
    right = {(i, column): cam for (of, i, column), cam in expected(name).items() if of == method}
    assert right.keys() == {(i, column) for i, maps in enumerate(found) for column in range(len(maps))}
    for (i, column), cam in right.items():
        np.testing.assert_allclose(found[i][column].cam, cam, rtol=0, atol=CLOSE * cam.max())
        by = found[i][column].engine
        assert by == engine, "it fell back to TensorFlow"


@every()
def test_scores_and_probabilities(engine: str, name: str) -> None:
    kind, hand = KINDS[name], KINDS[name].by_hand()
    for i, of_image in enumerate(explained(engine, name)):
        found = [one for one in of_image if one.method == "grad-cam"]
        for one, target in zip(found, kind.targets(i), strict=True):
            score = -one.score if one.direction == "down" else one.score  # of a value the value itself
            assert score == pytest.approx(hand.score(i, target), rel=1e-4, abs=1e-5)
            if kind.methods == OFFICIAL:
                assert one.probability == pytest.approx(hand.probability(i, target), rel=1e-4)
            elif np.isnan(hand.probability(i, target)):
                assert np.isnan(one.probability)


@every(["classes", "labels", "predicted pixels", "pixels of one channel"])
def test_maps_of_the_probability(engine: str, name: str) -> None:
    """Its gradient, of one class, of several as one and over a region."""
    kind, hand = KINDS[name], KINDS[name].by_hand()
    options = {"engine": engine, "score": "probability", "cache": False}
    found = explain(hand.cut.model, hand.inputs["image"], hand.cut.layer, **options, **kind.asked)
    for i, of_image in enumerate(found.by_image):
        for one, target in zip(of_image, kind.targets(i), strict=True):
            right = hand.cam("grad-cam", i, target, "probability")
            np.testing.assert_allclose(one.cam, right, rtol=0, atol=CLOSE * right.max())
            assert one.score == pytest.approx(hand.probability(i, target), rel=1e-4)
