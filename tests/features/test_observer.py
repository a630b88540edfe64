"""Activations and weights of channels: those of Keras' own sub-models and of the NumPy network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.network import read_network
from support.small_models import build_tiny
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.features.observer import FeatureObserver, Observed
from xai_cam.models.network import Network
from xai_cam.runs.demo import sample_model

DIGITS = sample_model("digits")


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1, shape).astype(np.float32)


def look(model: Any, image: np.ndarray, layers: list[str], target: int | None = None) -> Observed:
    network = Network(model)
    return FeatureObserver(network, [network.find(name) for name in layers]).look(image, target)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal as float32 computes them."""
    assert found.shape == expected.shape and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * float(np.abs(expected).max()))


def test_digits_as_the_numpy_network_computes_them() -> None:
    oracle = read_network(DIGITS.model, DIGITS.weights)
    image = noise(28, 28, 1)
    observed = look(load_model(DIGITS.model, DIGITS.weights), image, ["conv", "pool"], 3)
    outputs = oracle.outputs(image[None])
    for found, weights, name in zip(observed.maps, observed.weights, ("conv", "pool"), strict=True):
        close(found, outputs[name][0])
        gradient = oracle.gradient(image[None], name, 3)[0]
        close(weights, gradient.mean(axis=(0, 1)))
    close(observed.scores, oracle.probabilities(image[None])[0])
    assert observed.predicted == int(np.argmax(outputs["scores"])) and observed.target == 3


def test_a_pooled_map_is_the_maximum_of_each_window_of_its_feature_map() -> None:
    convolved, pooled = look(build_tiny(), noise(16, 16, 3), ["conv_1", "pool"]).maps
    assert pooled.shape == (8, 8, 6)
    for i in range(8):
        for j in range(8):
            for k in range(6):
                window = [convolved[2 * i + di, 2 * j + dj, k] for di in (0, 1) for dj in (0, 1)]
                assert pooled[i, j, k] == max(window)


@pytest.mark.parametrize("target", [0, 1])
def test_weights_of_a_one_unit_sigmoid_turn_with_the_class(
    target: int, model_files: Callable[..., tuple[Path, Path]]
) -> None:
    files = model_files(units=1, activation="sigmoid")
    image = noise(16, 16, 3)
    observed = look(load_model(*files), image, ["conv_2"], target)
    close(observed.weights[0], read_network(*files).gradient(image[None], "conv_2", target)[0].mean((0, 1)))
    assert observed.scores.sum() == pytest.approx(1)


def test_the_predicted_class_is_found_in_the_same_pass(tiny_model: Any) -> None:
    image = noise(16, 16, 3, seed=4)
    predicted = int(np.argmax(np.asarray(tiny_model(image[None]))[0]))
    observed = look(tiny_model, image, ["conv_1"], "predicted")
    assert observed.target == observed.predicted == predicted
    np.testing.assert_array_equal(
        observed.weights[0], look(tiny_model, image, ["conv_1"], predicted).weights[0]
    )


def test_without_a_class_no_weights_are_computed(tiny_model: Any) -> None:
    observed = look(tiny_model, noise(16, 16, 3), ["pool"])
    assert observed.weights == () and observed.target is None


def test_layers_of_a_nested_model() -> None:
    import keras

    keras.utils.set_random_seed(1)
    inner = keras.Sequential(
        [keras.Input((12, 12, 4)), keras.layers.Conv2D(5, 3, name="conv"), keras.layers.ReLU(name="relu")],
        name="inner",
    )
    first = keras.layers.Conv2D(4, 1, name="first")
    outer = keras.Sequential(
        [keras.Input((12, 12, 1)), first, inner, keras.layers.Flatten(), keras.layers.Dense(2)], name="outer"
    )
    image = noise(12, 12, 1)
    observed = look(outer, image, ["first", "inner/conv", "relu", "inner"], 1)
    conv = inner.get_layer("conv")(first(image[None]))[0]
    expected = [first(image[None])[0], conv, np.maximum(conv, 0), np.maximum(conv, 0)]
    for found, wanted in zip(observed.maps, expected, strict=True):
        close(found, np.asarray(wanted))
    kernel = np.asarray(outer.layers[-1].kernel)[:, 1].reshape(10, 10, 5)  # the slope of a linear head
    close(observed.weights[3], kernel.mean(axis=(0, 1)))
    close(observed.weights[1], (kernel * (np.asarray(conv) > 0)).mean(axis=(0, 1)))


def test_a_shared_layer_is_seen_where_it_is_called_last() -> None:
    import keras

    keras.utils.set_random_seed(2)
    conv = keras.layers.Conv2D(3, 3, padding="same", activation="tanh", name="shared")
    inputs = keras.Input((8, 8, 3))
    second = conv(conv(inputs))
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(second))
    image = noise(8, 8, 3)
    observed = look(keras.Model(inputs, outputs), image, ["shared"], 0)
    close(observed.maps[0], np.asarray(keras.Model(inputs, second)(image[None]))[0])


def test_a_layer_without_influence_is_refused_by_name() -> None:
    import keras

    inputs = keras.Input((8, 8, 3))
    kept = keras.layers.Conv2D(2, 3, name="kept")(inputs)
    lost = keras.layers.Conv2D(2, 3, name="lost")(inputs)
    sum_ = keras.layers.Add(name="sum")(
        [kept, keras.layers.Lambda(lambda x: 0 * keras.ops.stop_gradient(x))(lost)]
    )
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(sum_))
    with pytest.raises(ModelError, match=r"'lost' has no influence on the model's output\. Name another\."):
        look(keras.Model(inputs, outputs), noise(8, 8, 3), ["kept", "lost"], 0)


def test_many_images_are_one_trace_and_leave_the_model_as_it_was(
    tiny_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [dict(vars(layer)) for layer in tiny_model.layers]
    network = Network(tiny_model)
    traces = []
    run = network.run
    monkeypatch.setattr(network, "run", lambda *a, **k: traces.append(1) or run(*a, **k))
    observer = FeatureObserver(network, [network.find("conv_1"), network.find("pool")])
    for seed in range(3):
        observer.look(noise(16, 16, 3, seed=seed), seed)
    assert len(traces) == 1
    assert [dict(vars(layer)) for layer in tiny_model.layers] == before
