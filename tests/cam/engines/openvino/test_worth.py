"""Whether a question goes to OpenVINO: by a clock that the test turns, and functions of known size."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.small_models import build_tiny
from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.openvino.worth import Worth
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.files.cache import Cache
from xai_cam.models.network import Network


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def traced() -> Any:
    """A function of a thousand operations: 0.4 seconds are expected."""
    graph = SimpleNamespace(variables=[], get_operations=lambda: [None] * 1000)
    return SimpleNamespace(get_concrete_function=lambda: SimpleNamespace(graph=graph))


def spent(worth: Worth, clock: Clock, question: str, seconds: float) -> None:
    """Ten images by TensorFlow, twice."""
    for _ in range(2):
        with worth.by_tensorflow(question, 10):
            clock.now += 10 * seconds


def test_each_question_has_an_account_of_its_own() -> None:
    clock = Clock()
    worth = Worth(None, Ahead(90), clock)
    spent(worth, clock, "forward", 0.02)
    assert worth.pays("forward", 10, traced), "a quarter of 2 seconds is more than 0.4"
    assert not worth.pays("gradients", 10, traced), "nothing is known of it"
    spent(worth, clock, "gradients", 0.01)
    assert not worth.pays("gradients", 10, traced)


def test_a_conversion_that_took_longer_is_expected_to_again() -> None:
    clock = Clock()
    worth = Worth(None, Ahead(90), clock)
    spent(worth, clock, "forward", 0.02)
    with worth.converting("gradients", traced().get_concrete_function()):
        clock.now += 0.8
    assert not worth.pays("forward", 10, traced), "0.8 seconds for half a second"


def test_it_goes_back_and_begins_anew_with_other_weights() -> None:
    clock = Clock()
    worth = Worth(None, Ahead(1000), clock)
    spent(worth, clock, "forward", 0.02)
    for _ in range(3):
        with worth.by_openvino("forward", 10):
            clock.now += 1
    assert not worth.pays("forward", 10, traced)
    worth.forget("forward")
    spent(worth, clock, "forward", 0.2)
    assert worth.pays("forward", 10, traced)


def test_what_is_kept_costs_next_to_nothing(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    from xai_cam.cam.engines.openvino.captured import hash_weights
    from xai_cam.cam.engines.openvino.converted import convert

    network = Network(build_tiny())
    function = TensorFlowEngine(network, network.find(None)).graphs.predictions
    cache, clock = Cache(tmp_path / "cache"), Clock()
    concrete = function.get_concrete_function()
    for kept in (False, True):
        worth = Worth(cache, Ahead(90), clock)
        spent(worth, clock, "predictions", 0.004)  # 0.1 seconds to be saved
        assert worth.pays("predictions", 10, lambda: function) == kept
        convert(concrete, hash_weights(concrete), cache)
