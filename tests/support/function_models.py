"""A model of tf.keras with functions of TensorFlow on its graph, written down by hand as tf.keras 2.4 did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SIDES = [None, 8, 8, 3]


def _layer(class_name: str, name: str, nodes: list[Any], **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": nodes,
    }


def _function(name: str, first: Any, **arguments: Any) -> dict[str, Any]:
    label = f"tf.{name}"
    node = [[*one, arguments] for one in first] if isinstance(first[0], list) else [*first, arguments]
    return _layer("TFOpLambda", label, [node], function=name, trainable=True, dtype="float32")


def write_functions(folder: Path) -> tuple[Path, Path]:
    """The JSON, with a shape that is computed, and the weights of its convolution and its two classes."""
    import keras

    image = ["image", 0, 0]
    layers = [
        _layer("InputLayer", "image", [], batch_input_shape=SIDES, dtype="float32"),
        _function("math.truediv", image, y=255.0),
        _layer(
            "Conv2D", "conv", [[["tf.math.truediv", 0, 0, {}]]], filters=4, kernel_size=[3, 3], padding="same"
        ),
        _function("concat", [["conv", 0, 0], image], axis=-1),
        _function("math.squared_difference", ["tf.concat", 0, 0], y=0.5),
        _function("compat.v1.shape", ["conv", 0, 0]),
        _layer(
            *("SlicingOpLambda", "part", [["tf.compat.v1.shape", 0, 0, {"slice_spec": 0}]]),
            function="__operators__.getitem",
        ),
        _function("reshape", ["tf.math.squared_difference", 0, 0], shape=[["part", 0, 0], -1]),
        _layer("Dense", "head", [[["tf.reshape", 0, 0, {}]]], units=2, activation="softmax"),
    ]
    config = {"name": "m", "layers": layers, "input_layers": [image], "output_layers": [["head", 0, 0]]}
    whole = {"class_name": "Functional", "config": config, "keras_version": "2.4.0", "backend": "tensorflow"}
    path = folder / "functions.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    inputs = keras.Input(SIDES[1:])
    maps = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    rows = keras.layers.Flatten()(keras.layers.Concatenate()([maps, inputs]))
    plain = keras.Model(inputs, keras.layers.Dense(2)(rows))
    plain.set_weights(
        [np.linspace(-1, 1, w.size, dtype="float32").reshape(w.shape) for w in plain.get_weights()]
    )
    plain.save_weights(folder / "functions.weights.h5")
    return path, folder / "functions.weights.h5"
