"""The weights of H5 files of Keras 0 to 2, by layer, none of them read before they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from xai_cam.models.loading.stored import FileWeight, file_layers


@pytest.fixture
def file(tmp_path: Path) -> Iterator[h5py.File]:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        yield file


def layer(file: h5py.File, name: str, **weights: np.ndarray) -> None:
    group = file.create_group(name)
    for weight, value in weights.items():
        group[weight] = value
    group.attrs["weight_names"] = np.array(list(weights), "S40")


def test_layers_and_weights_by_their_names(file: h5py.File) -> None:
    """A slash, which Keras 3 allows in no name of a layer, is an underscore; it parts a weight's owners."""
    conv = {"block/conv/kernel:0": np.zeros((3, 3, 1, 2)), "block/conv/bias:0": np.zeros(2)}
    layer(file, "block/conv", **conv)
    file.attrs["layer_names"] = np.array(["block/conv"], "S40")
    ((name, (kernel, bias)),) = file_layers(file)
    assert name == "block_conv" and (kernel.name, bias.name) == ("kernel", "bias")
    assert kernel.path == ("block", "conv") and kernel.owner == "conv" and kernel.shape == (3, 3, 1, 2)


@pytest.mark.parametrize(
    ("told", "owner", "name"),
    [
        ("dense_1_W", "dense_1", "kernel"),
        ("norm_running_std:0", "norm", "moving_variance"),
        ("lstm_1_U_i", "dense", "lstm_1_U_i"),  # a gate, which `legacy` joins with the others
    ],
)
def test_names_of_keras_1(file: h5py.File, told: str, owner: str, name: str) -> None:
    layer(file, "dense", **{told: np.zeros(2)})
    file.attrs["layer_names"] = np.array(["dense"], "S40")
    ((_, (weight,)),) = file_layers(file)
    assert (weight.owner, weight.name, weight.keras1) == (owner, name, owner != "dense")


def test_keras_0_numbered_layers_and_weights(file: h5py.File) -> None:
    file.attrs["nb_layers"] = 2
    for number, count in enumerate((2, 0)):
        group = file.create_group(f"layer_{number}")
        group.attrs["nb_params"] = count
        for i in range(count):
            group[f"param_{i}"] = np.full(3, i)
    (first, weights), second = file_layers(file)
    assert (first, second) == ("layer_0", ("layer_1", []))
    assert [weight.read().tolist() for weight in weights] == [[0, 0, 0], [1, 1, 1]]


def test_lists_in_pieces(file: h5py.File) -> None:
    for name in ("a", "b", "c"):
        layer(file, name, **{f"{name}/kernel:0": np.zeros(1)})
    file.attrs["layer_names0"], file.attrs["layer_names1"] = np.array(["a", "b"], "S9"), np.array(["c"], "S9")
    assert [name for name, _ in file_layers(file)] == ["a", "b", "c"]


def test_a_group_in_the_place_of_a_weight(file: h5py.File) -> None:
    layer(file, "a")
    file["a"].create_group("kernel")
    file["a"].attrs["weight_names"] = np.array(["kernel"], "S9")
    file.attrs["layer_names"] = np.array(["a"], "S9")
    with pytest.raises(KeyError, match="is not a dataset"):
        file_layers(file)


def test_axes_in_another_order_and_parts_side_by_side(file: h5py.File) -> None:
    """(out, in, length, 1) of a Conv1D in Keras 1 -> (length, in, out); gates lie along the last axis."""
    value = np.arange(24.0).reshape(4, 3, 2, 1)
    file["k"], file["a"], file["b"] = value, np.ones((2, 3)), np.zeros((2, 1))
    turned = FileWeight("conv", "kernel", file["k"], order=(2, 1, 0))
    assert turned.shape == (2, 3, 4)
    for o, i, n in np.ndindex(4, 3, 2):
        assert turned.read()[n, i, o] == value[o, i, n, 0]
    joined = FileWeight("lstm", "kernel", file["a"], more=(file["b"],))
    assert joined.shape == (2, 4) and joined.read().tolist() == [[1, 1, 1, 0]] * 2
