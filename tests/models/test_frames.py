"""`TimeDistributed` on all frames at once: the same numbers, and nothing left behind."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from xai_cam.models.frames import frames_at_once

layers = keras.layers


def build(inner: Any, shape: tuple[int, ...] = (3, 6, 5, 2)) -> Any:
    return keras.Sequential([keras.Input(shape), layers.TimeDistributed(inner)])


@pytest.mark.parametrize(
    "inner",
    [
        lambda: layers.Conv2D(4, 3),
        layers.BatchNormalization,
        lambda: layers.TimeDistributed(layers.Dense(3)),  # one in another
        lambda: keras.Sequential(
            [layers.Conv2D(2, 2), layers.Flatten(), layers.Dropout(0.5), layers.Dense(3)]
        ),
    ],
)
def test_the_same_numbers_in_one_call(inner: Any):
    keras.utils.set_random_seed(0)
    model = build(inner())
    images = np.random.default_rng(0).normal(0, 1, (2, 3, 6, 5, 2)).astype(np.float32)
    expected = np.asarray(model(images, training=False))
    wrapper, calls = model.layers[0], []
    own = wrapper.layer.call
    wrapper.layer.__dict__["call"] = lambda x, *rest, **named: calls.append(x.shape) or own(x, *rest, **named)
    with frames_at_once(model):
        found = np.asarray(model(images, training=False))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert len(calls) == 1 and calls[0][0] == 6
    assert "call" not in vars(wrapper)


def test_it_is_put_back_after_an_error():
    model = build(layers.Conv2D(4, 3))
    with pytest.raises(ZeroDivisionError), frames_at_once(model):
        raise ZeroDivisionError
    assert "call" not in vars(model.layers[0])


def test_layers_with_ways_of_their_own_are_left_alone():
    class Own(layers.TimeDistributed):
        def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
            return super().call(inputs) + 1

    model = keras.Sequential([keras.Input((3, 4, 4, 1)), Own(layers.Conv2D(2, 2))])
    images = np.ones((1, 3, 4, 4, 1), np.float32)
    expected = np.asarray(model(images))
    with frames_at_once(model):
        assert "call" not in vars(model.layers[0])
        np.testing.assert_array_equal(np.asarray(model(images)), expected)
