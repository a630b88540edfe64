"""What one trace tells of a model: its layers at a call, the order of axes, the last maps."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from xai_cam.models.anatomy import Anatomy
from xai_cam.models.traced.nodes import nodes_of
from xai_cam.models.traced.trace import trace

SHAPE = (8, 6, 3)


def anatomy_of(model: keras.Model, shape: tuple[int, ...] = SHAPE, **more: Any) -> Anatomy:
    return Anatomy(trace(lambda x: model(x, training=False), (2, *shape), nodes_of(model)), **more)


def conv(name: str, **more: Any) -> layers.Layer:
    return layers.Conv2D(3, 3, padding="same", name=name, **more)


def shared() -> keras.Model:
    """One convolution that sees all, then the upper half of what it made, then half of that."""
    inputs, again = keras.Input((None, 6, 3)), conv("again")
    x = again(again(inputs)[:, :4])
    y = layers.GlobalAveragePooling2D(name="mean")(again(x[:, :2]))
    return keras.Model(inputs, layers.Dense(2, name="head")(y))


def test_layers_at_a_call():
    anatomy = anatomy_of(shared())

    def at(number: int | None) -> tuple[int, int, tuple[int, int, int] | None]:
        (info,) = (info for info in anatomy.layers(number) if info.path == "again")
        return info.number, info.times, info.maps_shape

    assert at(None) == (3, 3, (2, 6, 3))  # the last
    assert at(1) == (1, 3, (8, 6, 3)) and at(2) == (2, 3, (4, 6, 3)) and at(3) == at(None)
    assert at(4) == (3, 3, (2, 6, 3))  # it has not so many
    assert [info.number for info in anatomy.layers(2) if info.path in ("mean", "head")] == [1, 1]
    for number in (None, 1, 2):
        orders = [info.order for info in anatomy.layers(number)]
        assert orders == sorted(orders) and len(orders) == len(set(orders))


def test_every_call_with_its_shape_and_place():
    calls = anatomy_of(shared()).calls
    maps = [info for info in calls if info.path == "again"]
    assert [info.part(SHAPE[:2]) is None for info in maps] == [True, False, False]
    assert [info.placement.bottom for info in maps if info.placement] == [8, 4, 2]
    head = calls[-1]
    assert (head.path, head.shape, head.placement, head.times) == ("head", (2,), None, 1)


def channels_first() -> keras.Model:
    inputs = keras.Input((3, 8, 6))
    x = conv("first")(layers.Permute((2, 3, 1))(inputs))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x))


def test_the_order_of_the_axes_shows_in_the_first_convolution():
    assert anatomy_of(shared()).reads_places
    first = channels_first()
    assert anatomy_of(first, (3, 8, 6), channels_first=True).reads_places
    inputs = keras.Input((3, 8, 6))
    straight = keras.Model(inputs, layers.Conv2D(2, 3, data_format="channels_first", name="c")(inputs))
    assert anatomy_of(straight, (3, 8, 6), channels_first=True).reads_places
    assert not anatomy_of(straight, (3, 8, 6)).reads_places
    dense = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
    assert anatomy_of(dense).reads_places  # nothing speaks against it


def test_channels_first_maps_lie_in_the_picture():
    (end,) = anatomy_of(channels_first(), (3, 8, 6), channels_first=True).ends
    assert end.path == "first" and end.maps_shape == (8, 6, 3) and end.part((8, 6)) is None


def test_ends():
    inputs = keras.Input(SHAPE)
    fine, coarse = conv("fine")(inputs), conv("coarse", strides=2)(inputs)
    pooled = [layers.GlobalAveragePooling2D()(layers.MaxPooling2D(2)(one)) for one in (fine, coarse)]
    model = keras.Model(inputs, layers.Dense(2)(layers.Concatenate()(pooled)))
    ends = anatomy_of(model).ends
    assert sorted(info.path for info in ends) == ["coarse", "fine"]
    assert ends[0].order < ends[1].order
    flat = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
    assert anatomy_of(flat).ends == []


def test_the_last_tokens_where_there_are_no_maps():
    inputs = keras.Input(SHAPE)
    x = layers.Dense(4, name="embed")(layers.Reshape((12, 12))(ops.image.extract_patches(inputs, 2)))
    x = layers.Dense(4, name="mix")(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))
    (end,) = anatomy_of(model).ends
    assert end.path == "mix" and end.maps_shape == (4, 3, 4)
    (told,) = anatomy_of(model, reshape=(3, 4)).ends
    assert told.path == "mix" and told.maps_shape == (3, 4, 4)


def test_the_front_is_read_in_the_same_trace():
    inputs = keras.Input(SHAPE)
    front = anatomy_of(keras.Model(inputs, conv("first")(inputs / 255.0))).front
    assert front is not None and front.first is not None and front.first.path == "first"
    np.testing.assert_allclose(front.affine.scale, [1 / 255] * 3)


def test_a_layer_that_runs_as_a_function_of_its_own():
    """Keras had traced it for any number of images."""

    class Own(layers.Layer):
        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self.inner = conv("inner")

        @tf.function(autograph=False)
        def call(self, x: Any) -> Any:
            return self.inner(x[:, 2:])

    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, layers.GlobalAveragePooling2D()(Own(name="own")(inputs)))
    (end,) = anatomy_of(model).ends
    assert end.path == "own" and end.maps_shape == (6, 6, 3)
    assert end.placement is not None and end.placement.top == 2
