"""The layers of the oracle: against their loops, finite differences, numbers on paper, and Keras."""

import dataclasses
import math
import os

import numpy as np
import pytest

from oracle import convolution, layers, pooling
from oracle.samples import finite_differences, some_layers

PADDINGS = ["valid", "same"]

# Window and strides: strides below, at and above the window, other ones for rows than for columns.
WALKS = [
    ((1, 1), (1, 1)),
    ((2, 2), (2, 2)),
    ((3, 3), (1, 1)),
    ((3, 2), (2, 1)),
    ((2, 4), (1, 3)),
    ((1, 2), (3, 3)),
]
NOT_DILATED = [(*walk, (1, 1)) for walk in WALKS]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def equal(found: np.ndarray, expected: np.ndarray) -> None:
    """The same numbers, added up in another order."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    """The same derivative, by another way."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


# --- Matrix products and loops ------------------------------


def as_its_loops(layer, x: np.ndarray, *walk: object) -> None:
    """A convolution is the same as its loops: output, gradient of the input, of the kernel, of the bias."""
    y = layer.forward(x)
    equal(y, convolution.conv2d_loops(x, layer.kernel, layer.bias, *walk))
    grad = np.random.default_rng(8).normal(size=y.shape)
    equal(layer.backward(x, grad), convolution.conv2d_backward_loops(x, layer.kernel, grad, *walk))
    by_kernel, by_bias = convolution.conv2d_gradients_loops(x, layer.kernel, grad, *walk)
    equal(layer.gradients(x, grad)[0], by_kernel)
    equal(layer.gradients(x, grad)[1], by_bias)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides", "dilation"), [*NOT_DILATED, ((3, 2), (1, 2), (2, 3))])
def test_convolution_equals_its_loops(rng, size, strides, dilation, padding):
    kernel, bias = rng.normal(size=(*size, 3, 4)), rng.normal(size=4)
    walk = (strides, padding, dilation)
    as_its_loops(layers.Conv2D(kernel, bias, *walk), rng.normal(size=(2, 6, 5, 3)), *walk)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_grouped_convolution_equals_its_loops(rng, groups, padding):
    kernel, bias = rng.normal(size=(3, 2, 4 // groups, 8)), rng.normal(size=8)
    walk = ((2, 1), padding, (1, 2))
    layer = layers.GroupedConv2D(kernel, bias, groups, *walk)
    as_its_loops(layer, rng.normal(size=(2, 6, 5, 4)), *walk, groups)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides"), WALKS)
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_equals_its_loops(rng, kind, size, strides, padding):
    layer = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[kind](size, strides, padding)
    x = rng.integers(-3, 3, size=(2, 7, 6, 3)).astype(float)  # so few values that windows have equal maxima
    y = layer.forward(x)
    equal(y, getattr(pooling, f"{kind}_pooling_loops")(x, size, strides, padding))
    grad = rng.normal(size=y.shape)
    loops = getattr(pooling, f"{kind}_pooling_backward_loops")
    equal(layer.backward(x, grad), loops(x, grad, size, strides, padding))


# --- By hand ------------------------------


def test_convolution_by_hand():
    # Windows [1 2], [2 3] and the weights 10, 1: 12, 23, and 100 for the bias.
    x, layer = row([1, 2, 3]), layers.Conv2D(row([10, 1]).reshape(1, 2, 1, 1), np.array([100.0]))
    np.testing.assert_array_equal(layer.forward(x).ravel(), [112, 123])
    # The gradients 5 and 7 of the two windows. Pixel 1: 5 * 10; pixel 2: 5 * 1 + 7 * 10; pixel 3: 7 * 1.
    grad = row([5, 7])
    np.testing.assert_array_equal(layer.backward(x, grad).ravel(), [50, 75, 7])
    # First weight: 5 * 1 + 7 * 2; second weight: 5 * 2 + 7 * 3; bias: 5 + 7.
    by_kernel, by_bias = layer.gradients(x, grad)
    np.testing.assert_array_equal([*by_kernel.ravel(), *by_bias], [19, 31, 12])


def row(values: list[float]) -> np.ndarray:
    """One row of pixels, (1, 1, w, 1)."""
    return np.array(values, dtype=float).reshape(1, 1, -1, 1)


def test_same_padding_puts_the_odd_pixel_after():
    # Sums of [1 2 3] and [3 4 0]
    layer = layers.Conv2D(np.ones((1, 3, 1, 1)), np.zeros(1), (1, 2), "same")
    np.testing.assert_array_equal(layer.forward(row([1, 2, 3, 4])).ravel(), [6, 7])


def test_depthwise_filters_of_a_channel_stand_side_by_side():
    # The channels 2 and 3 of one pixel; the first has the filters 10 and 20, the second 100 and 200.
    kernel = np.array([[10.0, 20], [100, 200]]).reshape(1, 1, 2, 2)
    layer = layers.depthwise_conv2d(kernel, np.array([1.0, 2, 3, 4]))
    x = np.array([2.0, 3]).reshape(1, 1, 1, 2)
    np.testing.assert_array_equal(layer.forward(x).ravel(), [21, 42, 303, 604])


def test_pooling_ignores_the_border():
    x = -np.arange(1.0, 10).reshape(1, 3, 3, 1)  # the last windows of "same" hold 2, 2 and 1 pixels
    largest, mean = (pool((2, 2), (2, 2), "same") for pool in (layers.MaxPooling2D, layers.AveragePooling2D))
    np.testing.assert_array_equal(largest.forward(x)[0, :, :, 0], [[-1, -3], [-7, -9]])
    np.testing.assert_array_equal(mean.forward(x)[0, :, :, 0], [[-3, -4.5], [-7.5, -9]])
    # Each window's gradient 12, shared by 4, 2, 2 and 1 pixels
    grad = np.full((1, 2, 2, 1), 12.0)
    np.testing.assert_array_equal(mean.backward(x, grad)[0, :, :, 0], [[3, 3, 6], [3, 3, 6], [6, 6, 12]])
    np.testing.assert_array_equal(
        largest.backward(x, grad)[0, :, :, 0], [[12, 0, 12], [0, 0, 0], [12, 0, 12]]
    )


@pytest.mark.parametrize("loops", [False, True])
def test_gradient_of_equal_maxima_goes_to_the_first(loops):
    x, grad = np.array([[1.0, 5.0], [5.0, 5.0]]).reshape(1, 2, 2, 1), np.full((1, 1, 1, 1), 3.0)
    if loops:
        found = pooling.max_pooling_backward_loops(x, grad, (2, 2), (2, 2), "valid")
    else:
        found = layers.MaxPooling2D().backward(x, grad)
    np.testing.assert_array_equal(found[0, :, :, 0], [[0, 3], [0, 0]])


def test_softmax_and_sigmoid():
    np.testing.assert_allclose(layers.softmax(np.array([[1000 + math.log(3), 1000]])), [[3 / 4, 1 / 4]])
    np.testing.assert_allclose(
        layers.sigmoid(np.array([-math.log(3), 0, math.log(3)])), [1 / 4, 1 / 2, 3 / 4]
    )
    np.testing.assert_array_equal(layers.sigmoid(np.array([-1e4, 1e4])), [0, 1])


# --- Finite differences ------------------------------


@pytest.mark.parametrize("layer", some_layers(), ids=lambda layer: type(layer).__name__)
def test_backward_equals_finite_differences(rng, layer):
    x = rng.normal(size=(2, 5, 4, 3))
    grad = rng.normal(size=layer.forward(x).shape)
    close(layer.backward(x, grad), finite_differences(lambda v: float((layer.forward(v) * grad).sum()), x))


def test_backward_of_dense_equals_finite_differences(rng):
    x, grad = rng.normal(size=(2, 5)), rng.normal(size=(2, 3))
    layer = layers.Dense(rng.normal(size=(5, 3)), np.ones(3))
    close(layer.backward(x, grad), finite_differences(lambda v: float((layer.forward(v) * grad).sum()), x))


@pytest.mark.parametrize(
    "layer",
    [*some_layers()[:5], layers.Dense(np.ones((4, 2)), np.ones(2))],
    ids=lambda layer: type(layer).__name__,
)
def test_gradients_of_weights_equal_finite_differences(rng, layer):
    x = rng.normal(size=(3, 4) if isinstance(layer, layers.Dense) else (2, 5, 4, 3))
    grad = rng.normal(size=layer.forward(x).shape)
    by_kernel, by_bias = layer.gradients(x, grad)

    def score(**weights: np.ndarray) -> float:
        return float((dataclasses.replace(layer, **weights).forward(x) * grad).sum())

    close(by_kernel, finite_differences(lambda kernel: score(kernel=kernel), layer.kernel))
    close(by_bias, finite_differences(lambda bias: score(bias=bias), layer.bias))


# --- Keras ------------------------------


@pytest.fixture(scope="module")
def make():
    """`keras.layers`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    pytest.importorskip("tensorflow")
    return pytest.importorskip("keras").layers


def as_in_keras(layer, kept, x: np.ndarray) -> None:
    """A layer is the same as the one `kept` in Keras: output, and gradient of the input."""
    import tensorflow as tf

    start = tf.constant(x, "float32")
    with tf.GradientTape() as tape:
        tape.watch(start)
        y = kept(start)
    grad = np.random.default_rng(8).normal(size=y.shape).astype("float32")
    for found, expected in [
        (layer.forward(x), y),
        (layer.backward(x, grad.astype(float)), tape.gradient(y, start, grad)),
    ]:
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides"), WALKS)
@pytest.mark.parametrize("name", ["MaxPooling2D", "AveragePooling2D"])
def test_pooling_equals_keras(make, rng, name, size, strides, padding):
    x = rng.integers(-3, 3, size=(2, 7, 6, 3)).astype(float)
    ours, theirs = (getattr(module, name)(size, strides, padding) for module in (layers, make))
    as_in_keras(ours, theirs, x)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides", "dilation"), [*NOT_DILATED, ((3, 2), (1, 1), (2, 3))])
def test_convolution_equals_keras(make, rng, size, strides, dilation, padding):
    kernel, bias, x = rng.normal(size=(*size, 3, 4)), rng.normal(size=4), rng.normal(size=(2, 7, 6, 3))
    kept = make.Conv2D(4, size, strides, padding, dilation_rate=dilation)
    kept.build(x.shape)
    kept.set_weights([kernel, bias])
    as_in_keras(layers.Conv2D(kernel, bias, strides, padding, dilation), kept, x)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("strides", "dilation"), [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 2))])
def test_depthwise_convolution_equals_keras(make, rng, strides, dilation, padding):
    kernel, bias, x = rng.normal(size=(3, 2, 3, 2)), rng.normal(size=6), rng.normal(size=(2, 7, 6, 3))
    kept = make.DepthwiseConv2D((3, 2), strides, padding, 2, dilation_rate=dilation)
    kept.build(x.shape)
    kept.set_weights([kernel, bias])
    as_in_keras(layers.depthwise_conv2d(kernel, bias, strides, padding, dilation), kept, x)


def test_grouped_convolution_equals_keras(make, rng):
    kernel, bias, x = rng.normal(size=(3, 2, 2, 6)), rng.normal(size=6), rng.normal(size=(2, 7, 6, 4))
    kept = make.Conv2D(6, (3, 2), 2, "same", groups=2)
    kept.build(x.shape)
    kept.set_weights([kernel, bias])
    as_in_keras(layers.GroupedConv2D(kernel, bias, 2, (2, 2), "same"), kept, x)
