"""Convolutions, poolings and resizings: which part they cover, in either order of axes."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.traced import Function, along, covers, layout_of, layouts_of

WHOLE = (0, 0, 6, 4)


def kernel(size: int, channels: int = 3) -> Any:
    return tf.ones((size, size, channels, 5))


def padded(x: Any, by: int) -> Any:
    return tf.pad(x, [[0, 0], [by, by], [by, by], [0, 0]])


def conv(x: Any, size: int = 3, padding: Any = "SAME", **more: Any) -> Any:
    return tf.nn.conv2d(x, kernel(size), 1, padding, **more)


CASES: dict[str, tuple[Function, tuple[int, int], tuple[float, float, float, float]]] = {
    "same": (conv, (6, 4), WHOLE),
    "valid": (lambda x: conv(x, padding="VALID"), (4, 2), WHOLE),
    "explicit": (lambda x: conv(x, padding=[[0, 0], [1, 1], [1, 1], [0, 0]]), (6, 4), WHOLE),
    "strides": (lambda x: tf.nn.conv2d(x, kernel(3), 2, "SAME"), (3, 2), WHOLE),
    "depthwise": (
        lambda x: tf.nn.depthwise_conv2d(x, tf.ones((3, 3, 3, 2)), (1, 1, 1, 1), "SAME"),
        (6, 4),
        WHOLE,
    ),
    "separable": (
        lambda x: tf.nn.separable_conv2d(
            x, tf.ones((3, 3, 3, 1)), tf.ones((1, 1, 3, 5)), (1, 1, 1, 1), "SAME"
        ),
        (6, 4),
        WHOLE,
    ),
    "a padding used up": (lambda x: conv(padded(x, 1), padding="VALID"), (6, 4), WHOLE),
    "two paddings used up": (lambda x: conv(padded(padded(x, 1), 1), 5, "VALID"), (6, 4), WHOLE),
    "the last of two used up": (
        lambda x: conv(padded(padded(x, 3), 1), padding="VALID"),
        (12, 10),
        (-3, -3, 9, 7),
    ),
    "a padding too wide": (lambda x: conv(padded(x, 2), padding="VALID"), (8, 6), (-2, -2, 8, 6)),
    "a padding before a dilation": (
        lambda x: tf.nn.conv2d(padded(x, 2), kernel(3), 1, "VALID", dilations=2),
        (6, 4),
        WHOLE,
    ),
    "a padding seen by an activation": (
        lambda x: conv(tf.nn.relu(padded(x, 1)), padding="VALID"),
        (6, 4),
        WHOLE,
    ),
    "a padding pooled": (lambda x: tf.nn.max_pool2d(padded(x, 1), 3, 2, "VALID"), (3, 2), WHOLE),
    "pooling": (lambda x: tf.nn.avg_pool2d(x, 2, 2, "VALID"), (3, 2), WHOLE),
    "pooling with sizes as a tensor": (
        lambda x: tf.raw_ops.MaxPoolV2(
            input=padded(x, 1), ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="VALID"
        ),
        (3, 2),
        WHOLE,
    ),
    "dilated as in Keras 2": (
        lambda x: tf.batch_to_space(
            conv(tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]])), [2, 2], [[0, 0], [0, 0]]
        ),
        (6, 4),
        WHOLE,
    ),
    "transposed": (
        lambda x: tf.nn.conv2d_transpose(x, tf.ones((2, 2, 5, 3)), (2, 12, 8, 5), 2),
        (12, 8),
        WHOLE,
    ),
    "resized": (lambda x: tf.image.resize(x, (9, 5)), (9, 5), WHOLE),
    "resized by nearest": (lambda x: tf.image.resize(x, (9, 5), "nearest"), (9, 5), WHOLE),
    "resized with antialias": (lambda x: tf.image.resize(x, (3, 2), antialias=True), (3, 2), WHOLE),
    "resized in area": (lambda x: tf.image.resize(x, (3, 2), "area"), (3, 2), WHOLE),
    "patches": (
        lambda x: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
        (3, 2),
        WHOLE,
    ),
    "depth": (lambda x: tf.nn.space_to_depth(x, 2), (3, 2), WHOLE),
    "and back": (lambda x: tf.nn.depth_to_space(tf.nn.space_to_depth(x, 2), 2), (6, 4), WHOLE),
}


@pytest.mark.parametrize(("function", "cells", "part"), CASES.values(), ids=CASES)
def test_windows(function: Function, cells: tuple[int, int], part: tuple[float, float, float, float]):
    found = layout_of(function)
    assert along(found) == ".rc." and found.shape[1:3] == cells
    assert (found.rows.cells, found.columns.cells) == cells
    assert covers(found) == part and not found.doubt


def test_channels_first():
    def function(x: Any) -> Any:
        wide = tf.pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]])
        return tf.nn.conv2d(wide, kernel(3), 1, "VALID", data_format="NCHW")

    found = layout_of(function, (2, 3, 6, 4), channels_first=True)
    assert along(found) == "..rc" and found.shape == (2, 5, 6, 4) and covers(found) == WHOLE
    pooled = layout_of(
        lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID", data_format="NCHW"), (2, 3, 6, 4), channels_first=True
    )
    assert along(pooled) == "..rc" and pooled.shape[2:] == (3, 2)


def test_a_convolution_over_channels_as_if_they_were_columns():
    found = layout_of(lambda x: tf.nn.conv2d(x, tf.ones((1, 1, 4, 5)), 1, "SAME"), (2, 3, 6, 4), True)
    assert along(found) == "..r."  # columns are summed up


def test_tokens_in_a_row_stay_while_their_number_does():
    def row(x: Any, padding: str) -> Any:
        return tf.nn.conv1d(tf.reshape(x, (2, 24, 3)), tf.ones((3, 3, 5)), 1, padding)

    assert along(layout_of(lambda x: row(x, "SAME"))) == ".t."
    assert layouts_of(lambda x: row(x, "VALID")) == [None]


def test_an_image_scaled_and_moved():
    def moved(x: Any, scale: float, shift: float) -> Any:
        return tf.raw_ops.ScaleAndTranslate(
            images=x, size=[12, 8], scale=[scale] * 2, translation=[shift] * 2, kernel_type="triangle"
        )

    assert not layout_of(lambda x: moved(x, 2.0, 0.0)).doubt
    assert layout_of(lambda x: moved(x, 1.5, 0.0)).doubt == "an image is scaled and moved"
    assert layout_of(lambda x: moved(x, 2.0, 1.0)).doubt == "an image is scaled and moved"


def test_a_kernel_of_unknown_size():
    def function(x: Any) -> Any:
        size = tf.cast(tf.reduce_max(x), tf.int32)
        return tf.nn.conv2d(x, tf.ones(tf.stack([size, size, 3, 5])), 1, "SAME")

    assert along(layout_of(function)) == ".rc."
