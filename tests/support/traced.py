"""Functions of pictures, traced, and what is read of them: where they lie, and what becomes of pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.models.traced.affine import MIXED, Affine
from xai_cam.models.traced.front import affine_behind
from xai_cam.models.traced.geometry import Geometry, image_layout
from xai_cam.models.traced.layout import Layout
from xai_cam.models.traced.values import Values, key_of
from xai_cam.models.traced.walk import Walk

IMAGE = (2, 6, 4, 3)
"""Images, rows, columns, channels: as few as tell one axis from the other."""

Function = Callable[[Any], Any]


def concrete_of(function: Function, shape: tuple[int, ...] = IMAGE) -> Any:
    """The function, traced on images of that shape."""
    return tf.function(function, autograph=False).get_concrete_function(tf.TensorSpec(shape))


def layouts_of(
    function: Function, shape: tuple[int, ...] = IMAGE, channels_first: bool = False
) -> list[Layout | None]:
    """Where each of the tensors lies that the function gives."""
    concrete = concrete_of(function, shape)
    geometry = Geometry(concrete, image_layout(shape, channels_first), Values(concrete))
    return [geometry.of(one) for one in concrete.outputs]


def layout_of(function: Function, shape: tuple[int, ...] = IMAGE, channels_first: bool = False) -> Layout:
    """Where the one tensor lies that the function gives, which must lie somewhere."""
    (found,) = layouts_of(function, shape, channels_first)
    assert found is not None, "it lies nowhere"
    return found


def covers(layout: Layout) -> tuple[float, float, float, float]:
    """Top, left, bottom and right of what a layout covers of the picture."""
    return layout.rows.start, layout.columns.start, layout.rows.stop, layout.columns.stop


def along(layout: Layout) -> str:
    """What the axes run along, a letter each: `.rc.` of pictures, a `t` for tokens of both."""
    letters = []
    for axis in layout.axes:
        kinds = [part.along or "t" for part in axis if part.spatial]
        letters.append("." if not kinds else "t" if len(kinds) > 1 else kinds[0][0])
    return "".join(letters)


def affine_of(
    function: Function, shape: tuple[int, ...] = IMAGE, channels_first: bool = False
) -> Affine | None:
    """The tensor that a function gives as a sum over the channels of the images."""
    concrete, axis = concrete_of(function, shape), 1 if channels_first else 3
    values = Values(concrete)
    start = {key_of(concrete.inputs[0]): Affine.start(4, axis, shape[axis])}
    walk = Walk(values, start, lambda operation, given: affine_behind(operation, given, values) or ())
    walk.follow(concrete.graph)
    return walk.of(concrete.outputs[0])


def is_what_it_gives(
    function: Function, shape: tuple[int, ...] = IMAGE, channels_first: bool = False
) -> Affine:
    """The sum that is found; it must be what the function really makes of random images."""
    found = affine_of(function, shape, channels_first)
    assert found is not None, "it is no sum over channels"
    images = np.random.default_rng(0).uniform(-3, 3, shape).astype(np.float32)
    given = np.asarray(function(tf.constant(images)))
    pixels = np.moveaxis(images, 1, -1) if channels_first else images
    expected = pixels.reshape(-1, pixels.shape[-1]) @ found.matrix.T + found.offset
    assert found.rank == given.ndim
    if found.axis == MIXED:
        assert len(found.offset) == 1, "which channel lies where is not told"
        channels = given.reshape(-1, 1)
    else:
        channels = np.moveaxis(given, found.axis, -1).reshape(-1, given.shape[found.axis])
    np.testing.assert_allclose(channels, expected, atol=1e-5)
    return found
