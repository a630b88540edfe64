"""Known backbones are recognised by their names or their layers; others are not."""

from __future__ import annotations

import keras
import pytest

from xai_cam.models.input.backbones import BACKBONES, usual_scaling

APPLICATIONS = {
    "MobileNet": "signed",
    "MobileNetV2": "signed",
    "ResNet50": "caffe",
    "ResNet50V2": "signed",
    "VGG16": "caffe",
    "DenseNet121": "torch",
}
"""Application -> what its `preprocess_input` does."""


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_by_its_name_or_its_layers(name: str):
    model = getattr(keras.applications, name)(weights=None, input_shape=(32, 32, 3), include_top=False)
    paths = [layer.name for layer in model.layers]
    by_name = usual_scaling(["backbone/x", model.name], "classifier")
    by_layers = usual_scaling([f"backbone/{path}" for path in paths], "classifier")
    for found in (by_name, by_layers):
        assert found is not None and found.name == APPLICATIONS[name]
        assert found.reason.startswith("a guess: ") and "`preprocess` says otherwise" in found.reason
    assert by_name is not None and model.name in by_name.reason


def test_older_names_and_teachable_machine():
    old = usual_scaling(["conv1", "bn_conv1", "res2a_branch2a"], "model_1")
    assert old is not None and old.name == "caffe"
    teachable = usual_scaling(["sequential_1/model1", "sequential_3/dense_Dense1"], "sequential_4")
    assert teachable is not None and teachable.name == "signed" and "Teachable Machine" in teachable.reason


def test_other_models_are_not_known():
    assert usual_scaling(["conv2d", "conv2d_1", "dense"], "sequential") is None
    assert usual_scaling(["resnet50_features_of_mine"], "my_vgg16_like") is None
    assert all(backbone.layers for backbone in BACKBONES)
