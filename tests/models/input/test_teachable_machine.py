"""Models of Teachable Machine are known by the file beside them or by their layout, and fed -1 to 1."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.systems import pipe
from support.tfjs_files import convert_h5
from xai_cam import load_model, prepare
from xai_cam.errors import ModelError
from xai_cam.models.input.preprocessing import choose_preprocessing
from xai_cam.models.input.teachable_machine import (
    Export,
    export_beside,
    export_of,
    is_its_layout,
    open_size,
    remember_export,
)
from xai_cam.models.network import Network

METADATA = {
    "tfjsVersion": "1.3.1",
    "tmVersion": "2.4.4",
    "packageVersion": "0.8.4-alpha6",
    "packageName": "@teachablemachine/image",
    "timeStamp": "2021-05-01T10:00:00.000Z",
    "userMetadata": {},
    "modelName": "tm-my-image-model",
    "labels": ["cat", "dog"],
    "imageSize": 24,
}
"""As its export for TensorFlow.js has it."""


def small(side: int | None = None, **first: Any) -> Any:
    """A model of two classes, of open size unless a side is given."""
    make = keras.layers
    inputs = keras.Input((side, side, 3))
    x = make.Rescaling(**first)(inputs) if first else inputs
    x = make.GlobalAveragePooling2D()(make.Conv2D(4, 3, activation="relu")(x))
    return keras.Model(inputs, make.Dense(2, activation="softmax")(x))


def exported(folder: Path, model: Any, **changes: Any) -> Path:
    """A TensorFlow.js model with its metadata beside it."""
    model.save(folder / "whole.h5")
    path = convert_h5(folder / "whole.h5", folder / "web")
    (folder / "web" / "metadata.json").write_text(json.dumps(METADATA | changes), encoding="utf-8")
    return path


def its_layout(head_bias: bool = False, backbone: str = "Conv1", nested: bool = True) -> Any:
    """What `keras_model.h5` has: a pooled MobileNetV2 and two dense layers, both in Sequentials."""
    make = keras.layers
    image = keras.Input((16, 16, 3))
    x = make.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name=backbone)(image)
    x = make.ReLU(6.0)(make.BatchNormalization(name="bn_Conv1")(x))
    x = make.DepthwiseConv2D(3, padding="same", use_bias=False, name="expanded_conv_depthwise")(x)
    features = keras.Sequential(
        [keras.Model(image, x, name="model2"), make.GlobalAveragePooling2D()], name="sequential_5"
    )
    head = keras.Sequential(
        [
            keras.Input((4,)),
            make.Dense(5, activation="relu", name="dense_Dense3"),
            make.Dense(2, activation="softmax", use_bias=head_bias, name="dense_Dense4"),
        ],
        name="sequential_7",
    )
    return keras.Sequential([features, head] if nested else [features, *head.layers])


def test_the_file_beside_a_model_tells_size_and_feeding(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = exported(tmp_path, small())
    for given in (path, path.parent):
        model = load_model(given)
        assert export_of(model) == Export(path.parent / "metadata.json", 24)
    caplog.clear()
    network = Network(model)
    assert network.input_shape == (24, 24, 3)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("The size of images, 24 x 24, is from") and "`size` chooses another" in said
    chosen = choose_preprocessing(network)
    assert chosen.name == "signed"
    assert chosen.reason == "metadata.json beside the model is Teachable Machine's, which feeds -1 to 1"
    assert Network(model, (12, 18)).input_shape == (12, 18, 3)
    images = prepare(model, np.zeros((30, 30, 3), np.uint8))
    assert images.shape == (1, 24, 24, 3) and (np.asarray(images) == -1).all()


def test_a_model_of_another_size_has_nothing_of_it(tmp_path: Path):
    model = load_model(exported(tmp_path, small(16)))
    assert export_of(model) is None and Network(model).input_shape == (16, 16, 3)
    same = small(24)
    remember_export(same, Export(tmp_path, 24))
    assert export_of(same) is not None and open_size(same) is None


def test_models_that_are_no_images_have_nothing_of_it(tmp_path: Path):
    make = keras.layers
    flat = keras.Sequential([keras.Input((4,)), make.Dense(2)])
    five = keras.Sequential([keras.Input((None, None, 5)), make.Conv2D(2, 3)])
    for model in (flat, five):
        remember_export(model, Export(tmp_path, 24))
        assert export_of(model) is None


def test_what_the_graph_does_counts_more(tmp_path: Path):
    model = load_model(exported(tmp_path, small(scale=1 / 127.5, offset=-1)))
    chosen = choose_preprocessing(Network(model))
    assert chosen.name == "raw" and "rescaling" in chosen.reason


@pytest.mark.parametrize(
    ("changes", "side"),
    [
        ({}, 24),
        ({"packageName": None, "imageSize": 224}, 224),
        ({"imageSize": "24"}, None),
        ({"imageSize": True}, None),
        ({"imageSize": -3}, None),
        ({"imageSize": 10**9}, None),
    ],
)
def test_what_the_file_says(changes: dict[str, Any], side: int | None, tmp_path: Path):
    (tmp_path / "metadata.json").write_text(json.dumps(METADATA | changes), encoding="utf-8")
    assert export_beside(tmp_path / "model.json") == Export(tmp_path / "metadata.json", side)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "3", '{"imageSize": 24}', '{"tmVersion": "1"}', "[" * 100_000, '{"packageName": 3}'),
        json.dumps(METADATA | {"packageName": "@teachablemachine/pose"}),
        json.dumps(METADATA) + " " * 2**21,
    ],
)
def test_files_of_others(text: str, tmp_path: Path):
    (tmp_path / "metadata.json").write_text(text, encoding="utf-8")
    assert export_beside(tmp_path / "model.json") is None
    assert export_beside(tmp_path / "metadata.json") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    pipe(tmp_path / "metadata.json")
    assert export_beside(tmp_path / "model.json") is None


def test_the_layout_tells(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    its_layout().save(tmp_path / "keras_model.h5")
    with caplog.at_level(logging.ERROR):
        chosen = choose_preprocessing(Network(load_model(tmp_path / "keras_model.h5")))
    assert chosen.name == "signed"
    assert chosen.reason == "the layout is that of Teachable Machine's models, which are fed -1 to 1"


def test_other_layouts_do_not():
    assert is_its_layout(its_layout())
    assert not is_its_layout(its_layout(head_bias=True))
    assert not is_its_layout(its_layout(backbone="mine"))
    assert not is_its_layout(its_layout(nested=False))
    assert not is_its_layout(small(16))


def test_no_size_without_the_file():
    with pytest.raises(ModelError, match="images of any size"):
        Network(small())
