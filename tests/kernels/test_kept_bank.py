"""Kernels of a known model are read once; those of weights that were changed are the changed ones."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam.kernels.kept_bank import find_bank
from xai_cam.kernels.kernel_bank import KernelBank, read_bank
from xai_cam.models.known.network import KnownNetwork, record_of
from xai_cam.models.network import Network


@pytest.fixture(scope="module")
def model() -> Any:
    image = keras.Input((16, 16, 4))
    x = layers.Conv2D(4, 3, groups=2, name="grouped")(image)
    x = layers.SeparableConv2D(3, 3, use_bias=False, name="separable")(x)
    x = layers.DepthwiseConv2D(3, name="depthwise")(layers.ReLU(name="relu")(x))
    return keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def equal(found: KernelBank | None, expected: KernelBank) -> None:
    assert found is not None and found.describe() == expected.describe()
    assert (found.kind, found.part, found.stored) == (expected.kind, expected.part, expected.stored)
    for name in ("values", "inputs", "biases"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["grouped", "separable", "depthwise"])
def test_they_are_kept(name: str, model: Any) -> None:
    live = Network(model).known_as(f"kernels of {name}")
    expected = read_bank(live.find(name))
    equal(find_bank(live, live.find(name)), expected)
    known = KnownNetwork(record_of(live), live.identity, lambda: pytest.fail("it is opened"))
    equal(find_bank(known, known.find(name)), expected)
    assert find_bank(known, known.find("relu")) is None


def test_what_was_not_kept_is_read_of_the_model(model: Any) -> None:
    live = Network(model).known_as("not kept")
    known = KnownNetwork(record_of(live), live.identity, lambda: live)
    equal(find_bank(known, known.find("grouped")), read_bank(live.find("grouped")))


def test_changed_weights_are_not_kept(model: Any) -> None:
    live = Network(model).known_as("changed")
    layer = model.get_layer("grouped")
    layer.kernel.assign(layer.kernel + 1)
    equal(find_bank(live, live.find("grouped")), read_bank(live.find("grouped")))
    known = KnownNetwork(record_of(live), live.identity, lambda: pytest.fail("it is opened"))
    with pytest.raises(pytest.fail.Exception, match="it is opened"):
        find_bank(known, known.find("grouped"))
