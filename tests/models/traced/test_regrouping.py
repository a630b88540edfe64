"""Reshapes, transposes, repetitions and sums: which axes still run over the picture."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.traced import Function, along, covers, layout_of, layouts_of

WHOLE = (0, 0, 6, 4)


def padded(x: Any) -> Any:
    return tf.pad(x, [[0, 0], [1, 1], [0, 0], [0, 0]])


CASES: dict[str, tuple[Function, str, tuple[int, ...]]] = {
    "tokens": (lambda x: tf.reshape(x, (2, -1, 3)), ".t.", (2, 24, 3)),
    "tokens of all images": (lambda x: tf.reshape(x, (-1, 3)), "t.", (48, 3)),
    "tokens and back": (lambda x: tf.reshape(tf.reshape(x, (-1, 3)), (2, 6, 4, 3)), ".rc.", (2, 6, 4, 3)),
    "by a size that is computed": (
        lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [24, 3]], 0)),
        ".t.",
        (2, 24, 3),
    ),
    "an axis more": (lambda x: tf.expand_dims(x, 1), "..rc.", (2, 1, 6, 4, 3)),
    "an axis less": (lambda x: tf.squeeze(x[..., :1], -1), ".rc", (2, 6, 4)),
    "channels first": (lambda x: tf.transpose(x, (0, 3, 1, 2)), "..rc", (2, 3, 6, 4)),
    "columns first": (lambda x: tf.transpose(x, (0, 2, 1, 3)), ".cr.", (2, 4, 6, 3)),
    "repeated images": (lambda x: tf.tile(x, (3, 1, 1, 1)), ".rc.", (6, 6, 4, 3)),
    "repeated channels": (lambda x: tf.tile(x, (1, 1, 1, 2)), ".rc.", (2, 6, 4, 6)),
    "repeated rows": (lambda x: tf.repeat(x, 2, axis=1), ".rc.", (2, 12, 4, 3)),
    "a mean over channels": (lambda x: tf.reduce_mean(x, -1), ".rc", (2, 6, 4)),
    "a largest channel": (lambda x: tf.reduce_max(x, 3, keepdims=True), ".rc.", (2, 6, 4, 1)),
    "a sum over rows": (lambda x: tf.reduce_sum(x, 1), ".c.", (2, 4, 3)),
    "a sum over columns": (lambda x: tf.reduce_sum(x, 2, keepdims=True), ".r..", (2, 6, 1, 3)),
    "a mean over images": (lambda x: tf.reduce_mean(x, 0), "rc.", (6, 4, 3)),
}


@pytest.mark.parametrize(("function", "axes", "shape"), CASES.values(), ids=CASES)
def test_what_is_regrouped(function: Function, axes: str, shape: tuple[int, ...]):
    found = layout_of(function)
    assert (along(found), found.shape, covers(found), found.doubt) == (axes, shape, WHOLE, "")


def test_repeated_rows_are_finer_cells():
    """Each number stands in the place of its row, so that two cells share one."""
    found = layout_of(lambda x: tf.repeat(x, 2, axis=1))
    assert found.whole(1) == "rows" and found.rows.cells == 6
    conv = layout_of(lambda x: tf.nn.conv2d(tf.repeat(x, 2, axis=1), tf.ones((3, 3, 3, 5)), 1, "SAME"))
    assert covers(conv) == WHOLE and conv.rows.cells == 12


NOWHERE: dict[str, Function] = {
    "the mean": lambda x: tf.reduce_mean(x, (1, 2)),
    "the mean of everything": tf.reduce_mean,
    "the picture beside itself": lambda x: tf.tile(x, (1, 2, 1, 1)),
    "a shape that cuts across": lambda x: tf.reshape(x, (2, 9, 8)),
    "the size": tf.shape,
}


@pytest.mark.parametrize("function", NOWHERE.values(), ids=NOWHERE)
def test_what_lies_nowhere(function: Function):
    assert layouts_of(function) == [None]


def test_a_padding_outlasts_a_new_axis_but_no_reshape():
    assert layout_of(lambda x: tf.expand_dims(padded(x), 1)).rows.unpadded
    assert not layout_of(lambda x: tf.reshape(padded(x), (2, 32, 3))).rows.unpadded


def test_a_mean_within_patches_leaves_the_patches():
    def patches(x: Any) -> Any:
        return tf.reduce_mean(tf.reshape(x, (2, 3, 2, 2, 2, 3)), (2, 4))

    found = layout_of(patches)
    assert (along(found), found.shape, covers(found)) == (".rc.", (2, 3, 2, 3), WHOLE)
    assert (found.rows.cells, found.columns.cells) == (3, 2)
