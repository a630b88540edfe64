"""The oracle for files of Keras 0.3 and 1.x, against arithmetic on paper and models that people saved."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from oracle import keras1, layers
from oracle.keras1 import Files, Step
from support.keras1_files import MODELS, write
from support.small_models import shared

ZOO = [
    "dansbecker_celeb_k103_th",
    "pplonski_mnist_k10_th",
    "llsourcell_mnist_k110_tf",
    "dl4j_cnn_k112_tf",
    "dl4j_cnn_model_k112",
    "dl4j_conv2d_reshape_tensorflow_1",
    "dl4j_conv2d_reshape_theano_1",
    "dl4j_conv2d_tensorflow_1",
    "dl4j_conv2d_theano_1",
]


def maps(values: Any) -> np.ndarray:
    """Rows of numbers as one image of one channel, (1, 1, h, w)."""
    return np.atleast_2d(np.asarray(values, np.float64))[None, None]


def apply(kind: str, config: dict[str, Any], x: Any, *weights: Any, version: str | None = "1.2.2") -> Any:
    """A single layer in Theano's ordering on Theano."""
    files = Files({}, {}, True, version)
    step = Step(config, [np.asarray(weight, np.float64) for weight in weights], "th", files)
    return keras1.LAYERS[kind](step, np.asarray(x, np.float64))


# --- Convolution ------------------------------


def test_theano_turns_the_kernel():
    delta, kernel = np.zeros((5, 5)), np.arange(9.0).reshape(3, 3)
    delta[2, 2] = 1
    convolved = keras1.convolve(maps(delta), maps(kernel), (1, 1), "valid", theano=True)
    np.testing.assert_array_equal(convolved[0, 0], kernel)
    correlated = keras1.convolve(maps(delta), maps(kernel), (1, 1), "valid", theano=False)
    np.testing.assert_array_equal(correlated[0, 0], kernel[::-1, ::-1])


def test_same_with_an_even_kernel():
    x, kernel = maps([[1, 2], [3, 4]]), maps([[1, 10], [100, 1000]])
    # Theano: the first 2 x 2 of all products whose indices add up, such as 12 = 2 * 1 + 1 * 10.
    half = keras1.convolve(x, kernel, (1, 1), "same", theano=True)
    np.testing.assert_array_equal(half[0, 0], [[1, 12], [103, 1234]])
    # TensorFlow: the kernel as it is, zeros below and to the right.
    after = keras1.convolve(x, kernel, (1, 1), "same", theano=False)
    np.testing.assert_array_equal(after[0, 0], [[4321, 402], [43, 4]])


@pytest.mark.parametrize(
    ("x", "kernel", "stride", "mode", "theano", "expected"),
    [
        ([1, 2], [1, 10], 1, "full", True, [1, 12, 20]),
        ([1, 2, 3, 4, 5], [1, 10], 2, "same", True, [1, 23, 45]),
        ([1, 2, 3, 4], [1, 10], 2, "same", True, [1, 23]),  # and 40, which is cut off
        ([1, 2, 3, 4], [1, 10, 100], 2, "same", True, [12, 234]),  # a zero on both sides
        ([1, 2, 3, 4], [1, 10, 100], 2, "same", False, [321, 43]),  # a zero at the end
        ([1, 2, 3, 4], [1, 10, 100], 1, "valid", True, [123, 234]),
        ([1, 2, 3, 4], [1, 10, 100], 1, "valid", False, [321, 432]),
    ],
)
def test_convolution_of_a_row(x, kernel, stride, mode, theano, expected):
    y = keras1.convolve(maps(x), maps(kernel), (1, stride), mode, theano)
    np.testing.assert_array_equal(y, maps(expected))


def test_convolution_with_holes():
    y = keras1.convolve(maps([1, 2, 3, 4]), maps([1, 10]), (1, 1), "valid", True, rate=(1, 2))
    np.testing.assert_array_equal(y, maps([13, 24]))


def test_tensorflow_knows_no_full():
    with pytest.raises(ValueError, match="full"):
        keras1.convolve(maps([1, 2]), maps([1]), (1, 1), "full", theano=False)


def test_channels_are_summed_and_filters_kept_apart():
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=(2, 7, 6, 3)), rng.normal(size=(3, 2, 3, 4)), rng.normal(size=4)
    expected = layers.conv2d_loops(x, kernel, bias, (2, 1), "same")
    config = {"nb_filter": 4, "nb_row": 3, "subsample": [2, 1], "border_mode": "same"}
    step = Step(config, [kernel, bias], "tf", Files({}, {}, False, "1.2.2"))
    np.testing.assert_allclose(keras1.convolution(step, x), expected, atol=1e-12)


# --- The other layers ------------------------------


@pytest.mark.parametrize(
    ("kind", "size", "stride", "expected"),
    [
        ("Max", 3, 1, [2, 3, 4, 4]),
        ("Average", 3, 1, [1.5, 2, 3, 3.5]),
        ("Max", 2, 2, [1, 3]),  # Keras 1 on Theano: windows (-, 1), (2, 3); the 4 is never seen
    ],
)
def test_pooling_does_not_count_the_border(kind, size, stride, expected):
    config = {"pool_size": [1, size], "strides": [1, stride], "border_mode": "same"}
    np.testing.assert_allclose(apply(f"{kind}Pooling2D", config, maps([1, 2, 3, 4])), maps(expected))


@pytest.mark.parametrize(
    ("version", "epsilon", "expected"),
    [("1.2.2", 1e-6, 9), ("1.0.7", 1e-5, 9), ("1.0.6", 1e-6, 5), (None, 1e-6, 5), ("0.3", 1e-6, 5)],
)
def test_running_std_is_a_variance_since_1_0_7(version, epsilon, expected):
    config, weights = {"epsilon": epsilon, "mode": 0, "axis": 1}, ([2], [1], [3], [4])
    y = apply("BatchNormalization", config, maps(11), *weights, version=version)  # 8 / 4 or 8 / 2, * 2 + 1
    np.testing.assert_allclose(y, maps(expected), rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "config", "x", "expected"),
    [
        ("ZeroPadding2D", {"padding": [0, 1]}, maps([1, 2]), maps([0, 1, 2, 0])),
        ("ZeroPadding2D", {"padding": [1, 0, 2, 0]}, maps(7), maps([[0, 0, 0], [0, 0, 7]])),
        ("Cropping2D", {"cropping": [[1, 0], [0, 2]]}, maps([[1, 2, 3], [4, 5, 6]]), maps(4)),
        ("UpSampling2D", {"size": [2, 1]}, maps([1, 2]), maps([[1, 2], [1, 2]])),
        ("GlobalAveragePooling2D", {}, maps([[1, 2], [3, 6]]), [[3]]),
        ("GlobalMaxPooling2D", {}, maps([[1, 2], [3, 6]]), [[6]]),
        ("Permute", {"dims": [2, 1]}, [[[1, 2, 3]]], [[[1], [2], [3]]]),
        ("Reshape", {"target_shape": [2, 1, 2]}, [[1, 2, 3, 4]], [[[[1, 2]], [[3, 4]]]]),
        ("Flatten", {}, [[[[1, 2]], [[3, 4]]]], [[1, 2, 3, 4]]),
        ("LeakyReLU", {"alpha": 0.1}, [-2, 3], [-0.2, 3]),
        ("ELU", {"alpha": 2}, [-np.log(2), 3], [-1, 3]),
        ("ThresholdedReLU", {"theta": 1}, [1, 1.5], [0, 1.5]),
        ("Activation", {"activation": "hard_sigmoid"}, [-3, 1, 3], [0, 0.7, 1]),
        ("Activation", {"activation": "softplus"}, [0, 800], [np.log(2), 800]),
        ("Activation", {"activation": "softmax"}, [[0, np.log(3)]], [[0.25, 0.75]]),
    ],
)
def test_layer_without_weights(kind, config, x, expected):
    np.testing.assert_allclose(apply(kind, config, x), expected)


def test_prelu_has_a_slope_per_value():
    np.testing.assert_allclose(apply("PReLU", {}, maps([-1, -1, 1]), maps([2, 3, 4])[0]), maps([-2, -3, 1]))


@pytest.mark.parametrize(
    ("mode", "expected"), [("sum", [4]), ("ave", [2]), ("mul", [3]), ("max", [3]), ("concat", [1, 3])]
)
def test_merge(mode, expected):
    step = Step({"mode": mode, "concat_axis": -1}, [], "th", Files({}, {}, True, "1.2.2"))
    np.testing.assert_array_equal(keras1.merge(step, np.array([[1.0]]), np.array([[3.0]])), [expected])


# --- Files ------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_written_model_tells_images_apart(name, tmp_path):
    architecture, weights, x = write(name, tmp_path)
    y = keras1.outputs(architecture, weights, x)
    assert y.shape == (3, 3)
    np.testing.assert_allclose(y.sum(axis=1), 1)
    assert min(np.abs(y[i] - y[i - 1]).max() for i in range(3)) > 0.01

    files = keras1.read(architecture, weights)
    assert files.theano == name.endswith("theano")
    if not name.startswith("full"):  # which TensorFlow does not have
        other = dataclasses.replace(files, theano=not files.theano)
        assert np.abs(keras1.run(files.model, other, x.astype(float)) - y).max() > 0.01


@pytest.mark.parametrize(
    ("name", "version"), [("norm_std_th_theano", "1.2.2"), ("keras03_th_theano", "1.2.2")]
)
def test_variance_instead_of_deviation_would_be_seen(name, version, tmp_path):
    architecture, weights, x = write(name, tmp_path)
    files = keras1.read(architecture, weights)
    assert files.version != version
    newer = keras1.run(files.model, dataclasses.replace(files, version=version), x.astype(float))
    assert np.abs(newer - keras1.outputs(architecture, weights, x)).max() > 0.01


def test_same_model_in_layers_of_the_other_oracle(tmp_path):
    architecture, weights, x = write("tf_tensorflow", tmp_path)
    with h5py.File(weights) as file:
        arrays = [
            np.asarray(file[f"{layer}/{layer}_{weight}:0"], np.float64)
            for layer in ("convolution2d_1", "dense_1")
            for weight in "Wb"
        ]
    y = layers.MaxPooling2D().forward(np.maximum(layers.Conv2D(*arrays[:2]).forward(x), 0))
    y = layers.softmax(layers.Dense(*arrays[2:]).forward(y.reshape(len(y), -1)))
    np.testing.assert_allclose(keras1.outputs(architecture, weights, x), y, atol=1e-12)


def test_unknown_layer_is_named():
    model = {"class_name": "Sequential", "config": [{"class_name": "LSTM", "config": {"name": "lstm_1"}}]}
    with pytest.raises(ValueError, match="LSTM"):
        keras1.run(model, Files(model, {}, True, "1.2.2"), np.zeros((1, 2)))


@pytest.mark.zoo
@pytest.mark.parametrize("name", ZOO)
def test_real_model(name):
    folder: Path = shared(f"zoo/{name}")
    files = (folder / "model.json", folder / "weights.h5")
    if not files[0].exists():
        files = (folder / "model.h5", folder / "model.h5")
    with np.load(folder / "expected.npz") as expected:
        x, y = expected["x"], expected["y0"]
    np.testing.assert_allclose(keras1.outputs(*files, x), y, rtol=0, atol=1e-4 * np.abs(y).max())
