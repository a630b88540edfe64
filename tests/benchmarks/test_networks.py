"""The benchmark beside other libraries: seeded weights, and the same network in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from beside.graph import describe, read_graph, write_graph
from beside.seeding import LOGIT_SPREAD, seed_weights, smooth_pictures


def build(size: int = 19) -> Any:
    """Every layer that the benchmark's networks have, on an odd size so that padding is one-sided."""
    from keras import Input, Model, layers

    x = inputs = Input((size, size, 3))
    x = layers.ZeroPadding2D(((0, 1), (2, 1)))(x)
    x = layers.Conv2D(8, 3, strides=2, padding="valid", use_bias=False, name="first")(x)
    x = layers.BatchNormalization(epsilon=0.01)(x)
    x = short = layers.ReLU(6.0)(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1, name="a.deep")(x)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.Activation("relu")(x)
    x = layers.Add()([x, short])
    x = layers.Conv2D(6, (4, 3), strides=2, padding="same", activation="relu", name="target")(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(12, activation="relu")(x)
    x = layers.Reshape((1, 2, 6))(x)
    x = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    x = layers.Conv2D(5, 1)(x)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Reshape((5,))(x)
    return Model(inputs, x, name="all_kinds")


@pytest.fixture(scope="module")
def model() -> Any:
    made = build()
    seed_weights(made)
    return made


def test_seeded_networks_are_alive_and_their_logits_differ(model):
    import keras

    pictures = smooth_pictures((19, 19, 3), 4, seed=5)
    assert pictures.shape == (4, 19, 19, 3)
    assert np.abs(pictures).max() <= 1
    layers = [layer.output for layer in model.layers if hasattr(layer, "kernel")][:3]
    seen = keras.Model(model.inputs, layers).predict(pictures, verbose=0)
    assert all((maps.max((0, 1, 2)) > maps.min((0, 1, 2))).all() for maps in seen)
    calibration = smooth_pictures((19, 19, 3), 8, seed=1)
    spread = np.asarray(model(calibration, training=False)).std(-1).mean()
    assert spread == pytest.approx(LOGIT_SPREAD, rel=1e-3)
    first = next(layer for layer in model.layers if "batch_norm" in layer.name)
    x = keras.Model(model.inputs, first.output).predict(calibration, verbose=0)
    normed = (x - first.beta.numpy()) / first.gamma.numpy()
    np.testing.assert_allclose(normed.mean((0, 1, 2)), 0, atol=1e-3)


def test_seeds_give_the_same_weights_again(model):
    again = build()
    seed_weights(again)
    for mine, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_networks_that_the_plain_graph_cannot_say_are_refused():
    from keras import Input, Model, layers

    inputs, shared = Input((4, 4, 2)), layers.Conv2D(2, 1, name="twice")
    with pytest.raises(ValueError, match="twice is called 2 times"):
        describe(Model(inputs, shared(shared(inputs))))
    with pytest.raises(ValueError, match="2 outputs"):
        describe(Model(inputs, [shared(inputs), layers.ReLU()(inputs)]))


@pytest.mark.parametrize("softmax", [False, True])
def test_the_network_in_pytorch_gives_what_keras_gives(model, softmax, tmp_path):
    torch = pytest.importorskip("torch")
    import keras

    from beside.in_torch import TorchNetwork

    if softmax:
        model = keras.Model(model.inputs, keras.layers.Softmax()(model.outputs[0]))
    write_graph(*describe(model), tmp_path)
    network = TorchNetwork(*read_graph(tmp_path))
    pictures = smooth_pictures((19, 19, 3), 3, seed=5)
    seen = []
    network.layer("target").register_forward_hook(lambda _, __, output: seen.append(output))
    network.layer("a.deep").register_forward_hook(lambda _, __, output: seen.append(output.clone()))
    with torch.inference_mode():
        found = network(torch.from_numpy(pictures).permute(0, 3, 1, 2))
    outputs = [model.get_layer(name).output for name in ("a.deep", "target")]
    wanted = keras.Model(model.inputs, [model.outputs[0], *outputs]).predict(pictures, verbose=0)
    np.testing.assert_allclose(found.numpy(), wanted[0], rtol=1e-4, atol=1e-5)
    for mine, theirs in zip(seen, wanted[1:], strict=True):
        np.testing.assert_allclose(mine.permute(0, 2, 3, 1).numpy(), theirs, rtol=1e-4, atol=1e-5)


def test_a_layer_without_translation_is_named():
    pytest.importorskip("torch")
    from keras import Input, Model, layers

    from beside.in_torch import TorchNetwork

    inputs = Input((4, 4, 2))
    with pytest.raises(NotImplementedError, match="GaussianNoise, UpSampling2D"):
        TorchNetwork(*describe(Model(inputs, layers.UpSampling2D()(layers.GaussianNoise(1.0)(inputs)))))
    with pytest.raises(NotImplementedError, match="activation 'gelu'"):
        TorchNetwork(*describe(Model(inputs, layers.Conv2D(2, 1, activation="gelu")(inputs))))
