"""Backbones that are known by the names of their layers, and how they are usually fed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from xai_cam.models.facts import ExpectedScaling


@dataclass(frozen=True)
class Backbone:
    """A family of networks: its name in words, layers that only it has, names of models, usual scaling."""

    name: str
    layers: tuple[str, ...]
    models: str
    scaling: str


BACKBONES = (
    Backbone("Teachable Machine's MobileNet", ("model1", "dense_Dense1"), "", "signed"),
    Backbone("MobileNetV2", ("bn_Conv1", "expanded_conv_depthwise"), r"mobilenet_?v2.*", "signed"),
    Backbone("MobileNet", ("conv_dw_1", "conv_pw_1"), r"mobilenet_[\d.]+.*", "signed"),
    Backbone("ResNet V2", ("conv2_block1_preact_bn", "post_bn"), r"resnet(50|101|152)_?v2", "signed"),
    Backbone("ResNet", ("conv1_conv", "conv2_block1_0_conv"), r"resnet(50|101|152)", "caffe"),
    Backbone("ResNet", ("bn_conv1", "res2a_branch2a"), "", "caffe"),
    Backbone("VGG", ("block1_conv2", "block5_conv3"), r"vgg(16|19)", "caffe"),
    Backbone("InceptionResNetV2", ("mixed_5b", "conv_7b"), r"inception_?resnet_?v2", "signed"),
    Backbone("InceptionV3", ("mixed0", "mixed10"), r"inception_?v3", "signed"),
    Backbone("Xception", ("block2_sepconv1", "block14_sepconv2"), "xception", "signed"),
    Backbone("DenseNet", ("conv2_block1_0_bn", "conv2_block1_concat"), r"densenet(121|169|201)", "torch"),
    Backbone("NASNet", ("stem_conv1", "normal_concat_0"), r"nasnet(_mobile|_large)?", "signed"),
)
"""In the order in which they are looked for: the more particular ones first."""


def usual_scaling(paths: Collection[str], model_name: str) -> ExpectedScaling | None:
    """How the known backbone that a model is, or contains, is usually fed; None where it is none.

    Parameters
    ----------
    paths : collection of str
        Paths of all layers of the model.
    model_name : str
        The model's own name.
    """
    names = {path.rpartition("/")[2] for path in paths} | {model_name}
    for backbone in BACKBONES:
        told = [
            name for name in names if backbone.models and re.fullmatch(backbone.models, name, re.IGNORECASE)
        ]
        if told or names.issuperset(backbone.layers):
            what = f"{min(told)} is" if told else "by the names of its layers this is"
            reason = f"a guess: {what} {backbone.name}, usually fed so; `preprocess` says otherwise"
            return ExpectedScaling(backbone.scaling, reason)
    return None
