"""Every architecture that Keras ships: loaded as by Keras, the last maps the default, Grad-CAM by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from xai_cam import explain, load_model

DEFAULTS = {
    "ConvNeXtTiny": (64, "add_17"),
    "DenseNet121": (64, "relu"),
    "EfficientNetB0": (64, "top_activation"),
    "EfficientNetV2B0": (64, "top_activation"),
    "InceptionResNetV2": (139, "conv_7b_ac"),
    "InceptionV3": (139, "mixed10"),
    "MobileNet": (64, "conv_pw_13_relu"),
    "MobileNetV2": (64, "out_relu"),
    "MobileNetV3Small": (64, "activation_17"),
    "NASNetMobile": (64, "activation_187"),
    "ResNet50": (64, "conv5_block3_out"),
    "ResNet50V2": (64, "post_relu"),
    "VGG16": (64, "block5_conv3"),
    "Xception": (71, "block14_sepconv2_act"),
}
"""One of each function that builds: side of the image, and the last maps before the pooling."""

LARGER = {
    **{f"ConvNeXt{size}": (64, "add_35") for size in ("Small", "Base", "Large", "XLarge")},
    **{f"DenseNet{size}": (64, "relu") for size in (169, 201)},
    **{f"EfficientNetB{n}": (64, "top_activation") for n in range(1, 8)},
    **{f"EfficientNetV2{size}": (64, "top_activation") for size in ("B1", "B2", "B3", "S", "M", "L")},
    "MobileNetV3Large": (64, "activation_19"),
    "NASNetLarge": (64, "activation_259"),
    **{f"ResNet{size}": (64, "conv5_block3_out") for size in (101, 152)},
    **{f"ResNet{size}V2": (64, "post_relu") for size in (101, 152)},
    "VGG19": (64, "block5_conv4"),
}

EXPLODING = {"EfficientNetV2L"}
"""Untrained, its activations grow to 1e7, and two runs by Keras, eager and as a graph, are not alike."""

PARAMETERS = [
    *DEFAULTS.items(),
    *(pytest.param(*of, marks=[pytest.mark.nightly, pytest.mark.slow]) for of in LARGER.items()),
]


@pytest.mark.parametrize(("name", "known"), PARAMETERS, ids=[*DEFAULTS, *LARGER])
def test_loads_and_is_explained(name: str, known: tuple[int, str], tmp_path: Path):
    side, default = known
    keras.utils.clear_session()  # names such as `add_17` are counted
    keras.utils.set_random_seed(7)
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classes=3)
    for layer in model.layers if name in EXPLODING else ():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(layer.moving_variance * 2.0)
    x = np.random.default_rng(0).uniform(0, 255, (1, side, side, 3)).astype("float32")
    model.save(tmp_path / "m.keras")
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:  # as `save_weights` writes it, in half the time
        archive.extract("model.weights.h5", tmp_path)

    maps, output = _gradcam(model, default, x)
    for files in ([tmp_path / "m.keras"], [tmp_path / "m.json", tmp_path / "model.weights.h5"]):
        found = load_model(*files)
        for path in files:
            path.unlink()
        np.testing.assert_allclose(found(x), output, rtol=1e-5, atol=1e-6)
    best = max(range(3), key=lambda c: float(maps[c].max()))
    explained = explain(found, x, target_class=best, cache=False)[0]
    assert explained.layer == default
    np.testing.assert_allclose(explained.cam, maps[best], rtol=1e-3, atol=1e-3 * float(maps[best].max()))


def _gradcam(model: Any, name: str, x: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Maps of the three classes at a node of the graph, and the output."""
    node = next(one for one in model._operations if one.name == name)
    last = model.layers[-1]
    dense = isinstance(last, keras.layers.Dense)
    inner = keras.Model(model.inputs, [node.output, last.input, model.output])
    with tf.GradientTape(persistent=True) as tape:
        image = tf.constant(x)
        tape.watch(image)
        activations, before, output = inner(image, training=False)
        logits = before @ last.kernel + last.bias if dense else before
        scores = tf.unstack(logits[0])
    found = []
    for score in scores:
        weights = tf.reduce_mean(tape.gradient(score, activations), (1, 2), keepdims=True)
        found.append(tf.nn.relu(tf.reduce_sum(weights * activations, -1))[0].numpy())
    return found, output.numpy()


def test_the_table_is_complete():
    shipped = {name for name in dir(keras.applications) if name[0].isupper()}
    assert shipped == {*DEFAULTS, *LARGER}
