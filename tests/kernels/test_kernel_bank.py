"""Kernels in reading order do what their layers do, by loops over the channels that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from oracle.kernels import correlate, stamp
from xai_cam.errors import InputError, ModelError
from xai_cam.kernels.kernel_bank import (
    KernelBank,
    find_convolution,
    kind_of,
    parse_filters,
    pick_convolution,
    read_bank,
    to_reading_order,
    to_stored_order,
)
from xai_cam.models.network import LayerInfo, Network, list_layers

CHANNELS = 4
L = keras.layers
LAYERS: dict[str, tuple[Callable[[], Any], str, tuple[int, ...], tuple[int, ...]]] = {
    "plain": (lambda: L.Conv2D(3, (2, 3)), "product", (2, 3, 4, 3), (3, 4, 2, 3)),
    "no biases": (lambda: L.Conv2D(2, 3, use_bias=False), "product", (3, 3, 4, 2), (2, 4, 3, 3)),
    "groups": (lambda: L.Conv2D(6, (3, 2), groups=2), "product", (3, 2, 2, 6), (6, 2, 3, 2)),
    "1 x 1": (lambda: L.Conv2D(2, 1), "product", (1, 1, 4, 2), (2, 4, 1, 1)),
    "depthwise": (lambda: L.DepthwiseConv2D((3, 2)), "product", (3, 2, 4, 1), (4, 1, 3, 2)),
    "two of each": (
        lambda: L.DepthwiseConv2D((2, 3), depth_multiplier=2),
        "product",
        (2, 3, 4, 2),
        (8, 1, 2, 3),
    ),
    "separable": (
        lambda: L.SeparableConv2D(3, (3, 2), depth_multiplier=2),
        "product",
        (3, 2, 4, 3),
        (3, 4, 3, 2),
    ),
    "transposed": (lambda: L.Conv2DTranspose(3, (2, 3)), "product", (2, 3, 3, 4), (3, 4, 2, 3)),
}
"""A layer of 4 channels, its part, the shape in which Keras keeps it, and that in reading order."""


def built(make: Callable[[], Any]) -> Any:
    """The layer with seeded weights, biases too."""
    layer, rng = make(), np.random.default_rng(1)
    layer.build((None, 6, 7, CHANNELS))
    layer.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()])
    return layer


def info_of(layer: Any) -> LayerInfo:
    return LayerInfo("inner/it", layer, None, 0)


def apply(bank: KernelBank, picture: np.ndarray) -> np.ndarray:
    """What the layer of a bank answers, by loops: (h, w, channels) -> (h', w', filters)."""
    one = stamp if bank.kind == "Conv2DTranspose" else correlate
    planes = [
        sum(
            np.array(one(picture[..., channel], kernel))
            for channel, kernel in zip(inputs, kernels, strict=True)
        )
        for inputs, kernels in zip(bank.inputs, bank.values, strict=True)
    ]
    return np.stack(planes, axis=-1) + (0 if bank.biases is None else bank.biases)


@pytest.mark.parametrize("name", LAYERS)
def test_kernels_in_reading_order_do_what_the_layer_does(name: str) -> None:
    make, part, stored, shape = LAYERS[name]
    layer = built(make)
    bank = read_bank(info_of(layer), part)
    assert (bank.stored, bank.values.shape, bank.inputs.shape) == (stored, shape, shape[:2])
    assert (bank.layer, bank.kind, bank.filters) == ("inner/it", type(layer).__name__, shape[0])
    assert (bank.biases is None) == (not layer.use_bias)
    picture = np.random.default_rng(2).normal(size=(6, 7, CHANNELS)).astype(np.float32)
    np.testing.assert_allclose(
        apply(bank, picture), np.asarray(layer(picture[None]))[0], rtol=1e-4, atol=1e-4
    )


def test_the_two_steps_of_a_separable_convolution_one_after_the_other() -> None:
    layer = built(LAYERS["separable"][0])
    deep, point = (read_bank(info_of(layer), part) for part in ("depthwise", "pointwise"))
    assert (deep.values.shape, deep.stored, deep.biases) == ((8, 1, 3, 2), (3, 2, 4, 2), None)
    assert (point.values.shape, point.stored) == ((3, 8, 1, 1), (1, 1, 8, 3))
    assert deep.inputs.ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    picture = np.random.default_rng(3).normal(size=(6, 7, CHANNELS)).astype(np.float32)
    answer = apply(point, apply(deep, picture))
    np.testing.assert_allclose(answer, np.asarray(layer(picture[None]))[0], rtol=1e-4, atol=1e-4)


def test_which_channels_filters_read() -> None:
    bank = read_bank(info_of(built(LAYERS["groups"][0])))
    assert bank.inputs.tolist() == [[0, 1]] * 3 + [[2, 3]] * 3
    bank = read_bank(info_of(built(LAYERS["two of each"][0])))
    assert bank.inputs.ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_layer_in_words() -> None:
    described = {name: read_bank(info_of(built(LAYERS[name][0]))).describe() for name in LAYERS}
    assert (
        described["plain"] == "inner/it (Conv2D): 2 x 3 x 4 x 3 (height x width x input channels x filters)"
    )
    assert described["two of each"] == (
        "inner/it (DepthwiseConv2D): 2 x 3 x 4 x 2 (height x width x input channels x filters of each)"
    )
    assert described["transposed"].endswith("2 x 3 x 3 x 4 (height x width x filters x input channels)")
    assert "(SeparableConv2D, product): 3 x 2 x 4 x 3 (" in described["separable"]


@pytest.mark.parametrize("kind", ["Conv2D", "DepthwiseConv2D", "Conv2DTranspose"])
def test_reading_order_and_back(kind: str) -> None:
    stored = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    values = to_reading_order(stored, kind)
    place = {"Conv2D": (4, 3), "DepthwiseConv2D": (3 * 5 + 4, 0), "Conv2DTranspose": (3, 4)}[kind]
    assert values[(*place, 1, 2)] == stored[1, 2, 3, 4]
    np.testing.assert_array_equal(to_stored_order(values, kind, stored.shape), stored)


def model() -> Any:
    """Convolutions inside and outside a nested model, two of one name, and a dense layer."""
    inner = keras.Sequential(
        [keras.Input((8, 8, 3)), L.Conv2D(2, 3, name="conv"), L.ReLU(name="act")], name="a"
    )
    outer = keras.Sequential([keras.Input((6, 6, 2)), L.DepthwiseConv2D(3, name="conv")], name="b")
    last = [L.Conv2DTranspose(1, 2, name="up"), L.Flatten(), L.Dense(2, name="out")]
    return keras.Sequential([keras.Input((8, 8, 3)), inner, outer, *last])


def test_layers_are_found_by_path_and_by_name() -> None:
    layers = list_layers(model())
    assert pick_convolution(layers, None).path == "a/conv"
    assert pick_convolution(layers, "b/conv").kind == "DepthwiseConv2D"
    assert pick_convolution(layers, "up").path == "up"
    assert find_convolution(Network(model()), "up").path == "up"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("conv", "Several layers are called 'conv': a/conv, b/conv. Name one by its path."),
        ("upp", "no layer 'upp'. Nearest names with kernels: up, "),
        ("out", "Layer 'out' (Dense) has no 2-D kernels. Layers that have: "),
    ],
)
def test_layers_that_are_not_found(path: str, words: str) -> None:
    with pytest.raises(ModelError) as raised:
        pick_convolution(list_layers(model()), path)
    assert words in raised.value.message


def test_a_model_without_convolutions() -> None:
    dense = keras.Sequential([keras.Input((4, 4, 1)), L.Flatten(), L.Dense(2)])
    with pytest.raises(ModelError, match="no 2-D convolution"):
        pick_convolution(list_layers(dense), None)


def test_layers_that_derive_from_a_convolution_count_as_one() -> None:
    class Own(L.Conv2D):
        pass

    assert [kind_of(layer) for layer in (Own(1, 1), L.Conv1D(1, 1), L.Dense(1))] == ["Conv2D", "", ""]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, [0, 1, 2, 3, 4]),
        ("3", [3]),
        ("0-2,4", [0, 1, 2, 4]),
        ("4, 0 - 1", [4, 0, 1]),
        ("2,2,1-2", [2, 1]),
    ],
)
def test_lists_of_filters(text: str | None, found: list[int]) -> None:
    assert parse_filters(text, 5) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is not a list of filters"),
        ("1,", "is not a list of filters"),
        ("-1", "is not a list of filters"),
        ("a-b", "is not a list of filters"),
        ("0-5", "0-5 is out of range: the layer has 5 filters, 0 to 4."),
        ("3-2", "3-2 is none"),
    ],
)
def test_what_is_no_list_of_filters(text: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_filters(text, 5)
    assert words in raised.value.message


def test_biases_stay_with_their_filters() -> None:
    layer = built(LAYERS["plain"][0])
    np.testing.assert_array_equal(read_bank(info_of(layer)).biases, layer.get_weights()[1])


def test_the_public_names_read_a_model_and_prepend_a_filter(tiny_model: Any) -> None:
    """The three lines of the README, on a model that lies inside another."""
    import xai_cam

    image = keras.Input((16, 16, 3))
    model = keras.Model(image, keras.layers.Dense(2)(tiny_model(image)))
    bank = xai_cam.read_kernels(model, "tiny/conv_2")
    kernel = tiny_model.get_layer("conv_2").get_weights()[0]
    assert bank.values[5, 4, 1, 2] == kernel[1, 2, 4, 5] and bank.values.shape == (8, 6, 3, 3)
    assert xai_cam.read_kernels(model).layer == "tiny/conv_1"
    even = np.full((1, 16, 16, 3), 0.5, np.float32)
    doubled = xai_cam.prepend_filter(model, 2 * xai_cam.make_kernel("delta"))
    np.testing.assert_allclose(np.asarray(doubled(even)), np.asarray(model(2 * even)), rtol=1e-5)
    assert all(getattr(xai_cam, name) is not None for name in xai_cam.__all__)
