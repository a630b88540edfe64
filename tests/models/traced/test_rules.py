"""What is taken for granted of an operation that has no rule."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.traced import Function, along, concrete_of, covers, layout_of, layouts_of
from xai_cam.models.traced.geometry import image_layout
from xai_cam.models.traced.rules import einsum_letters, first_spatial, resampled, shape_behind

IMAGE = image_layout((2, 6, 4, 3))


def last(function: Function, of_type: str, shape: Any = (2, 6, 4, 3)) -> Any:
    """The last operation of a type that a function makes of images."""
    operations = concrete_of(function, shape).graph.get_operations()
    return [one for one in operations if one.type == of_type][-1]


UNKNOWN: dict[str, tuple[Function, str]] = {
    "sums so far": (lambda x: tf.cumsum(x, 1), "cumsum"),
    "a transformation": (
        lambda x: tf.raw_ops.ImageProjectiveTransformV3(
            images=x,
            transforms=[[1.0, 0, 1, 0, 1, 0, 0, 0]],
            output_shape=[6, 4],
            fill_value=0.0,
            interpolation="NEAREST",
        ),
        "image projective transform",
    ),
    "boxes cut out": (
        lambda x: tf.image.crop_and_resize(x, [[0.2, 0, 0.8, 1.0]] * 2, [0, 1], (3, 2)),
        "crop and resize",
    ),
    "a dilation": (
        lambda x: tf.nn.dilation2d(x, tf.zeros((2, 2, 3)), (1, 1, 1, 1), "SAME", "NHWC", (1, 1, 1, 1)),
        "dilation2d",
    ),
}


@pytest.mark.parametrize(("function", "doubt"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_stack_of_maps_is_taken_to_lie_as_before(function: Function, doubt: str):
    found = layout_of(function)
    assert (along(found), covers(found), found.doubt) == (".rc.", (0, 0, 6, 4), doubt)


def test_of_anything_else_nothing_is_taken():
    for function in (
        lambda x: tf.cumsum(tf.reshape(x, (2, 24, 3)), 1),
        lambda x: tf.cumsum(tf.reduce_mean(x, 1, keepdims=True), 2),
    ):
        (found,) = layouts_of(function)
        assert found is not None and found.lost and not found.spatial and found.doubt == "cumsum"
    assert layouts_of(lambda x: tf.where(x > 0)) == [None]  # as many as are positive


def test_a_filter_of_edges_is_followed():
    """It is made of known operations: a reflection, a depthwise convolution, another shape."""
    found = layout_of(tf.image.sobel_edges)
    assert along(found) == ".rc.." and covers(found) == (0, 0, 6, 4) and not found.doubt


def test_the_number_of_images_is_told_by_the_input():
    given = [IMAGE]
    assert shape_behind(last(tf.nn.relu, "Relu"), given) == (2, 6, 4, 3)
    assert shape_behind(last(tf.nn.relu, "Relu", (None, 6, 4, 3)), given) == (2, 6, 4, 3)
    tokens = last(lambda x: tf.reshape(x, (-1, 12, 3)), "Reshape", (None, 6, 4, 3))
    assert shape_behind(tokens, given) == (4, 12, 3)
    assert shape_behind(last(tf.nn.relu, "Relu", (None, None, 4, 3)), given) is None
    assert shape_behind(last(tf.nn.relu, "Relu", None), given) is None
    assert first_spatial([None, image_layout((2, 1, 1, 3)), IMAGE]) is IMAGE


def test_letters_of_an_einsum():
    def letters(equation: str, *shape: int) -> Any:
        return einsum_letters(last(lambda x: tf.einsum(equation, x, tf.ones(shape)), "Einsum"))

    assert letters("nrck,kj->nrcj", 3, 5) == ([[*"nrck"], ["k", "j"]], [*"nrcj"])
    assert letters("n...k,kj->n...j", 3, 5) == (
        [["n", "2", "1", "k"], ["k", "j"]],
        ["n", "2", "1", "j"],
    )


def test_resampled_cells_lie_where_they_lay():
    found = resampled(IMAGE, (2, 3, 8, 5), (1, 2))
    assert (along(found), found.shape, covers(found)) == (".rc.", (2, 3, 8, 5), (0, 0, 6, 4))
    assert (found.rows.cells, found.columns.cells) == (3, 8)
    single = resampled(IMAGE, (2, 1, 4, 3), (1, 2))
    assert single.axes[1] == () and single.rows.cells == 1
