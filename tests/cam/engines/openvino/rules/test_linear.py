"""Gradients of resizing, padding, slices and depthwise convolutions by rules, against TensorFlow's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.gradient_graphs import assert_ruled, assert_same, at_kinks, positive, traced
from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.table import RULES

X = at_kinks(2, 5, 6, 3)


@pytest.mark.parametrize("options", [{"half_pixel_centers": True}, {"align_corners": True}, {}])
@pytest.mark.parametrize("kind", ["Bilinear", "NearestNeighbor", "Bicubic"])
def test_resizing(kind: str, options: dict[str, bool]) -> None:
    """Up along one axis, down along the other."""
    forward = getattr(tf.raw_ops, f"Resize{kind}")
    assert_ruled(f"Resize{kind}Grad", lambda x: forward(images=x, size=(11, 4), **options), X)


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
def test_mirror_padding(mode: str) -> None:
    assert_ruled("MirrorPadGrad", lambda x: tf.pad(x, [[0, 0], [2, 1], [0, 3], [1, 0]], mode), X)


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: x[:, 1:4, ::2],
        lambda x: x[:, 0],
        lambda x: x[:, -1, ..., 2],
        lambda x: x[..., 1:],
        lambda x: x[:, tf.newaxis, 4:0:-2, ..., -3:-1],
        lambda x: x[:, ::-1, 5:-7:-3],
    ],
)
def test_slices(cut: Callable[[Any], Any]) -> None:
    assert_ruled("StridedSliceGrad", cut, X)


def test_slices_of_all_images_are_left() -> None:
    with pytest.raises(RuntimeError, match="unknown length"):
        rewritten(traced([lambda x: x[1:, 2:]], X), RULES)


@pytest.mark.parametrize(
    ("size", "stride", "copies", "padding"),
    [
        ((3, 3), 1, 1, "SAME"),
        ((3, 2), 2, 1, "SAME"),
        ((2, 5), 1, 2, "VALID"),
        ((1, 1), 3, 1, "VALID"),
        ((3, 2), 2, 2, [[0, 0], [2, 1], [0, 1], [0, 0]]),
    ],
)
def test_depthwise_convolutions(size: tuple[int, int], stride: int, copies: int, padding: Any) -> None:
    kernels = tf.constant(positive(*size, 3, copies) - np.float32(1))
    assert_ruled(
        "DepthwiseConv2dNativeBackpropInput",
        lambda x: tf.nn.depthwise_conv2d(x, kernels, [1, stride, stride, 1], padding),
        X,
    )


def test_dilated_convolutions() -> None:
    """Passed forward they stay as they are; their gradients take another way from space to batch."""
    kernels = tf.constant(positive(3, 2, 3, 4) - np.float32(1))
    exact = traced([lambda x: tf.nn.convolution(x, kernels, dilations=[2, 3], padding="SAME")], X)
    found = rewritten(exact, RULES)
    counts = [
        sum(operation.type == "SpaceToBatchND" for operation in one.graph.get_operations())
        for one in (exact, found)
    ]
    assert counts == [2, 1]
    assert_same(found(tf.constant(X)), exact(tf.constant(X)))
