"""Which weight of a file of Keras 0 to 2 goes where: by name, by position, gates joined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading.hdf5 import open_h5
from xai_cam.models.loading.legacy import (
    ModelWeight,
    Style,
    assign_pairs,
    join_gates,
    match_by_name,
    match_by_position,
    match_weights,
)
from xai_cam.models.loading.stored import FileWeight, file_layers


def test_by_name_whatever_the_order() -> None:
    assert match_by_name(["a", "b"], {"b": 1, "a": 2}) == [("a", "a"), ("b", "b")]
    assert match_by_name(["a", "b"], ["a", "c"]) is None
    assert match_by_name(["a", "b"], ["a"]) is None


def test_by_position() -> None:
    assert match_by_position(["a", "b"], ["x", "a"]) == [("a", "x"), ("b", "a")]
    with pytest.raises(ModelError, match="b: only in the architecture; x: only in the weights file"):
        match_by_position(["a", "b"], ["a", "x", "y"])


def dense(*names: str) -> Any:
    return keras.Sequential([keras.Input((2,)), *(keras.layers.Dense(2, name=name) for name in names)])


def write(path: Path, *names: str) -> Path:
    """Weights of dense layers in the layout of Keras 2; those of the nth are all n."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(names, "S9")
        for n, name in enumerate(names, 1):
            group = file.create_group(name)
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = np.full((2, 2), n), np.full(2, n)
            group.attrs["weight_names"] = np.array([f"{name}/kernel:0", f"{name}/bias:0"], "S20")
    return path


@pytest.mark.parametrize(
    ("in_file", "values", "notice"), [(("b", "a"), [2, 1], False), (("p", "q"), [1, 2], True)]
)
def test_what_is_matched_is_assigned(
    in_file: tuple[str, ...], values: list[int], notice: bool, tmp_path: Path
) -> None:
    model = dense("a", "b")
    with open_h5(write(tmp_path / "w.h5", *in_file)) as weights:
        matched = match_weights(model, file_layers(weights.file), Style())
        assert assign_pairs(model, matched.pairs, Style(), weights) == []
    assert [float(layer.bias[0]) for layer in model.layers] == values
    assert ("'a' against 'p'" in str(matched.notice)) is notice


def test_a_dataset_that_cannot_be_read_is_damage_and_a_fault_of_ours_is_not(tmp_path: Path) -> None:
    model = dense("a")
    with open_h5(write(tmp_path / "w.h5", "a")) as weights:
        pairs = match_weights(model, file_layers(weights.file), Style()).pairs
        nobodys: Any = [(None, theirs) for _, theirs in pairs]
        with pytest.raises(AttributeError):
            assign_pairs(model, nobodys, Style(), weights)
        weights.file.close()
        with pytest.raises(ModelError, match="damaged"):
            assign_pairs(model, pairs, Style(), weights)


def test_gates_that_keras_1_kept_apart(tmp_path: Path) -> None:
    """Saved as i, c, f, o; Keras 2 has their columns as i, f, c, o."""
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2, name="lstm")])
    ours = [ModelWeight(model.layers[0].cell, v.name, v) for v in model.weights]
    with h5py.File(tmp_path / "w.h5", "w") as file:
        theirs = []
        for g, gate in enumerate("icfo"):
            for kind, shape in (("W", (3, 2)), ("U", (2, 2)), ("b", (2,))):
                name = f"lstm_{kind}_{gate}"
                file[name] = np.full(shape, g)
                theirs.append(FileWeight("lstm", name, file[name]))
        joined = join_gates(ours, theirs)
        shapes = {weight.name: weight.shape for weight in joined}
        assert shapes == {"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}
        assert joined[2].read().tolist() == [0, 0, 2, 2, 1, 1, 3, 3]
        assert join_gates(ours, theirs[:-1]) == theirs[:-1], "one is missing: they are no gates"
