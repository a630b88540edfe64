"""Which operations leave each place where it is, and that the tables name operations that there are."""

from __future__ import annotations

import pytest
import tensorflow as tf

from support.traced import Function, along, concrete_of, covers, layout_of, layouts_of
from xai_cam.models.traced.geometry import image_layout
from xai_cam.models.traced.moves import ELEMENTWISE, MOVES, REDUCTIONS, WINDOWS, layouts_behind
from xai_cam.models.traced.values import Values


@pytest.mark.parametrize("kind", sorted(ELEMENTWISE | MOVES.keys() | REDUCTIONS | WINDOWS))
def test_every_operation_named_is_one_of_tensorflow(kind: str):
    assert hasattr(tf.raw_ops, kind.lstrip("_")) or kind == "_FusedConv2D"


def test_an_operation_has_one_rule():
    assert not ELEMENTWISE & MOVES.keys()


ELEMENTS: dict[str, Function] = {
    "an activation": tf.nn.gelu,
    "a softmax over channels": tf.nn.softmax,
    "a normalisation": lambda x: tf.nn.batch_normalization(x, 0.5, 2.0, None, None, 1e-3),
    "a fused normalisation": lambda x: tf.compat.v1.nn.fused_batch_norm(x, tf.ones(3), tf.zeros(3))[0],
    "a standardised picture": tf.image.per_image_standardization,
    "other colours": lambda x: tf.image.hsv_to_rgb(tf.image.rgb_to_hsv(x)),
    "more contrast": lambda x: tf.image.adjust_contrast(tf.image.adjust_saturation(x, 2.0), 2.0),
    "a mask": lambda x: tf.where(x > 0, x, -x),
    "half precision": lambda x: tf.cast(x, tf.bfloat16),
    "quantised numbers": lambda x: tf.quantization.fake_quant_with_min_max_vars_per_channel(
        x, tf.zeros(3), tf.ones(3)
    ),
    "a local normalisation": tf.nn.local_response_normalization,
    "cut off": lambda x: tf.clip_by_value(x, 0.0, 1.0),
}


@pytest.mark.parametrize("function", ELEMENTS.values(), ids=ELEMENTS)
def test_each_place_stays_where_it_is(function: Function):
    found = layout_of(function)
    assert (along(found), covers(found), found.doubt) == (".rc.", (0, 0, 6, 4), "")


NOWHERE: dict[str, Function] = {
    "the place of the largest": lambda x: tf.argmax(x, 1),
    "the size": tf.size,
    "a sum of squares": tf.nn.l2_loss,
}


@pytest.mark.parametrize("function", NOWHERE.values(), ids=NOWHERE)
def test_what_lies_nowhere(function: Function):
    assert layouts_of(function) == [None]


def test_nothing_comes_of_nothing():
    concrete = concrete_of(tf.nn.relu)
    relu = next(one for one in concrete.graph.get_operations() if one.type == "Relu")
    values = Values(concrete)
    assert layouts_behind(relu, [None], values) == []
    assert layouts_behind(relu, [image_layout((2, 1, 1, 3))], values) == []
    assert layouts_behind(relu, [image_layout((2, 5, 4, 3))], values) == [None]  # of another shape
