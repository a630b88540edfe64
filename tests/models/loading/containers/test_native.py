"""What TensorFlow.js writes or computes otherwise than Keras."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.native import as_keras, is_native


def changed(class_name: str, **config: Any) -> dict[str, Any]:
    """The arguments of a layer inside of a model, as they are afterwards."""
    layer = {"class_name": class_name, "config": {"name": "x", **config}}
    model = {
        "class_name": "Sequential",
        "config": {"layers": [{"class_name": "Model", "config": {"layers": [layer]}}]},
    }
    as_keras(model)
    return {key: value for key, value in layer["config"].items() if key != "name"}


def test_who_wrote_it():
    assert is_native({"keras_version": "tfjs-layers 1.7.4"}) and is_native({"backend": "tensor_flow.js"})
    assert not is_native({"keras_version": "2.13.1", "backend": "tensorflow"}) and not is_native({})


def test_an_rnn_has_its_own_arguments_alone():
    cell = {"class_name": "LSTMCell", "config": {"units": 3}}
    assert changed("RNN", cell=cell, units=3, dropout=0, return_sequences=True) == {
        "cell": cell,
        "return_sequences": True,
    }
    assert changed("LSTM", units=3) == {"units": 3}


def test_depthwise_convolutions_are_never_dilated():
    assert changed("DepthwiseConv2D", dilation_rate=[2, 2]) == {"dilation_rate": [1, 1]}
    assert changed("Conv2D", dilation_rate=[2, 2]) == {"dilation_rate": [2, 2]}


def test_its_own_way_of_enlarging_is_refused():
    assert changed("UpSampling2D", interpolation="nearest") == {"interpolation": "nearest"}
    with pytest.raises(ModelError, match="Layer 'x' enlarges as TensorFlow"):
        changed("UpSampling2D", interpolation="bilinear")


@pytest.mark.parametrize("config", [None, 3, [], {}, {"config": 3}, {"config": {"layers": [3]}}])
def test_what_is_no_model_is_left_alone(config: Any):
    as_keras(config)
