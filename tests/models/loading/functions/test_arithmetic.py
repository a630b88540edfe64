"""Arithmetic and comparisons as tf.keras computes them, and which of them are scalings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function
from xai_cam.models.loading.functions.arithmetic import DIFFERENCE, POWER, QUOTIENT, SUM, made
from xai_cam.models.loading.functions.calls import Call

ROWS = np.arange(1, 7, dtype="float32").reshape(6, 1, 1)
EVERYWHERE = np.random.default_rng(0).uniform(size=(6, 8, 4)).astype("float32")


def number(condition: Any) -> Any:
    return tf.cast(condition, tf.float32)


FUNCTIONS: dict[str, Function] = {
    "sum": lambda x, y: x + y,
    "difference": lambda _, y: 2.0 - y,
    "quotient": lambda x, y: y / x,
    "reciprocal": lambda x, _: 1 / x,
    "division by numbers": lambda x, _: x / [1.0, 2.0, 4.0, 8.0],
    "numbers divided": lambda x, _: [1.0, 2.0, 4.0, 8.0] / x,
    "division by zero": lambda x, _: tf.clip_by_value(x / 0.0, 0, 1),
    "numbers in brackets": lambda x, _: x - tf.constant([[[1.0, 2.0, 3.0, 4.0]]]),
    "numbers of rows": lambda x, _: x * ROWS,
    "a number for every place": lambda x, _: x - EVERYWHERE,
    "numbers that widen": lambda _, y: y[..., :1] * [1.0, 2.0, 3.0],
    "power": lambda x, _: x**2,
    "powers": lambda x, _: x ** [1.0, 2.0, 3.0, 0.5],
    "power of a number": lambda _, y: 2.0**y,
    "minus": lambda _, y: -y,
    "whole quotient": lambda _, y: y // 0.3,
    "whole quotient of a number": lambda x, _: 3.0 // x,
    "rest": lambda x, y: y % x,
    "rest of a number": lambda x, _: 3.0 % x,
    "rest towards zero": lambda _, y: tf.truncatemod(y, 0.3),
    "larger": lambda _, y: tf.maximum(y, [0.0, 0.1, 0.2, 0.3]),
    "smaller": tf.minimum,
    "comparisons": lambda x, y: number(y > 0.1) + number(y >= x) + number(y > 0.2) + number(y <= 0.2),
    "equality": lambda _, y: number(tf.equal(tf.round(y), 0)) + 2 * number(tf.not_equal(tf.round(y), 1.0)),
    "logic": lambda x, y: number((y > 0) & (x > 1)) + number(~(y > 0) | (x > 1)) + number((y > 0) ^ (x > 1)),
    "choice": lambda x, y: tf.where(y > 0, x, y),
    "choice of a number": lambda _, y: tf.where(condition=y > 0, x=1.0, y=y),
    "choice of tensors of one number": lambda _, y: tf.where(y > 0, tf.zeros_like(y), tf.ones_like(y)),
    "clip": lambda _, y: tf.clip_by_value(y, -0.2, 0.5),
    "clip by numbers": lambda _, y: tf.clip_by_value(y, [-1.0, -2.0, 0.0, 0.0], 1.0),
    "clip by tensors": lambda x, y: tf.clip_by_value(y, -x, x),
    "squared difference": lambda x, y: tf.math.squared_difference(x, y) + tf.math.squared_difference(x, 1.0),
    "quotient or zero": lambda x, y: tf.math.divide_no_nan(x, tf.nn.relu(y)),
    "product or zero": lambda x, y: tf.math.multiply_no_nan(1 / tf.nn.relu(y), tf.nn.relu(y)),
    "a number times": lambda _, y: tf.math.scalar_mul(2.0, y),
    "roots": lambda x, _: tf.sqrt(x) + tf.math.rsqrt(x) + tf.math.reciprocal(x),
    "logarithms": lambda x, _: tf.math.log(x) + tf.math.log1p(x) + tf.math.expm1(x) + tf.exp(x),
    "whole numbers": lambda _, y: tf.floor(y * 5) + tf.math.ceil(y) + tf.round(y * 5) + tf.math.rint(y * 5),
    "signs": lambda _, y: tf.sign(y) + tf.abs(y) + tf.square(y),
    "angles": lambda x, y: tf.sin(y) + tf.cos(y) + tf.tan(y) + tf.atan(y) + tf.atan2(y, x),
    "arcs": lambda _, y: tf.asin(y / 9) + tf.acos(y / 9) + tf.sinh(y) + tf.cosh(y),
    "arcs of hyperbolas": lambda x, y: tf.asinh(y) + tf.acosh(x + 1) + tf.atanh(y / 9),
    "error function": lambda _, y: tf.math.erf(y) + tf.math.erfc(y) + tf.math.log_sigmoid(y),
    "what is a number": lambda x, y: number(tf.math.is_nan(0 * x / 0)) + number(tf.math.is_finite(y)),
    "cast": lambda x, _: tf.cast(tf.cast(x * 100, tf.int32), tf.float64),
    "saturated cast": lambda _, y: tf.saturate_cast(y * 300, tf.uint8),
    "identity": lambda _, y: tf.stop_gradient(tf.identity(y)),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("arithmetic"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)


X, Y = ["x", 0, 0], ["y", 0, 0]


@pytest.mark.parametrize(
    ("translate", "call", "class_name", "config", "inputs"),
    [
        (SUM, Call(X, {"y": 2}), "Rescaling", {"scale": 1.0, "offset": 2}, [X]),
        (DIFFERENCE, Call(X, {"y": [1, 2]}), "Rescaling", {"scale": 1.0, "offset": [-1, -2]}, [X]),
        (DIFFERENCE, Call(1.0, {"y": Y}), "Rescaling", {"scale": -1.0, "offset": 1.0}, [Y]),
        (DIFFERENCE, Call(X, {"y": Y}), "Subtract", {}, [X, Y]),
        (QUOTIENT, Call(X, {"y": 4}), "Rescaling", {"scale": 0.25, "offset": 0.0}, [X]),
        (QUOTIENT, Call(4, {"y": Y}), "TrueDivide", {}, [4, Y]),
        (POWER, Call(X, {"y": 2}), "Power", {}, [X, 2]),
    ],
)
def test_scalings(translate: Any, call: Call, class_name: str, config: Any, inputs: Any) -> None:
    found = translate(call)
    assert (found.class_name, found.config, found.inputs) == (class_name, config, inputs)


def test_what_is_no_number_is_not_computed_with() -> None:
    with pytest.raises(TypeError, match="no tensors and numbers"):
        made(SUM, X, "2")
