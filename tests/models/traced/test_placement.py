"""Outputs read as maps, and maps put back: stacks in any order of axes, and tokens."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from xai_cam.images.picture import Region
from xai_cam.models.traced.geometry import image_layout
from xai_cam.models.traced.layout import COLUMNS, ROWS, Layout, Part, other
from xai_cam.models.traced.placement import Placement, placement_of, token_layout

IMAGE = image_layout((2, 6, 4, 3))
OUTPUT = np.arange(2 * 6 * 4 * 3, dtype=np.float32).reshape(2, 6, 4, 3)


def placed(layout: Layout | None) -> Placement:
    placement = placement_of(layout)
    assert placement is not None
    return placement


def round_trip(placement: Placement, output: np.ndarray) -> np.ndarray:
    """The maps of an output, after a look whether they can be put back."""
    maps = placement.maps(output)
    restored = placement.restored(tf.constant(maps), tf.constant(output) * 0 + tf.constant(output))
    np.testing.assert_array_equal(restored, output)
    return maps


def test_a_plain_stack():
    placement = placed(IMAGE)
    assert placement.plain and placement.shape == (6, 4, 3) and placement.part((6, 4)) is None
    assert placement.part((12, 4)) == Region(0, 0, 0.5, 1)
    np.testing.assert_array_equal(round_trip(placement, OUTPUT), OUTPUT)


def test_channels_first_and_turned():
    first = image_layout((2, 3, 6, 4), channels_first=True)
    maps = round_trip(placed(first), OUTPUT.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(maps, OUTPUT)
    turned = Layout((IMAGE.axes[0], IMAGE.axes[2], IMAGE.axes[1], IMAGE.axes[3]), IMAGE.rows, IMAGE.columns)
    np.testing.assert_array_equal(round_trip(placed(turned), OUTPUT.transpose(0, 2, 1, 3)), OUTPUT)


def test_gradients_of_several_classes_have_an_axis_more():
    first = placed(image_layout((2, 3, 6, 4), channels_first=True))
    gradients = np.stack([OUTPUT, 2 * OUTPUT]).transpose(0, 1, 4, 2, 3)
    np.testing.assert_array_equal(first.maps(gradients), np.stack([OUTPUT, 2 * OUTPUT]))


def test_tokens_with_others_before_them():
    grid = (Part(ROWS, 6), Part(COLUMNS, 4))
    axis = (Part("", 26, grid=grid, before=1),)
    placement = placed(Layout((other(2), axis, other(3)), IMAGE.rows, IMAGE.columns))
    assert placement.tokens == (1, 6, 4) and placement.shape == (6, 4, 3)
    extra = np.full((2, 1, 3), -1, np.float32)
    tokens = np.concatenate([extra, OUTPUT.reshape(2, 24, 3), extra], axis=1)
    np.testing.assert_array_equal(round_trip(placement, tokens), OUTPUT)
    assert placement_of(Layout((other(2), axis, other(3)), IMAGE.rows, IMAGE.columns), tokens=False) is None


def test_tokens_column_by_column():
    axis = (Part(COLUMNS, 4), Part(ROWS, 6))
    placement = placed(Layout((other(2), axis, other(3)), IMAGE.rows, IMAGE.columns))
    tokens = OUTPUT.transpose(0, 2, 1, 3).reshape(2, 24, 3)
    np.testing.assert_array_equal(round_trip(placement, tokens), OUTPUT)


def test_what_is_no_map():
    assert placement_of(None) is None
    assert placement_of(image_layout((2, 1, 1, 3))) is None  # a single place
    assert placed(image_layout((2, 1, 5, 3))).shape == (1, 5, 3)
    heads = Layout(
        (other(2), (*IMAGE.axes[1], *IMAGE.axes[2]), other(4), other(8)), IMAGE.rows, IMAGE.columns
    )
    assert placement_of(heads) is None  # tokens x heads x dim of an attention layer
    in_batch = Layout((IMAGE.axes[1], other(2), IMAGE.axes[2], other(3)), IMAGE.rows, IMAGE.columns)
    assert placement_of(in_batch) is None


def test_a_grid_that_the_caller_tells():
    layout = token_layout(IMAGE, (2, 25, 8), (6, 4))
    assert placed(layout).tokens == (1, 6, 4)
    assert placed(token_layout(IMAGE, (2, 24, 8), (4, 6))).shape == (4, 6, 8)
    assert token_layout(IMAGE, (2, 23, 8), (6, 4)) is None and token_layout(IMAGE, (2, 24), (6, 4)) is None
