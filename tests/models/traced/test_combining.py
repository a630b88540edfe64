"""Tensors put together: sums, concatenations, stacks and matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.traced import Function, along, covers, layout_of, layouts_of
from xai_cam.models.traced.combining import APART, extended
from xai_cam.models.traced.geometry import image_layout
from xai_cam.models.traced.layout import COLUMNS, ROWS, Part, other

WHOLE = (0, 0, 6, 4)
SQUARE = (2, 4, 4, 3)


def zeros(*shape: int) -> Any:
    return tf.zeros(shape)


def tokens(x: Any) -> Any:
    return tf.reshape(x, (2, 24, 3))


def scores(x: Any) -> Any:
    return tf.matmul(tokens(x), tokens(x), transpose_b=True)


CASES: dict[str, tuple[Function, str, tuple[float, float, float, float]]] = {
    "a constant added": (lambda x: x + 1.0, ".rc.", WHOLE),
    "a constant of more axes": (lambda x: x[0] + zeros(5, 1, 1, 1), ".rc.", WHOLE),
    "a gate": (lambda x: x * tf.reduce_mean(x, (1, 2), keepdims=True), ".rc.", WHOLE),
    "a gate first": (lambda x: tf.reduce_mean(x, (1, 2), keepdims=True) * x, ".rc.", WHOLE),
    "rows and columns multiplied": (
        lambda x: tf.reduce_mean(x, 2, keepdims=True) * tf.reduce_mean(x, 1, keepdims=True),
        ".rc.",
        WHOLE,
    ),
    "more channels": (lambda x: tf.concat([x, zeros(2, 6, 4, 2)], 3), ".rc.", WHOLE),
    "channels from the back": (lambda x: tf.concat([x, x], -1), ".rc.", WHOLE),
    "rows before": (lambda x: tf.concat([zeros(2, 2, 4, 3), x], 1), ".rc.", (-2, 0, 6, 4)),
    "columns on both sides": (
        lambda x: tf.concat([zeros(2, 6, 1, 3), x, zeros(2, 6, 3, 3)], 2),
        ".rc.",
        (0, -1, 6, 7),
    ),
    "a stack": (lambda x: tf.stack([x, x], 1), "..rc.", WHOLE),
    "a stack behind": (lambda x: tf.stack([x, zeros(2, 6, 4, 3)], -1), ".rc..", WHOLE),
    "tokens times weights": (lambda x: tokens(x) @ zeros(3, 8), ".t.", WHOLE),
    "scores": (scores, ".tt", WHOLE),
    "attention": (lambda x: tf.matmul(tf.nn.softmax(scores(x)), tokens(x)), ".t.", WHOLE),
    "keys over queries": (lambda x: tf.matmul(scores(x), tokens(x), transpose_a=True), ".t.", WHOLE),
    "a plain product": (lambda x: tf.matmul(tf.reshape(x, (48, 3)), zeros(3, 5)), "t.", WHOLE),
    "a product turned": (
        lambda x: tf.matmul(zeros(3, 5), tf.reshape(x, (48, 3)), transpose_a=True, transpose_b=True),
        ".t",
        WHOLE,
    ),
    "an einsum": (lambda x: tf.einsum("nrck,kj->njrc", x, zeros(3, 5)), "..rc", WHOLE),
    "an einsum of two": (lambda x: tf.einsum("nik,njk->nij", tokens(x), tokens(x)), ".tt", WHOLE),
    "an einsum with an ellipsis": (
        lambda x: tf.einsum("...k,kj->...j", tokens(x), zeros(3, 5)),
        ".t.",
        WHOLE,
    ),
    "an ellipsis of other lengths": (lambda x: tf.einsum("...k,k...->...", x, zeros(3, 4)), ".rc", WHOLE),
    "heads": (lambda x: tf.einsum("nik,khd->nihd", tokens(x), zeros(3, 2, 4)), ".t..", WHOLE),
}


@pytest.mark.parametrize(("function", "axes", "part"), CASES.values(), ids=CASES)
def test_what_is_put_together(function: Function, axes: str, part: tuple[float, float, float, float]):
    found = layout_of(function)
    assert (along(found), covers(found), found.doubt) == (axes, part, "")


NOWHERE: dict[str, Function] = {
    "a product over all places": lambda x: zeros(2, 5, 24) @ tokens(x),
    "an einsum over all places": lambda x: tf.einsum("nik,ji->njk", tokens(x), zeros(5, 24)),
    "tokens of several pictures": lambda x: tf.concat([tokens(x), tokens(x)], 1),
}


@pytest.mark.parametrize("function", NOWHERE.values(), ids=NOWHERE)
def test_what_lies_nowhere(function: Function):
    assert layouts_of(function) == [None]


APARTS: dict[str, Function] = {
    "a part and another": lambda x: x[:, :2] + x[:, 2:],
    "a mirror image": lambda x: tf.stack([x, x[:, ::-1]], 1),
    "rows over columns": lambda x: x + tf.transpose(x, (0, 2, 1, 3)),
    "rows over columns as channels": lambda x: tf.concat([x, tf.transpose(x, (0, 2, 1, 3))], 3),
    "tokens of both orders": lambda x: (
        tf.reshape(x, (2, 16, 3)) + tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (2, 16, 3))
    ),
    "one rolled": lambda x: x + tf.roll(x, 1, 1),
}


@pytest.mark.parametrize("function", APARTS.values(), ids=APARTS)
def test_parts_that_do_not_cover_each_other(function: Function):
    assert layout_of(function, SQUARE).doubt == APART


def test_a_picture_beside_itself_is_a_doubt():
    found = layout_of(lambda x: tf.concat([x, x], 1))
    assert along(found) == ".rc." and found.doubt == "concat"


def test_a_doubt_is_handed_on():
    assert layout_of(lambda x: x + tf.sort(x, 3)).doubt
    coarse = layout_of(lambda x: x + tf.repeat(tf.nn.avg_pool2d(x, 2, 2, "SAME"), 2, 1)[:, :, :1])
    assert along(coarse) == ".rc." and coarse.rows.cells == 6


def test_tokens_that_stand_among_others():
    grid = (Part(ROWS, 6), Part(COLUMNS, 4))
    one = layout_of(lambda x: tf.concat([zeros(2, 1, 3), tokens(x)], 1))
    assert one.axes[1] == (Part("", 25, grid=grid, before=1),)
    more = layout_of(
        lambda x: tf.concat([zeros(2, 2, 3), tf.concat([zeros(2, 1, 3), tokens(x)], 1), zeros(2, 4, 3)], 1)
    )
    assert more.axes[1] == (Part("", 31, grid=grid, before=3),)


def test_a_border_may_be_used_up():
    image = image_layout((2, 6, 4, 3))
    assert extended(image, 1, 0, 0) is image
    found = extended(image, 1, 1, 2)
    assert found is not None and found.axes == (other(2), (Part(ROWS, 9),), (Part(COLUMNS, 4),), other(3))
    assert (found.rows.start, found.rows.stop, found.rows.cells) == (-1, 8, 9)
    assert found.rows.unpadded == image.rows and found.columns == image.columns
    assert np.isclose(found.rows.step, 1)
