"""Groups with backslashes, as tf.keras 2.12 to 2.15 named them on Windows."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from support.keras3_files import as_on_windows, rename_groups
from support.small_models import build_tiny, save_model
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.separators import is_of_windows, straightened
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.hdf5 import open_h5


@pytest.fixture(scope="module")
def nested() -> Any:
    """A model with another inside, trained, so that its file has an optimizer and metrics too."""
    import keras

    inner = build_tiny(activation="relu")
    model = keras.Sequential([keras.Input((16, 16, 3)), inner, keras.layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((2, 16, 16, 3)), np.eye(2), verbose=0)
    return model


def same(loaded: Any, model: Any) -> bool:
    return all(map(np.array_equal, loaded.get_weights(), model.get_weights()))


def counted_twice(name: str) -> str:
    """What tf.keras 2.12 called a group there: every layer of a class counts for two."""
    name = re.sub(r"_(\d+)", lambda match: f"_{2 * int(match[1])}", name)
    return as_on_windows(name.replace("layers", "_layer_checkpoint_dependencies"))


@pytest.mark.parametrize("rename", [as_on_windows, counted_twice])
def test_weights_of_windows(nested: Any, tmp_path: Path, rename: Any):
    architecture, weights = save_model(nested, tmp_path, "right")
    odd = rename_groups(weights, tmp_path / "odd.weights.h5", rename)
    with h5py.File(odd) as file:
        assert is_of_windows(file) and len(file) > 8
    assert same(load_model(architecture, find_model_files(architecture, odd).weights), nested)


def test_archives_of_windows(nested: Any, tmp_path: Path):
    nested.save(tmp_path / "right.keras")
    with (
        zipfile.ZipFile(tmp_path / "right.keras") as right,
        zipfile.ZipFile(tmp_path / "odd.keras", "w") as odd,
    ):
        weights = Path(right.extract("model.weights.h5", tmp_path))
        for name in ("config.json", "metadata.json"):
            odd.writestr(name, right.read(name))
        odd.write(rename_groups(weights, tmp_path / "odd.h5", as_on_windows), "model.weights.h5")
    assert same(load_model(tmp_path / "odd.keras"), nested)


def test_other_files_stay_as_they_are(nested: Any, tmp_path: Path):
    _, weights = save_model(nested, tmp_path)
    with open_h5(weights) as h5:
        assert straightened(h5) is None


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.h5"
    with h5py.File(path, "w") as file:
        file["layers\\dense/vars/0"] = np.ones(3, "f4")
    return path


def refusal(path: Path) -> str:
    with open_h5(path) as h5, pytest.raises(ModelError) as caught:
        straightened(h5)
    return caught.value.message


ODD = ["layers\\..\\x", "layers\\\\x", "layers\\.\\x", "\\x", "layers\\" * 300 + "x"]


@pytest.mark.parametrize("name", ODD)
def test_names_that_are_no_places(odd: Path, name: str):
    with h5py.File(odd, "r+") as file:
        file[f"{name}/vars/0"] = np.ones(3, "f4")
    assert "is no place for weights" in refusal(odd)


def test_two_groups_of_one_name(odd: Path):
    with h5py.File(odd, "r+") as file:
        file["layers/dense/vars/0"] = np.ones(3, "f4")
    assert "there are two `layers/dense/vars/0`" in refusal(odd)


def test_data_where_a_group_is(odd: Path):
    with h5py.File(odd, "r+") as file:
        file["layers\\dense\\vars"] = np.ones(3, "f4")
    assert "layers/dense/vars" in refusal(odd)
