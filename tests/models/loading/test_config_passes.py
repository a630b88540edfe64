"""Each pass on the smallest configuration that shows it; and what is refused before anything is built."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from support.configurations import SHAPE, classes, layer, old, sequential, upgraded
from xai_cam.errors import ModelError
from xai_cam.models.loading import config_passes as passes
from xai_cam.models.loading.building import build, keras2_hard_sigmoid
from xai_cam.models.loading.upgrade import upgrade


def test_a_sequential_that_is_a_bare_list():
    config = {"class_name": "Sequential", "config": [layer("Flatten", batch_input_shape=SHAPE)]}
    found = upgrade(config).config["config"]
    assert found["name"] == "sequential"
    assert [x["class_name"] for x in found["layers"]] == ["InputLayer", "Flatten"]


def test_an_input_layer_comes_first():
    made = upgrade(old(layer("Flatten", dtype="float16"), layer("Dense", units=2)))
    found = made.config["config"]["layers"]
    assert found[0]["config"] == {"batch_shape": SHAPE, "name": "s_input", "dtype": "float16"}
    assert "batch_input_shape" not in found[1]["config"]
    middle = old(layer("ReLU"), layer("InputLayer", batch_input_shape=SHAPE), layer("Flatten"))
    assert classes(upgrade(middle).config) == ["InputLayer", "ReLU", "Flatten"]
    later = sequential(layer("Flatten"))
    later["config"]["build_input_shape"] = SHAPE
    assert upgrade(later).config["config"]["layers"][0]["config"]["batch_shape"] == SHAPE


def test_an_input_shape_inside_a_nested_model():
    nested = sequential(sequential(layer("Flatten", batch_input_shape=SHAPE)))
    assert upgrade(nested).config["config"]["layers"][0]["config"]["batch_shape"] == SHAPE


@pytest.mark.parametrize(
    ("class_name", "argument", "value"),
    [("BatchNormalization", "renorm", True), ("Conv2DTranspose", "groups", 2)],
)
def test_obsolete_arguments_that_mattered_are_refused(class_name: str, argument: str, value: Any):
    config = layer(class_name, **{argument: value})
    with pytest.raises(ModelError, match=f"{class_name}.* uses {argument}={value}"):
        passes.drop_obsolete(config)


def test_the_axis_of_a_batch_normalization():
    assert upgraded(layer("BatchNormalization", axis=[3]))["config"]["axis"] == 3
    assert upgraded(layer("LayerNormalization", axis=[3]))["config"]["axis"] == [3]


def test_policies_become_names():
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    assert upgraded(layer("ReLU", dtype=policy))["config"]["dtype"] == "mixed_float16"


def test_initialisers_regularisers_and_constraints():
    config = upgraded(
        layer(
            "Dense",
            units=2,
            kernel_initializer={"class_name": "Ones", "config": {"dtype": "float32"}},
            bias_initializer={"class_name": "Homemade", "config": {}},
            kernel_regularizer={"class_name": "L2", "config": {"l2": 0.5}},
            bias_regularizer={
                "class_name": "Ones",
                "module": "tensorflow.python.ops.init_ops_v2",
                "config": {},
            },
        )
    )["config"]
    assert config["kernel_initializer"] == {
        "module": "keras.initializers",
        "class_name": "Ones",
        "config": {},
        "registered_name": None,
    }
    assert config["kernel_regularizer"]["config"] == {"l2": 0.5}
    assert "bias_initializer" not in config and "bias_regularizer" not in config


def test_hard_sigmoid_is_that_of_keras_2():
    z = np.array([-4, -2.5, -1, 0, 1, 2.5, 4], np.float32)
    expected = [0, 0, 0.3, 0.5, 0.7, 1, 1]  # clip(0.2 z + 0.5, 0, 1)
    np.testing.assert_allclose(keras2_hard_sigmoid(z), expected, atol=1e-6)
    config = layer("Activation", activation="hard_sigmoid", batch_input_shape=[None, 7])
    model = build(upgrade(sequential(config, keras_version="2.3.1")).config)
    np.testing.assert_allclose(np.asarray(model(z[None]))[0], expected, atol=1e-6)
    of_keras3 = keras.Sequential([keras.Input((7,)), keras.layers.Activation("hard_sigmoid")])
    kept = build(upgrade(json.loads(of_keras3.to_json())).config)
    np.testing.assert_allclose(np.asarray(kept(z[None]))[0], np.clip(z / 6 + 0.5, 0, 1), atol=1e-6)


def test_names_lose_their_slashes():
    found = upgraded(layer("Flatten", name="block/flat"))
    assert found["config"]["name"] == "block_flat"


def test_unknown_layers_are_named():
    with pytest.raises(
        ModelError, match=r"'qconv' is a QConv2D, which Keras 3 does not have.*`custom_objects="
    ):
        upgraded(layer("QConv2D", name="qconv"))


def test_arguments_that_were_set_to_nothing():
    """Keras 3 does not have them, and they said nothing."""
    found = upgraded(layer("Dense", units=2, quantum=None))["config"]
    assert "quantum" not in found and found["units"] == 2
    with pytest.raises(ModelError, match="quantum"):
        build(upgrade(old(layer("Flatten"), layer("Dense", units=2, quantum=3))).config)


def test_names_of_activations():
    assert upgraded(layer("Dense", units=2, activation="softmax_v2"))["config"]["activation"] == "softmax"
    with pytest.raises(ModelError, match=r"'dense' uses the activation 'bent'.*`custom_objects="):
        upgraded(layer("Dense", units=2, activation="bent"))


def test_numbers_that_were_written_as_arrays():
    number = {"class_name": "__numpy__", "config": {"value": 0.5, "dtype": "float32"}}
    assert upgraded(layer("ReLU", max_value=number))["config"]["max_value"] == 0.5


def test_a_random_crop_resizes_at_inference():
    found = upgraded(layer("RandomCrop", height=3, width=2, seed=None))
    assert found["class_name"] == "Resizing"
    assert found["config"] == {"name": "randomcrop", "height": 3, "width": 2, "crop_to_aspect_ratio": True}


def test_a_flatten_that_knew_no_format():
    assert upgraded(layer("Flatten"))["config"]["data_format"] == "channels_last"
    kept = upgraded(layer("Flatten", data_format="channels_first"))
    assert kept["config"]["data_format"] == "channels_first"


def test_a_gru_that_did_not_say_when_it_resets():
    assert upgraded(layer("GRU", units=2))["config"]["reset_after"] is False
    assert upgraded(layer("GRU", units=2, reset_after=True))["config"]["reset_after"] is True


def test_a_call_that_is_always_in_training():
    config = layer("BatchNormalization", name="norm")
    config["inbound_nodes"] = [[["x", 0, 0, {"training": False}]]]
    passes.never_in_training(config)
    config["inbound_nodes"][0][0][3]["training"] = True
    with pytest.raises(ModelError, match="'norm' acts as in training"):
        passes.never_in_training(config)
