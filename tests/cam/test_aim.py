"""What is asked of outputs, and functions of the caller's."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from xai_cam.cam.aim import Aim, value_of
from xai_cam.errors import InputError

Y = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])


def test_regions_are_known() -> None:
    assert Aim().region == "predicted" and Aim(region="masks").region == "masks"
    with pytest.raises(InputError, match=r"`region` is 'some'. Use predicted or all, or give `masks`"):
        Aim(region="some")


def test_functions_give_a_number_for_each_image() -> None:
    assert value_of(lambda y: y[:, 2] - y[:, 0], Y).numpy().tolist() == [2, 3]
    assert value_of(lambda y: y[:, :1], Y).numpy().tolist() == [1, 4], "a single column is a number"
    assert value_of(lambda y: tf.argmax(y, 1), Y).dtype == tf.float32


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda y: y, r"gives numbers of shape \(2, 3\)"),
        (tf.reduce_sum, r"of shape \(\)"),
        (lambda y: y["missing"], "`target` fails on the model's outputs"),
        (lambda y: {}[0], "KeyError"),
    ],
)
def test_what_is_no_such_function(function: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        value_of(function, Y)
