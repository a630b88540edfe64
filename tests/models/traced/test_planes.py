"""Volumes and films, followed along their planes: expected parts counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.traced import along, layout_of
from xai_cam.models.traced.geometry import image_layout
from xai_cam.models.traced.placement import Placement, placement_of

VOLUME = (2, 6, 8, 4, 3)
"""Volumes, planes, rows, columns, channels."""

Span = tuple[float, float]


def kernel(*sides: int) -> Any:
    return tf.ones((*sides, 3, 5))


def one_by_one(x: Any) -> Any:
    """Frame by frame, and put together again."""
    return tf.stack([tf.nn.relu(x[:, i]) for i in range(6)], axis=1)


CASES: dict[str, tuple[Callable[[Any], Any], str, Span, Span]] = {
    "a convolution": (
        lambda x: tf.nn.conv3d(x, kernel(3, 3, 1), [1, 2, 1, 1, 1], "SAME"),
        ".prc.",
        (0, 6),
        (0, 8),
    ),
    "without a border": (
        lambda x: tf.nn.conv3d(x, kernel(3, 3, 3), [1] * 5, "VALID"),
        ".prc.",
        (0, 6),
        (0, 8),
    ),
    "a pooling": (
        lambda x: tf.nn.max_pool3d(x, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"),
        ".prc.",
        (0, 6),
        (0, 8),
    ),
    "transposed": (
        lambda x: tf.nn.conv3d_transpose(x, tf.ones((2, 2, 2, 5, 3)), (2, 12, 16, 8, 5), [1, 2, 2, 2, 1]),
        ".prc.",
        (0, 6),
        (0, 8),
    ),
    "padded": (lambda x: tf.pad(x, [[0, 0], [2, 1], [1, 1], [0, 0], [0, 0]]), ".prc.", (-2, 7), (-1, 9)),
    "padded for a convolution": (
        lambda x: tf.nn.conv3d(
            tf.pad(x, [[0, 0], [1, 1], [1, 1], [1, 1], [0, 0]]), kernel(3, 3, 3), [1] * 5, "VALID"
        ),
        ".prc.",
        (0, 6),
        (0, 8),
    ),
    "cut": (lambda x: x[:, 1:4, 2:], ".prc.", (1, 4), (2, 8)),
    "backwards": (lambda x: x[:, ::-1], ".prc.", (6, 0), (0, 8)),
    "one plane": (lambda x: x[:, 2], ".rc.", (2, 3), (0, 8)),
    "one of all": (lambda x: tf.unstack(x, axis=1)[-1], ".rc.", (5, 6), (0, 8)),
    "one gathered": (lambda x: tf.gather(x, 4, axis=1), ".rc.", (4, 5), (0, 8)),
    "planes first": (lambda x: tf.transpose(x, (1, 0, 2, 3, 4)), "p.rc.", (0, 6), (0, 8)),
    "planes among the images": (lambda x: tf.reshape(x, (-1, 8, 4, 3)), "prc.", (0, 6), (0, 8)),
    "and back": (
        lambda x: tf.reshape(tf.reshape(x, (12, 8, 4, 3)), (2, 6, 8, 4, 3)),
        ".prc.",
        (0, 6),
        (0, 8),
    ),
    "one by one": (one_by_one, ".prc.", (0, 6), (0, 8)),
    "the mean of all": (lambda x: tf.reduce_mean(x, 1), ".rc.", (0, 6), (0, 8)),
    "tokens": (lambda x: tf.reshape(x, (2, 192, 3)), ".t.", (0, 6), (0, 8)),
}


@pytest.mark.parametrize(("function", "axes", "planes", "rows"), CASES.values(), ids=CASES)
def test_planes_and_rows(function: Callable[[Any], Any], axes: str, planes: Span, rows: Span):
    found = layout_of(function, VOLUME)
    assert found.planes is not None and not found.doubt
    assert along(found) == axes
    assert (found.planes.start, found.planes.stop) == planes
    assert (found.rows.start, found.rows.stop) == rows


def test_planes_that_are_not_in_order_are_no_volume():
    mixed = layout_of(lambda x: tf.stack([x[:, 2], x[:, 0], x[:, 1]], axis=1), VOLUME)
    assert placement_of(mixed) is None or mixed.doubt


def placed(function: Callable[[Any], Any]) -> Placement:
    found = placement_of(layout_of(function, VOLUME))
    assert found is not None
    return found


VALUES = np.arange(np.prod(VOLUME), dtype=np.float32).reshape(VOLUME)


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (tf.nn.relu, (6, 8, 4, 3)),
        (lambda x: tf.transpose(x, (0, 4, 2, 1, 3)), (6, 8, 4, 3)),
        (lambda x: tf.reshape(x, (-1, 8, 4, 3)), (6, 8, 4, 3)),
        (lambda x: tf.transpose(tf.reshape(x, (-1, 8, 4, 3)), (0, 3, 1, 2)), (6, 8, 4, 3)),
        (lambda x: tf.reshape(x, (-1, 32, 3)), (6, 8, 4, 3)),  # tokens of each frame
        (lambda x: tf.reshape(x, (2, 192, 3)), (6, 8, 4, 3)),  # tokens of all
        (lambda x: tf.pad(tf.reshape(x, (2, 192, 3)), [[0, 0], [1, 0], [0, 0]]), (6, 8, 4, 3)),
    ],
)
def test_outputs_are_read_as_maps_and_put_back(function: Callable[[Any], Any], shape: tuple[int, ...]):
    placement = placed(function)
    output = function(tf.constant(VALUES))
    maps = placement.maps(output.numpy())
    assert placement.shape == shape and placement.part((6, 8, 4)) is None
    np.testing.assert_array_equal(maps, VALUES)
    np.testing.assert_array_equal(placement.laid_out(output), VALUES)
    np.testing.assert_array_equal(placement.restored(tf.constant(maps), output), output)
    both = np.stack([output.numpy(), 2 * output.numpy()])  # gradients of two classes
    np.testing.assert_array_equal(placement.maps(both), np.stack([VALUES, 2 * VALUES]))


def test_maps_behind_a_mean_over_planes_have_one():
    placement = placed(lambda x: tf.reduce_mean(x, 1))
    output = tf.reduce_mean(VALUES, 1)
    assert placement.shape == (1, 8, 4, 3) and (placement.front, placement.back) == (0, 6)
    np.testing.assert_array_equal(placement.maps(output.numpy())[:, 0], output)
    np.testing.assert_array_equal(placement.restored(placement.maps(output.numpy()), output), output)


def test_pictures_have_no_planes():
    layout = image_layout((2, 8, 4, 3))
    assert layout.planes is None and placement_of(layout).shape == (8, 4, 3)
