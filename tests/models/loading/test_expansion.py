"""Calls are counted as Keras makes them: those inside of a model at each of its calls."""

from __future__ import annotations

from support.hostile_models import around, called, called_twice, chain, functional, layer, tensor
from xai_cam.models.loading.expansion import calls_to_build


def test_a_chain_is_called_once():
    assert calls_to_build(chain(7)) == 8  # the input, too


def test_a_model_inside_is_called_again():
    """Built: 3 layers, and a call of 1 + 3 layers beside the input."""
    assert calls_to_build(around(chain(2), 1)) == 3 + (1 + 4)


def test_two_calls_count_twice():
    inner = functional("m", called(layer("ReLU", name="r"), tensor("i")), ends=["r", 0, 0])
    outer = functional("top", called(inner, tensor("i"), tensor("m")), ends=["m", 2, 0])
    assert calls_to_build(outer) == 2 + (1 + 2 * 3)


def test_calls_double_with_each_level():
    costs = [calls_to_build(called_twice(depth)) for depth in (10, 11, 12)]
    assert costs[1] > 1.9 * costs[0] and costs[2] > 1.9 * costs[1] and costs[0] > 2**10


def test_layers_inside_of_wrappers_count():
    wrapped = layer("TimeDistributed", name="t", layer=chain(5))
    assert calls_to_build(wrapped) == 7 + 6
