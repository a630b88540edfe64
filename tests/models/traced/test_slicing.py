"""Slices, paddings, mirrors and gathers: expected parts counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.traced import Function, along, covers, layout_of, layouts_of
from xai_cam.models.traced.layout import COLUMNS, ROWS, Part

WHOLE = (0, 0, 6, 4)


def among(x: Any, before: int = 2, after: int = 1) -> Any:
    """The places as tokens with others around them."""
    return tf.pad(tf.reshape(x, (2, 24, 3)), [[0, 0], [before, after], [0, 0]])


CASES: dict[str, tuple[Function, str, tuple[float, float, float, float]]] = {
    "a part": (lambda x: x[:, 1:-1, 2:], ".rc.", (1, 2, 5, 4)),
    "from the back": (lambda x: x[:, -3:, :-1], ".rc.", (3, 0, 6, 3)),
    "behind an ellipsis": (lambda x: x[..., 1:3, :], ".rc.", (0, 1, 6, 3)),
    "an ellipsis in between": (lambda x: x[:, 2:, ..., 0], ".rc", (2, 0, 6, 4)),
    "an ellipsis with a new axis": (lambda x: x[:, 2:, ..., tf.newaxis], ".rc..", (2, 0, 6, 4)),
    "a new axis first": (lambda x: x[tf.newaxis, :, 1:], "..rc.", (1, 0, 6, 4)),
    "a channel": (lambda x: x[..., 1], ".rc", WHOLE),
    "an image": (lambda x: x[0, 1:], "rc.", (1, 0, 6, 4)),
    "a row": (lambda x: x[:, 2], ".c.", WHOLE),
    "mirrored": (lambda x: x[:, ::-1], ".rc.", (6, 0, 0, 4)),
    "mirrored and cut": (lambda x: x[:, 4:1:-1], ".rc.", (5, 0, 2, 4)),
    "mirrored twice": (lambda x: x[:, ::-1, ::-1][:, ::-1], ".rc.", (0, 4, 6, 0)),
    "every second": (lambda x: x[:, ::2, 1::2], ".rc.", WHOLE),
    "every second from the back": (lambda x: x[:, ::-2], ".rc.", (6, 0, 0, 4)),
    "every second of a part": (lambda x: x[:, 1:4:2], ".rc.", (0, 0, 4, 4)),
    "every third": (lambda x: x[:, 2::3], ".rc.", WHOLE),
    "cut twice": (lambda x: x[:, 1:][:, :-2], ".rc.", (1, 0, 4, 4)),
    "as begin and size": (lambda x: tf.slice(x, [0, 1, 0, 0], [2, 4, -1, 1]), ".rc.", (1, 0, 5, 4)),
    "by its own size": (lambda x: x[:, : tf.shape(x)[1] // 2], ".rc.", (0, 0, 3, 4)),
    "padded": (lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]), ".rc.", (-1, 0, 8, 7)),
    "padded by reflection": (
        lambda x: tf.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]], "REFLECT"),
        ".rc.",
        (-1, -2, 7, 6),
    ),
    "padded with ones": (
        lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0], [0, 1]], constant_values=1),
        ".rc.",
        (-1, 0, 6, 4),
    ),
    "padded and cut": (lambda x: tf.pad(x, [[0, 0], [2, 2], [0, 0], [0, 0]])[:, 2:-2], ".rc.", WHOLE),
    "reversed": (lambda x: tf.reverse(x, [1, -2]), ".rc.", (6, 4, 0, 0)),
    "channels reversed": (lambda x: tf.reverse(x, [-1]), ".rc.", WHOLE),
    "gathered rows": (lambda x: tf.gather(x, [1, 2, 3], axis=1), ".rc.", (1, 0, 4, 4)),
    "gathered backwards": (lambda x: tf.gather(x, [3, 2], axis=2), ".rc.", (0, 4, 6, 2)),
    "one gathered": (lambda x: tf.gather(x, 3, axis=1), ".c.", WHOLE),
    "one gathered as a list": (lambda x: tf.gather(x, [3], axis=1), "..c.", (3, 0, 4, 4)),
    "gathered channels": (lambda x: tf.gather(x, [[2, 0]], axis=-1), ".rc..", WHOLE),
    "rolled channels": (lambda x: tf.roll(x, 1, 3), ".rc.", WHOLE),
    "rolled and back": (lambda x: tf.roll(tf.roll(x, [2, 1], [1, 2]), [-2, -1], [1, 2]), ".rc.", WHOLE),
    "rolled all around": (lambda x: tf.roll(x, 6, 1), ".rc.", WHOLE),
}


@pytest.mark.parametrize(("function", "axes", "part"), CASES.values(), ids=CASES)
def test_parts_and_mirrors(function: Function, axes: str, part: tuple[float, float, float, float]):
    found = layout_of(function)
    assert (along(found), covers(found), found.doubt) == (axes, part, "")
    assert not found.rows.rolled and not found.columns.rolled


def test_splits_lie_beside_each_other():
    upper, lower = layouts_of(lambda x: tf.split(x, 2, axis=1))
    assert upper and lower and covers(upper) == (0, 0, 3, 4) and covers(lower) == (3, 0, 6, 4)
    left, right = layouts_of(lambda x: tf.split(x, [1, 3], axis=-2))
    assert left and right and covers(left) == (0, 0, 6, 1) and covers(right) == (0, 1, 6, 4)
    one, two = layouts_of(lambda x: tf.split(x, [1, 2], axis=3))
    assert one and two and covers(one) == covers(two) == WHOLE
    assert (one.shape[3], two.shape[3], along(two)) == (1, 2, ".rc.")


def test_what_is_unpacked():
    channels = layouts_of(lambda x: tf.unstack(x, axis=-1))
    assert [along(one) for one in channels if one] == [".rc"] * 3
    images = layouts_of(tf.unstack)
    assert [along(one) for one in images if one] == ["rc."] * 2


def test_tokens_among_others():
    grid = (Part(ROWS, 6), Part(COLUMNS, 4))
    assert layout_of(among).axes[1] == (Part("", 27, grid=grid, before=2),)
    assert layout_of(lambda x: among(x)[:, 2:-1]).axes[1] == grid
    assert layout_of(lambda x: among(x)[:, 1:]).axes[1] == (Part("", 26, grid=grid, before=1),)
    assert layout_of(lambda x: among(x, 2, 0)[:, 1:][:, 1:]).axes[1] == grid
    for function in (lambda x: among(x)[:, 0], lambda x: among(x)[:, :2], lambda x: among(x)[:, 3:]):
        assert layouts_of(function) == [None]


DOUBTS: dict[str, tuple[Function, str]] = {
    "rows in disorder": (lambda x: tf.gather(x, [0, 2, 1, 3], axis=1), "gather"),
    "a row twice": (lambda x: tf.gather(x, [1, 1], axis=1), "gather"),
    "rolled by what is not known": (
        lambda x: tf.roll(x, tf.cast(tf.reduce_max(x), tf.int32), 1),
        "roll",
    ),
    "rolled and cut": (lambda x: tf.roll(x, 2, 1)[:, 1:-1], "roll"),
    "rolled and padded": (lambda x: tf.pad(tf.roll(x, 2, 1), [[0, 0], [1, 1], [0, 0], [0, 0]]), "roll"),
}


@pytest.mark.parametrize(("function", "doubt"), DOUBTS.values(), ids=DOUBTS)
def test_what_is_a_doubt(function: Function, doubt: str):
    found = layout_of(function)
    assert along(found) == ".rc." and found.doubt == doubt


def test_what_was_rolled_is_told_in_shares():
    found = layout_of(lambda x: tf.roll(x, [2, -1], [1, 2]))
    assert found.rows.rolled == pytest.approx(2 / 6) and found.columns.rolled == pytest.approx(3 / 4)
    finer = layout_of(lambda x: tf.roll(tf.repeat(x, 2, axis=1), 4, 1))
    assert finer.rows.rolled == pytest.approx(2 / 6)


NOWHERE: dict[str, Function] = {
    "channels by what is not known": lambda x: tf.boolean_mask(x, x[0, 0, 0] > 0, axis=3),
    "none of the rows": lambda x: tf.gather(x, tf.constant([], tf.int32), axis=1),
    "rows by what is not known": lambda x: tf.gather(x, tf.argmax(tf.reduce_mean(x, (0, 2, 3))), axis=1),
    "a part by what is not known": lambda x: x[:, tf.cast(tf.reduce_max(x), tf.int32) :],
    "tokens rolled": lambda x: tf.roll(tf.reshape(x, (2, 24, 3)), 1, 1),
    "some tokens": lambda x: tf.reshape(x, (2, 24, 3))[:, 1:],
}


@pytest.mark.parametrize("function", NOWHERE.values(), ids=NOWHERE)
def test_what_lies_nowhere(function: Function):
    assert layouts_of(function) == [None]
