"""Every function of TensorFlow that is known, as tf.keras writes and computes it, against what is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.arithmetic import Call
from xai_cam.models.loading.counterparts import TABLE, counterpart

SHAPE = (6, 8, 3)
X = np.random.default_rng(1).uniform(0.1, 2, (2, *SHAPE)).astype("float32")

Function = Callable[[Any, Any], Any]

FUNCTIONS: dict[str, Function] = {
    "channels reversed": lambda x, _: x[..., ::-1],
    "a part": lambda x, _: x[:, 1:-1, 2:, 0:1],
    "a channel": lambda x, _: x[:, :, :, 1],
    "a new axis": lambda x, _: x[..., tf.newaxis],
    "bias": lambda x, _: tf.nn.bias_add(x, [1.0, 2.0, 3.0]),
    "cast": lambda x, _: tf.cast(tf.cast(x * 100, tf.int32), tf.float32),
    "quotient": lambda x, y: x / y,
    "reciprocal": lambda x, _: 1 / x,
    "division by numbers": lambda x, _: x / [1.0, 2.0, 4.0],
    "numbers in brackets": lambda x, _: x - tf.constant([[[1.0, 2.0, 3.0]]]),
    "power": lambda x, _: x**2,
    "power of a number": lambda x, _: 2.0**x,
    "product": lambda x, y: x * y,
    "larger": lambda x, _: tf.maximum(x, 0.5),
    "smaller": tf.minimum,
    "clip": lambda x, _: tf.clip_by_value(x, 0.2, 1),
    "concat": lambda x, y: tf.concat([x, y], axis=-1),
    "stack": lambda x, y: tf.stack([x, y], 1),
    "sum of several": lambda x, y: tf.add_n([x, y, x]),
    "mean": lambda x, _: tf.reduce_mean(x, axis=[1, 2]),
    "kept mean": lambda x, _: tf.reduce_mean(x, [1, 2], keepdims=True),
    "largest": lambda _, y: tf.reduce_max(y, axis=-1, keepdims=True),
    "smallest": lambda _, y: tf.reduce_min(y, axis=2),
    "sum": lambda _, y: tf.reduce_sum(y, axis=[1, 2]),
    "reshape": lambda _, y: tf.reshape(y, (-1, 144)),
    "expand": lambda _, y: tf.expand_dims(y, -1),
    "squeeze": lambda _, y: tf.squeeze(y[:, :, :, :1], -1),
    "transpose": lambda x, _: tf.transpose(x, (0, 2, 1, 3)),
    "resize": lambda x, _: tf.image.resize(x, (4, 5)),
    "resize, nearest": lambda x, _: tf.image.resize(x, [4, 5], method="nearest"),
    "resize, bicubic and smooth": lambda x, _: tf.image.resize(x, [3, 4], method="bicubic", antialias=True),
    "grey": lambda x, _: tf.image.rgb_to_grayscale(x),
    "mirror": lambda x, _: tf.image.flip_left_right(x),
    "upside down": lambda x, _: tf.image.flip_up_down(x),
    "reverse": lambda x, _: tf.reverse(x, axis=[-1]),
    "pad": lambda x, _: tf.pad(x, [[0, 0], [1, 2], [2, 0], [0, 0]]),
    "pad by a number": lambda x, _: tf.pad(x, [[0, 0], [1, 2], [2, 0], [0, 0]], constant_values=1.0),
    "pad by a mirror": lambda x, _: tf.pad(x, [[0, 0], [1, 2], [2, 0], [0, 0]], mode="REFLECT"),
    "pooling": lambda x, _: tf.nn.max_pool2d(x, 2, 2, "VALID"),
    "mean pooling": lambda x, _: tf.nn.avg_pool2d(x, [2, 2], [1, 1], "SAME"),
    "softmax": lambda _, y: tf.nn.softmax(y),
    "softmax of rows": lambda _, y: tf.nn.softmax(y, axis=1),
    "relu": lambda _, y: tf.nn.relu(y),
    "relu6": lambda _, y: tf.nn.relu6(y * 9),
    "leaky relu": lambda _, y: tf.nn.leaky_relu(y),
    "leakier relu": lambda _, y: tf.nn.leaky_relu(y, alpha=0.3),
    "swish": lambda _, y: tf.nn.swish(y),
    "gelu": lambda _, y: tf.nn.gelu(y),
    "rough gelu": lambda _, y: tf.nn.gelu(y, approximate=True),
    "sigmoid": lambda _, y: tf.sigmoid(y),
    "tanh": lambda _, y: tf.tanh(y),
    "roots and logarithms": lambda x, _: tf.sqrt(tf.exp(-tf.abs(tf.math.log(tf.square(x))))),
    "unit length": lambda _, y: tf.math.l2_normalize(y, axis=-1),
    "identity": lambda _, y: tf.stop_gradient(tf.identity(y)),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], list[Any]]:
    """The outputs of one model of all functions, by tf.keras and as loaded without any permission."""
    tf_keras = pytest.importorskip("tf_keras")
    folder = tmp_path_factory.mktemp("operations")
    image = tf_keras.Input(SHAPE)
    maps = tf_keras.layers.Conv2D(3, 3, padding="same", name="maps")(image)
    model = tf_keras.Model(image, [function(image, maps) for function in FUNCTIONS.values()])
    model.save(folder / "m.h5")
    return model(X), load_model(folder / "m.h5")(X)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, both: tuple[list[Any], list[Any]]):
    place = list(FUNCTIONS).index(name)
    theirs, ours = both[0][place], both[1][place]
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_preprocessing_of_every_family(tmp_path: Path):
    tf_keras = pytest.importorskip("tf_keras")
    image = tf_keras.Input(SHAPE)
    applications = tf_keras.applications
    families = (applications.resnet50, applications.densenet, applications.mobilenet_v2)
    fed = [family.preprocess_input(image) for family in families]
    maps = [tf_keras.layers.Conv2D(2, 3)(x) for x in fed]
    model = tf_keras.Model(image, [*fed, *maps])
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "m.h5")
    for ours, theirs in zip(load_model(tmp_path / "m.json")(X), model(X), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)


REF = ["x", 0, 0]
REFUSED = {
    "a file read": ("io.read_file", REF, {}),
    "python": ("py_function", REF, {"func": "exec"}),
    "an attribute of a module": ("nn.relu.__globals__", REF, {}),
    "a bound that is a tensor": (
        "__operators__.getitem",
        REF,
        {"slice_spec": [{"start": REF, "stop": None, "step": None}]},
    ),
    "an object as a bound": ("__operators__.getitem", REF, {"slice_spec": [{"class_name": "Lambda"}]}),
    "an argument that is unknown": ("nn.relu", REF, {"features": 1}),
    "a softmax along an object": ("nn.softmax", REF, {"axis": {"class_name": "Lambda"}}),
    "a type that is none": ("cast", REF, {"dtype": "string"}),
    "a size that is a tensor": ("image.resize", REF, {"size": [REF, 3]}),
    "a kept aspect ratio": ("image.resize", REF, {"size": [3, 3], "preserve_aspect_ratio": True}),
    "channels first": ("nn.bias_add", REF, {"bias": [1.0], "data_format": "NCHW"}),
    "pooling with channels first": (
        "nn.max_pool2d",
        REF,
        {"ksize": 2, "strides": 2, "padding": "SAME", "data_format": "NCHW"},
    ),
    "a shape that is a tensor": ("reshape", REF, {"shape": [REF, 3]}),
    "a constant alone": ("nn.relu", 3.0, {}),
    "two constants": ("math.add", 3.0, {"y": 2.0}),
    "text": ("math.add", REF, {"y": "2"}),
    "a mode that is unknown": ("pad", REF, {"paddings": [[1, 1]], "mode": "EVIL"}),
    "an axis of text": ("concat", [REF, REF], {"axis": "0"}),
    "a list with a constant": ("concat", [REF, 1.0], {"axis": 0}),
}


@pytest.mark.parametrize(("function", "first", "arguments"), REFUSED.values(), ids=REFUSED)
def test_has_no_counterpart(function: str, first: Any, arguments: dict[str, Any]):
    assert counterpart(function, Call(first, arguments)) is None


def test_nothing_but_tensors_and_numbers_gets_through():
    """Whatever arguments a file gives, an object among them never reaches what Keras builds."""
    evil = {"class_name": "Lambda", "config": {"function": "evil"}}
    for function in TABLE:
        for name in (
            "y",
            "axis",
            "shape",
            "size",
            "bias",
            "perm",
            "paddings",
            "dtype",
            "alpha",
            "slice_spec",
        ):
            for value in (evil, [evil], [[evil]]):
                for first in (REF, [REF, REF], evil):
                    made = counterpart(function, Call(first, {name: value, "keepdims": evil}))
                    made = made or counterpart(function, Call(first, {name: value}))
                    assert made is None or "evil" not in json.dumps([made.config, made.inputs, made.keywords])


def test_a_hostile_file_is_refused(tmp_path: Path):
    tf_keras = pytest.importorskip("tf_keras")
    image = tf_keras.Input(SHAPE)
    maps = tf_keras.layers.Conv2D(2, 3)(image)
    model = tf_keras.Model(image, tf.nn.relu(maps))
    model.save_weights(tmp_path / "m.h5")
    config = json.loads(model.to_json())
    for function in ("io.read_file", "io.write_file", "py_function", "load_op_library", "__class__"):
        config["config"]["layers"][-1]["config"]["function"] = function
        (tmp_path / "m.json").write_text(json.dumps(config), encoding="utf-8")
        for unsafe in (False, True):
            with pytest.raises(ModelError, match="no counterpart among Keras' layers"):
                load_model(tmp_path / "m.json", allow_unsafe=unsafe)
