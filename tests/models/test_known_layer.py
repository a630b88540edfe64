"""Layers without their weights' numbers."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers as make

from xai_cam.kernels.kernel_bank import kind_of
from xai_cam.models.known_layer import KnownLayer, KnownWeight, known_layer
from xai_cam.models.layers import LayerInfo


class Own(make.Conv2D):
    """A convolution of somebody's own."""


def built(layer: Any) -> Any:
    layer(keras.KerasTensor((None, 8, 8, 3)))
    return layer


LAYERS = [
    make.Conv2D(4, (3, 1), name="wide"),
    make.Conv2D(4, 1),
    make.DepthwiseConv2D(3, use_bias=False, trainable=False),
    make.SeparableConv2D(2, 3),
    make.ZeroPadding2D(1),
    make.Dense(5),
    Own(2, 3),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_what_is_asked_of_a_layer_is_known_of_it(layer: Any) -> None:
    info, known = (LayerInfo("path", one, None, 0) for one in (built(layer), known_layer(layer)))
    for name in ("kind", "is_convolution", "has_window", "is_padding", "fixed_filter"):
        assert getattr(known, name) == getattr(info, name), name
    assert kind_of(known.layer) == kind_of(layer)


def test_a_layer_in_plain_data() -> None:
    found = known_layer(built(make.Dense(5, name="dense_here")))
    assert (found.name, found.kind, found.kinds[0]) == ("dense_here", "Dense", "Dense")
    assert found.weights == (KnownWeight((3, 5)), KnownWeight((5,)))
    assert found.trainable and found.use_bias
    assert known_layer(found) is found


def test_an_operation_has_no_weights() -> None:
    found = known_layer(keras.src.ops.numpy.Add(name="plus"))
    assert found == KnownLayer("plus", "Add", found.kinds) and not found.weights
