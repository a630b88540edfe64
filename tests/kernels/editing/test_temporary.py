"""Filters set, scaled and zeroed: what the layer computes then; the model is given back as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam.errors import InputError, ModelError
from xai_cam.kernels.editing.edits import (
    Replace,
    Scale,
    Zero,
    parse_edits,
    parse_set,
)
from xai_cam.kernels.editing.temporary import edited, filters_of
from xai_cam.models.network import Network, list_layers

CHANNELS = 4

LAYERS: dict[str, tuple[Callable[[], Any], Callable[[int], list[int]]]] = {
    "plain": (lambda: keras.layers.Conv2D(6, 3, name="conv"), lambda f: [0, 1, 2, 3]),
    "without bias": (lambda: keras.layers.Conv2D(6, 3, use_bias=False, name="conv"), lambda f: [0, 1, 2, 3]),
    "groups": (
        lambda: keras.layers.Conv2D(6, 3, groups=2, name="conv"),
        lambda f: [0, 1] if f < 3 else [2, 3],
    ),
    "depthwise": (
        lambda: keras.layers.DepthwiseConv2D(3, depth_multiplier=2, name="conv"),
        lambda f: [f // 2],
    ),
    "transposed": (lambda: keras.layers.Conv2DTranspose(6, 3, name="conv"), lambda f: [0, 1, 2, 3]),
}
"""Layers, and the channels that a filter of theirs reads."""


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def alone(layer: Any, rng: np.random.Generator) -> Any:
    """A model of one layer with weights and biases that are not 0."""
    model = keras.Sequential([keras.Input((9, 8, CHANNELS)), layer])
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def maps(model: Any, image: np.ndarray) -> np.ndarray:
    return np.asarray(model(image[None], training=False))[0]


@pytest.mark.parametrize("name", LAYERS)
def test_a_filter_that_is_set_answers_as_the_kernel_on_the_mean_of_its_channels(
    name: str, rng: np.random.Generator
):
    make, reads = LAYERS[name]
    model, image = alone(make(), rng), rng.normal(size=(9, 8, CHANNELS)).astype(np.float32)
    before = maps(model, image)
    for f in (1, 4):
        with edited(list_layers(model), [Replace("conv", str(f), "sobel-x")]):
            found = maps(model, image)
        grey = image[..., reads(f)].mean(2).astype(float)
        sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float)
        if name == "transposed":  # spreads the kernel: correlation with the kernel turned, on a wider map
            grey, sobel = np.pad(grey, 1), sobel[::-1, ::-1]
            expected = cv2.filter2D(grey, -1, sobel, borderType=cv2.BORDER_CONSTANT)
        else:
            expected = cv2.filter2D(grey, -1, sobel)[1:-1, 1:-1]
        np.testing.assert_allclose(found[..., f], expected, rtol=0, atol=1e-5)
        others = [k for k in range(found.shape[-1]) if k != f]
        np.testing.assert_array_equal(found[..., others], before[..., others])
    np.testing.assert_array_equal(maps(model, image), before)


def test_a_file_holds_a_kernel_for_each_channel(tmp_path: Path, rng: np.random.Generator):
    model, image = alone(keras.layers.Conv2D(6, (3, 2), name="conv"), rng), rng.normal(size=(9, 8, 4))
    kernels = rng.normal(size=(4, 3, 2))
    np.save(tmp_path / "a=b.npy", kernels)
    with edited(list_layers(model), [parse_set(f"conv:2={tmp_path / 'a=b.npy'}")]):
        found = maps(model, image.astype(np.float32))[3, 4, 2]
    assert abs(found - sum((image[3:6, 4:6, c] * kernels[c]).sum() for c in range(4))) < 1e-5
    np.save(tmp_path / "small.npy", np.ones((3, 3)))
    with (
        pytest.raises(InputError, match=r"\(1, 3, 3\), but a filter of conv has \(4, 3, 2\)"),
        edited(list_layers(model), [Replace("conv", "0", str(tmp_path / "small.npy"))]),
    ):
        pass
    with (
        pytest.raises(InputError, match="no box kernel of 3 x 2"),
        edited(list_layers(model), [Replace("conv", "0", "box")]),
    ):
        pass


@pytest.mark.parametrize("name", [*LAYERS, "separable"])
def test_zero_and_scale(name: str, rng: np.random.Generator):
    separable = keras.layers.SeparableConv2D(6, 3, depth_multiplier=2, name="conv")
    layer = separable if name == "separable" else LAYERS[name][0]()
    model, image = alone(layer, rng), rng.normal(size=(9, 8, CHANNELS)).astype(np.float32)
    before = maps(model, image)
    assert filters_of(list_layers(model)[0]) == before.shape[-1]
    with edited(list_layers(model), [Scale("conv", "1-2", -0.5), Zero("conv", "0,5")]):
        found = maps(model, image)
    factors = np.array([0, -0.5, -0.5, 1, 1, 0, *[1] * (before.shape[-1] - 6)])
    np.testing.assert_allclose(found, before * factors, rtol=0, atol=1e-5)
    assert (found[..., [0, 5]] == 0).all()


def test_kernels_of_a_separable_convolution_cannot_be_set(rng: np.random.Generator):
    model = alone(keras.layers.SeparableConv2D(6, 3, name="conv"), rng)
    with (
        pytest.raises(InputError, match="share their kernels"),
        edited(list_layers(model), [Replace("conv", "0", "box")]),
    ):
        pass


def test_the_weights_come_back(tmp_path: Path):
    model = build_tiny()
    before = [w.copy() for w in model.get_weights()]
    layers = Network(model).layers
    edits = parse_edits(["conv_1:0=sobel-y"], ["conv_2:0-3=2"], ["conv_1:2", "conv_2:1"])
    for wrong in (Zero("conv_1", "99"), Zero("head", "0"), Replace("pool", "0", "box"), Zero("none", "0")):
        with pytest.raises((InputError, ModelError)), edited(layers, [*edits, wrong]):
            pass
    with pytest.raises(RuntimeError, match="midway"), edited(layers, edits):
        assert any((a != b).any() for a, b in zip(model.get_weights(), before, strict=True))
        raise RuntimeError("midway")
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_sets_come_first_then_scales_then_zeros(rng: np.random.Generator):
    model = alone(keras.layers.Conv2D(6, 3, name="conv"), rng)
    with edited(list_layers(model), parse_edits(["conv:0-1=box"], ["conv:0-2=3", "conv:2=2"], ["conv:1"])):
        kernel, bias = (np.array(w) for w in model.get_weights())
    np.testing.assert_allclose(kernel[..., 0], np.full((3, 3, 4), 3 / 9 / 4), rtol=1e-6)
    assert bias[0] == 0 and not kernel[..., 1].any()
    np.testing.assert_allclose(kernel[..., 2], 6 * model.get_weights()[0][..., 2], rtol=1e-6)
