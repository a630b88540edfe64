"""Weights: all of them, each where it belongs, or none; what differs is named."""

from __future__ import annotations

import logging
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from support.keras2_models import SHAPE, backbone, randomise
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.legacy import Style, match_weights
from xai_cam.models.loading.stored import file_layers

tf_keras = pytest.importorskip("tf_keras")

pytestmark = pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")

FORMS = ["keras 2", "keras 2 .weights.h5", "keras 3"]


def net(package: Any, filters: int = 4, more: bool = False, nested: bool = False, prefix: str = "") -> Any:
    make = package.layers
    image = package.Input(SHAPE)
    x = make.Conv2D(filters, 3, name=f"{prefix}first")(image)
    if more:
        x = make.Conv2D(4, 3, name=f"{prefix}second")(x)
    if nested:
        x = backbone(package)(image)
    x = make.GlobalAveragePooling2D()(x)
    return randomise(package.Model(image, make.Dense(3, name=f"{prefix}head")(x)))


def save(model: Any, folder: Path, name: str) -> tuple[Path, Path]:
    keras2_h5 = model.__module__.startswith("tf_keras") and name.endswith(".h5") and ".weights" not in name
    path = folder / (name if keras2_h5 or name.endswith(".weights.h5") else f"{name}.weights.h5")
    architecture = folder / f"{name}.json"
    architecture.write_text(model.to_json(), encoding="utf-8")
    model.save_weights(path)
    return architecture, path


def files(form: str, folder: Path, name: str, **options: Any) -> tuple[Path, Path]:
    package = keras if form == "keras 3" else tf_keras
    return save(net(package, **options), folder, f"{name}.h5" if form == "keras 2" else f"{name}.weights.h5")


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize(
    ("of_model", "of_weights", "named"),
    [
        ({"more": True}, {}, "second"),
        ({}, {"more": True}, "second|layers/conv2d_1"),
        ({"filters": 4}, {"filters": 5}, r"first|\(3, 3, 3, 5\)"),
        ({"nested": True}, {}, "backbone|deep|norm|stem"),
        ({}, {"nested": True}, "backbone|layers/functional"),
    ],
    ids=["layer missing", "layer extra", "shape", "model missing", "model extra"],
)
def test_weights_of_another_model(form: str, tmp_path: Path, of_model: Any, of_weights: Any, named: str):
    architecture, _ = files(form, tmp_path, "a", **of_model)
    _, weights = files(form, tmp_path, "b", **of_weights)
    with pytest.raises(ModelError, match=f"not belong to this architecture: .*({named})"):
        load_model(architecture, weights)


@pytest.mark.parametrize("gone", ["stem", "norm_1"])
def test_a_layer_missing_inside_a_nested_model(form: str, tmp_path: Path, gone: str):
    architecture, weights = files(form, tmp_path, "a", nested=True)
    with h5py.File(weights, "r+") as file:
        found: list[str] = []
        keras3_name = {"stem": "layers/conv2d", "norm_1": "layers/batch_normalization"}[gone]
        file.visit(lambda n: found.append(n) if n.endswith((f"/{gone}", keras3_name)) else None)
        if form == "keras 2":
            group = file["backbone_1.00_8"]
            names = [n for n in group.attrs["weight_names"] if not np.char.startswith(n, gone)]
            assert 0 < len(names) < len(group.attrs["weight_names"])
            group.attrs["weight_names"] = names
        for name in found:
            del file[name]
        assert found
    with pytest.raises(ModelError, match="not belong to this architecture"):
        load_model(architecture, weights)


def test_a_variable_missing_in_the_file(tmp_path: Path):
    architecture, weights = files("keras 3", tmp_path, "a")
    with h5py.File(weights, "r+") as file:
        del file["layers/dense/vars/1"]
    with pytest.raises(ModelError, match="not belong to this architecture"):
        load_model(architecture, weights)


def test_nothing_is_assigned_before_all_is_checked(tmp_path: Path):
    _, weights = files("keras 2", tmp_path, "b", filters=5)
    model = net(keras)
    before = [w.copy() for w in model.get_weights()]
    with h5py.File(weights) as file, pytest.raises(ModelError):
        match_weights(model, file_layers(file), Style())
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_weights_matched_by_position_are_said(tmp_path: Path, caplog: Any):
    architecture, _ = files("keras 2", tmp_path, "a", prefix="new_")
    model = net(tf_keras)
    _, weights = save(model, tmp_path, "b.h5")
    with caplog.at_level(logging.WARNING):
        found = load_model(architecture, weights)
    assert "'new_first' against 'first'" in caplog.text
    x = np.ones((1, *SHAPE), np.float32)
    np.testing.assert_allclose(found(x), model(x), rtol=1e-5)


def test_layers_are_matched_by_name_not_by_order(tmp_path: Path):
    """Two layers of one shape, listed in the file the other way round."""
    model = tf_keras.Sequential([tf_keras.layers.Conv2D(3, 1, name=n, input_shape=SHAPE) for n in ("a", "b")])
    architecture, weights = save(randomise(model), tmp_path, "m.h5")
    with h5py.File(weights, "r+") as file:
        file.attrs["layer_names"] = [b"b", b"a"]
    found = load_model(architecture, weights)
    np.testing.assert_array_equal(found.get_layer("a").kernel, model.get_layer("a").kernel)


def test_lists_of_names_that_keras_cut_in_pieces(tmp_path: Path):
    """HDF5 holds at most 64 KiB in an attribute; Keras writes `layer_names0`, `layer_names1` then."""
    model = net(tf_keras)
    architecture, weights = save(model, tmp_path, "m.h5")
    with h5py.File(weights, "r+") as file:
        names = list(file.attrs["layer_names"])
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    found = load_model(architecture, weights)
    for ours, theirs in zip(found.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_weights_of_an_optimizer_are_not_the_models(tmp_path: Path):
    model = net(keras)
    model.compile("adam", "mse")
    model.fit(np.ones((2, *SHAPE)), np.ones((2, 3)), verbose=0)
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
        found = load_model(tmp_path / name)
        for ours, theirs in zip(found.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_the_numbering_of_keras_2_12(tmp_path: Path):
    """It called the container otherwise and counted layers with weights twice."""
    make = keras.layers
    image = keras.Input(SHAPE)
    x = backbone(keras)(image)
    for _ in range(3):
        x = make.Conv2D(4, 1)(x)
    model = randomise(keras.Model(image, make.Dense(3)(make.GlobalAveragePooling2D()(x))))
    architecture, weights = save(model, tmp_path, "m.weights.h5")

    def rename(group: h5py.Group) -> None:
        for inner in list(group.values()):
            if isinstance(inner, h5py.Group):
                rename(inner)
        if "layers" in group:
            layers = group["layers"]
            for name in sorted(layers, reverse=True):
                base, _, number = name.rpartition("_")
                if number.isdigit() and len(layers[name]):
                    layers.move(name, f"{base}_{2 * int(number)}")
            group.move("layers", "_layer_checkpoint_dependencies")

    with h5py.File(weights, "r+") as file:
        rename(file)
        assert "conv2d_4" in file["_layer_checkpoint_dependencies"]
    found = load_model(architecture, weights)
    for ours, theirs in zip(found.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_to_do_depends_on_the_files(tmp_path: Path):
    """One file that lacks a variable is not cured by giving two."""
    architecture, _ = files("keras 3", tmp_path, "a")
    net(keras).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        archive.extractall(tmp_path)
    with h5py.File(tmp_path / "model.weights.h5", "r+") as file:
        del file["layers/dense/vars/1"]
    with zipfile.ZipFile(tmp_path / "less.keras", "w") as archive:
        for name in ("config.json", "metadata.json", "model.weights.h5"):
            archive.write(tmp_path / name, name)
    with pytest.raises(ModelError, match=r"The file is incomplete, or was changed: save the model again\.$"):
        load_model(tmp_path / "less.keras")
    with pytest.raises(ModelError, match=r"Give the JSON and the H5 of the same model\.$"):
        load_model(architecture, tmp_path / "model.weights.h5")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells which files are open")
def test_a_file_that_keras_fails_on_is_closed_before_its_folder_is_removed(tmp_path: Path, monkeypatch: Any):
    """Windows deletes no open file: the reason would be hidden behind one of the folder's."""
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.Dense(2)])
    path, seen = tmp_path / "m.weights.h5", list[int]()
    model.save_weights(path)
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    cleanup = tempfile.TemporaryDirectory.cleanup

    def fail(_: Any, path: str) -> None:
        file = h5py.File(path)
        raise ValueError(f"no such layer among {', '.join(file)}")

    def watched(folder: Any) -> None:
        names = (Path("/proc/self/fd") / number for number in os.listdir("/proc/self/fd"))
        seen.append(sum(name.exists() and str(name.readlink()).startswith(folder.name) for name in names))
        cleanup(folder)

    def refuse(*_: Any) -> None:
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(keras.Model, "load_weights", fail)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(tempfile.TemporaryDirectory, "cleanup", watched)
    with pytest.raises(ModelError, match="architecture: no such layer among"):
        load_model(tmp_path / "m.json", path)
    assert seen == [0]
