"""Whether a question goes to OpenVINO: by a clock that the test turns, and functions of known size."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.small_models import build_tiny
from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.choices import Choices
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


class Takes:
    """A computation that takes so many seconds, one time after the other."""

    def __init__(self, clock: Clock, *seconds: float) -> None:
        self.clock, self.seconds, self.times = clock, seconds, 0

    def __call__(self) -> None:
        self.clock.now += self.seconds[self.times]
        self.times += 1


def test_both_are_compared_on_a_few_images_and_the_faster_time_counts() -> None:
    clock = Clock()
    worth = Worth(None, Ahead(80), clock)
    slow, fast = Takes(clock, 0.03, 0.02), Takes(clock, 0.01, 0.04)
    assert worth.compare("forward", 2, fast, slow) == pytest.approx((0.005, 0.01))
    assert worth.times("forward") == pytest.approx((0.005, 0.01)) and worth.is_slower("forward")
    assert worth.lost("forward", 20) == pytest.approx(0.5)
    assert not worth.pays("forward", 20, traced, reused=True)
    assert worth.times("gradients") is None and not worth.is_slower("gradients")
    worth.forget("forward")
    assert worth.times("forward") is None


def test_what_takes_long_is_timed_once() -> None:
    clock = Clock()
    once, other = Takes(clock, 0.11), Takes(clock, 0.2)
    assert Worth(None, Ahead(), clock).compare("forward", 1, once, other) == pytest.approx((0.11, 0.2))
    assert (once.times, other.times) == (1, 1)


def test_where_batches_were_computed_they_tell() -> None:
    clock = Clock()
    worth = Worth(None, Ahead(1000), clock)
    spent(worth, clock, "forward", 0.02)
    never = Takes(clock)
    assert worth.compare("forward", 4, never, never) is None and not worth.is_slower("forward")


def test_an_earlier_run_has_told() -> None:
    worth = Worth(None, Ahead(990), Clock())
    worth.told("forward", 0.1, 0.2)
    assert worth.is_slower("forward") and worth.lost("forward", 10) == pytest.approx(100)


def test_what_was_chosen_elsewhere_is_told_by_the_layers_and_the_question() -> None:
    choices, conv = Choices(), [SimpleNamespace(where=("conv", 1, None))]
    here = Worth(None, choices=choices, layers=conv)
    here.note("forward", by_openvino=True, certain=True)
    assert here.chosen("forward") is True and here.chosen("gradients") is None
    assert Worth(None, choices=choices).chosen("forward") is None, "of another layer nothing is known"
    there = Worth(None, choices=Choices(dict(choices.settled)), layers=conv)
    assert there.chosen("forward") is True and Worth(None, layers=conv).chosen("forward") is None


def test_it_is_noted_as_certain_when_the_account_says_so() -> None:
    clock, choices = Clock(), Choices()
    worth = Worth(None, Ahead(0), clock, choices)
    worth.note("forward", by_openvino=False)
    assert [*choices.undecided] == ["forward"] and not choices.settled
    spent(worth, clock, "forward", 0.02)
    spent(worth, clock, "forward", 0.02)
    worth.note("forward", by_openvino=False)
    assert choices.settled == {"forward": False}
