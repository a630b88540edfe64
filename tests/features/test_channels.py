"""Channels: energy, range, death, order; layers in blocks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from xai_cam.features.channels import LayerFeatures, arrange, same_channels
from xai_cam.kernels.kernel_bank import KernelBank
from xai_cam.models.network import Network

RNG = np.random.default_rng(5)


def layer(k: int, size: int = 4, kernels: bool = False, weights: list[float] | None = None) -> LayerFeatures:
    bank = KernelBank("c", "Conv2D", RNG.normal(size=(k, 2, 3, 3)), np.zeros((k, 2), int), None, (), "")
    maps = RNG.normal(size=(size, size, k)).astype(np.float32)
    of = None if weights is None else np.array(weights, np.float32)
    return LayerFeatures("layer", "Conv2D", maps, of, bank if kernels else None)


def test_energy_is_the_mean_of_squares() -> None:
    found = layer(3)
    for channel in range(3):
        total = 0.0
        for i in range(4):
            for j in range(4):
                total += float(found.maps[i, j, channel]) ** 2
        assert found.energy[channel] == pytest.approx(total / 16)


def test_a_channel_is_dead_where_its_map_has_one_value() -> None:
    maps = np.zeros((2, 2, 4), np.float32)
    maps[..., 1] = -0.5
    maps[0, 1, 2] = 1e-30
    maps[..., 3] = [[1, 2], [3, 4]]
    found = LayerFeatures("a", "ReLU", maps)
    assert found.dead.tolist() == [True, True, False, False]
    assert found.low.tolist() == [0, -0.5, 0, 1] and found.high[3] == 4
    assert found.signed and not LayerFeatures("a", "ReLU", maps[..., 2:]).signed


def test_top_is_plain_sorting_by_value_and_then_by_number() -> None:
    weights = [0.5, -3, 2, 0.5, 0, 2]
    ranked = sorted(range(6), key=lambda c: (-weights[c], c))
    assert ranked == [2, 5, 0, 3, 4, 1]
    assert arrange([layer(6, weights=weights)], "weight", 4)[0].shown.tolist() == ranked[:4]
    assert arrange([layer(6, weights=weights)], "weight")[0].shown.tolist() == ranked
    found = layer(6)
    by_energy = sorted(range(6), key=lambda c: -float((found.maps[..., c].astype(float) ** 2).mean()))
    assert arrange([found], "energy", 3)[0].shown.tolist() == by_energy[:3]
    assert arrange([found])[0].shown.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_block_is_chosen_at_its_last_layer() -> None:
    conv, relu = layer(3, kernels=True, weights=[9, 5, 1]), layer(3, weights=[1, 5, 9])
    (block,) = arrange([conv, relu], "weight", 2)
    assert block.layers == (conv, relu) and block.shown.tolist() == [2, 1]
    assert block.kernels is conv.kernels


def test_a_block_ends_where_channels_are_others() -> None:
    conv, relu, pool = layer(4, kernels=True), layer(4), layer(4, 2)
    mixed, other = layer(4, kernels=True), layer(5)
    blocks = arrange([conv, relu, pool, mixed, other])
    assert [len(block.layers) for block in blocks] == [3, 1, 1]
    assert [block.kernels is not None for block in blocks] == [True, True, False]


def test_channels_are_the_same_until_a_convolution_makes_others() -> None:
    import keras

    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(3, 3, name="conv_a")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.DepthwiseConv2D(3, name="deep")(x)
    x = keras.layers.ReLU(name="relu_a")(x)
    x = keras.layers.Conv2D(3, 3, name="conv_b")(x)
    x = keras.layers.ReLU(name="relu_b")(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))
    network = Network(model)

    def same(one: str, other: str) -> bool:
        return same_channels(network, network.find(one), network.find(other))

    assert same("conv_a", "norm") and same("conv_a", "relu_a") and same("relu_a", "norm")
    assert same("conv_b", "relu_b")
    assert not same("relu_a", "relu_b") and not same("relu_b", "conv_a")
    relu, other = layer(3), dataclasses.replace(layer(3), follows=False)
    assert len(arrange([relu, other])) == 2
