"""Convolutions, pooling, margins and blocks of pixels, as tf.keras computes them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function

KERNEL = np.random.default_rng(2).normal(size=(3, 3, 4, 2)).astype("float32")
OF_EACH = np.random.default_rng(2).normal(size=(3, 3, 4, 1)).astype("float32")
MARGINS = [[0, 0], [1, 2], [2, 0], [0, 0]]

FUNCTIONS: dict[str, Function] = {
    "convolution": lambda x, _: tf.nn.conv2d(x, KERNEL, 1, "SAME"),
    "convolution in steps": lambda x, _: tf.nn.conv2d(x, KERNEL, [1, 2, 2, 1], "VALID"),
    "convolution of every channel": lambda x, _: tf.nn.depthwise_conv2d(x, OF_EACH, [1, 1, 1, 1], "SAME"),
    "edges": lambda x, _: tf.image.sobel_edges(x),
    "pooling": lambda _, y: tf.nn.max_pool2d(y, 2, 2, "VALID"),
    "pooling by four numbers": lambda _, y: tf.nn.max_pool(y, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"),
    "mean pooling": lambda _, y: tf.nn.avg_pool2d(y, [2, 2], [1, 1], "SAME"),
    "pooling by its name": lambda _, y: tf.nn.pool(y, [2, 2], "MAX", strides=[2, 2], padding="VALID"),
    "pooling of rows": lambda _, y: tf.nn.avg_pool1d(tf.reshape(y, [-1, 48, 4]), 2, 2, "VALID"),
    "margins": lambda x, _: tf.pad(x, MARGINS),
    "margins of channels": lambda x, _: tf.pad(x, tf.constant([[0, 0], [0, 0], [0, 0], [1, 2]])),
    "margins of a number": lambda x, _: tf.pad(x, MARGINS, constant_values=1.0),
    "margins of a mirror": lambda x, _: tf.pad(x, MARGINS, mode="reflect"),
    "margins of a mirror at the edge": lambda x, _: tf.pad(x, MARGINS, "SYMMETRIC"),
    "channels to pixels": lambda x, _: tf.nn.depth_to_space(x, 2),
    "pixels to channels": lambda x, _: tf.nn.space_to_depth(x, 2),
    "patches": lambda x, _: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("windows"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)
