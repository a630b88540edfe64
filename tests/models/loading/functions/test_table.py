"""What has no counterpart among Keras' layers, and what preprocessing on the graph becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.tf_functions import X as PICTURES
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.functions.calls import Call
from xai_cam.models.loading.functions.table import TABLE, counterpart

SHAPE = (6, 8, 3)
X = PICTURES[..., :3]


def test_the_preprocessing_of_every_family(tmp_path: Path):
    tf_keras = pytest.importorskip("tf_keras")
    image = tf_keras.Input(SHAPE)
    applications = tf_keras.applications
    names = (
        "resnet50",
        "densenet",
        "mobilenet_v2",
        "vgg16",
        "xception",
        "nasnet",
        "efficientnet",
        "convnext",
    )
    families = [getattr(applications, name) for name in names if hasattr(applications, name)]
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
        with pytest.raises(ModelError, match="no counterpart in Keras 3"):
            load_model(tmp_path / "m.json")
