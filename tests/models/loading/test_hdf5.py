"""HDF5 files of strangers: nothing outside of them is read, and nothing takes memory before it is checked."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from support.systems import peak_memory
from xai_cam import load_model
from xai_cam.errors import ModelError

KERNEL = "layers/conv2d/vars/0"
LEGACY_KERNEL = "model_weights/conv_1/conv_1/kernel"


def external_link(file: h5py.File, name: str, tmp_path: Path) -> None:
    file[name] = h5py.ExternalLink("/etc/passwd", "/")


def soft_loop(file: h5py.File, name: str, tmp_path: Path) -> None:
    file[name] = h5py.SoftLink("/" + name)


def virtual(file: h5py.File, name: str, tmp_path: Path) -> None:
    source = h5py.VirtualSource(tmp_path / "other.h5", "x", shape=(3, 3, 3, 6))
    layout = h5py.VirtualLayout((3, 3, 3, 6), np.float32)
    layout[:] = source
    file.create_virtual_dataset(name, layout)


def external_storage(file: h5py.File, name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(648))
    file.create_dataset(name, (3, 3, 3, 6), "f4", external=[(str(secret), 0, 648)])


def declared(file: h5py.File, name: str, tmp_path: Path) -> None:
    file.create_dataset(name, (10_000_000_000,), "f4", chunks=(1024,))


def declared_at_once(file: h5py.File, name: str, tmp_path: Path) -> None:
    file.create_dataset(name, (10_000_000_000,), "f4")


def declared_packed(file: h5py.File, name: str, tmp_path: Path) -> None:
    file.create_dataset(name, (10_000_000_000,), "f4", chunks=(1024,), compression="gzip")


def named_type(file: h5py.File, name: str, tmp_path: Path) -> None:
    file[name] = np.dtype("f4")


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (external_link, "link to another place"),
        (soft_loop, "link to another place"),
        (virtual, "stored in other files"),
        (external_storage, "stored in other files"),
        (declared, "declares 40,000,000,000 bytes but contains 0"),
        (declared_at_once, "declares 40,000,000,000 bytes but contains 0"),
        (declared_packed, "declares 40,000,000,000 bytes but contains 0"),
        (named_type, "neither a group nor a dataset"),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
@pytest.mark.parametrize("form", ["keras 3", "legacy", "archive"])
def test_hdf5_that_points_outside_or_declares_too_much(
    form: str, attack: Any, reason: str, tmp_path: Path, files: tuple[Path, Path], legacy: Path
):
    path = legacy if form == "legacy" else files[1]
    name = LEGACY_KERNEL if form == "legacy" else KERNEL
    with h5py.File(path, "r+") as file:
        del file[name]
        attack(file, name, tmp_path)
    if form == "archive":
        with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
            archive.write(files[0], "config.json")
            archive.write(files[1], "model.weights.h5")
    before, started = peak_memory(), time.process_time()
    with pytest.raises(ModelError, match=reason):
        load_model(*{"keras 3": files, "legacy": (legacy,), "archive": (tmp_path / "m.keras",)}[form])
    assert peak_memory() - before < 200 and time.process_time() - started < 20


TEXT = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
RECORD = h5py.h5t.py_create(np.dtype([("a", h5py.string_dtype())]), logical=True)
ANY_LENGTH = [
    *(RECORD, h5py.h5t.array_create(TEXT, (4,)), h5py.h5t.vlen_create(h5py.h5t.NATIVE_INT32)),
    h5py.h5t.array_create(RECORD, (2,)),
]
"""Types whose values take memory that nothing beside them declares."""


@pytest.mark.parametrize("kind", ANY_LENGTH)
def test_records_and_arrays_of_texts(kind: h5py.h5t.TypeID, legacy: Path):
    good = legacy.read_bytes()
    with h5py.File(legacy, "r+") as file:
        h5py.h5a.create(file["model_weights"].id, b"odd", kind, h5py.h5s.create_simple((3,)))
    with pytest.raises(ModelError, match=r"'odd' of `/model_weights` is neither text nor numbers"):
        load_model(legacy)
    legacy.write_bytes(good)
    with h5py.File(legacy, "r+") as file:
        h5py.h5d.create(file["model_weights"].id, b"odd", kind, h5py.h5s.create_simple((3,)))
    with pytest.raises(ModelError, match=r"`/model_weights/odd` contains text, references or records"):
        load_model(legacy)


def test_objects_under_two_names(legacy: Path):
    """A group inside itself has no end, and one dataset for many weights makes much of little."""
    good = legacy.read_bytes()
    for link, target in (("model_weights/again", "model_weights"), ("root", "/"), ("k", LEGACY_KERNEL)):
        legacy.write_bytes(good)
        with h5py.File(legacy, "r+") as file:
            file[link] = file[target]
        with pytest.raises(ModelError, match="has two names"):
            load_model(legacy)


def test_pieces_larger_than_what_they_hold(legacy: Path):
    with h5py.File(legacy, "r+") as file:
        del file[LEGACY_KERNEL]
        chunks = (512, 512, 16, 16)
        file.create_dataset(LEGACY_KERNEL, (3, 3, 3, 6), "f4", chunks=chunks, maxshape=(None,) * 4)
    with pytest.raises(ModelError, match="chunks larger than itself"):
        load_model(legacy)


def test_data_that_was_packed_tighter_than_weights_are(tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(KERNEL, (3000, 3000), "f4", data=np.zeros((3000, 3000)), compression="gzip")
    with pytest.raises(ModelError, match="declares 36,000,000 bytes but contains"):
        load_model(files[0], path)


def test_weights_that_were_packed(legacy: Path):
    """Some tools do; every weight is found all the same."""
    with h5py.File(legacy, "r+") as file:
        value = file[LEGACY_KERNEL][()]
        del file[LEGACY_KERNEL]
        file.create_dataset(LEGACY_KERNEL, data=value, compression="gzip", shuffle=True)
    np.testing.assert_array_equal(load_model(legacy).get_layer("conv_1").get_weights()[0], value)


# --- More than any model needs -----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["keras 3", "legacy"])
def test_more_weights_than_the_file_holds_take_no_memory(
    form: str, tmp_path: Path, files: tuple[Path, Path], legacy: Path
):
    config = json.loads(files[0].read_text(encoding="utf-8"))
    for inner in config["config"]["layers"]:
        if inner["class_name"] == "Dense":
            inner["config"]["units"] = 2_000_000_000
    path = tmp_path / "m.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    before = peak_memory()
    with pytest.raises(ModelError, match=r"not belong to this architecture: head.*2000000000"):
        load_model(path, files[1] if form == "keras 3" else legacy)
    assert load_model(*files).count_params() > 0  # and Keras has forgotten them
    assert peak_memory() - before < 200


def test_a_group_in_the_place_of_a_weight(legacy: Path):
    with h5py.File(legacy, "r+") as file:
        del file[LEGACY_KERNEL]
        file.create_group(LEGACY_KERNEL)
    with pytest.raises(ModelError, match="damaged"):
        load_model(legacy)


def test_one_dataset_for_several_weights(tmp_path: Path):
    """Much memory could be asked for with little."""
    make, path = keras.layers, tmp_path / "m.h5"
    keras.Sequential([keras.Input((4,)), make.Dense(4, name="a"), make.Dense(4, name="b")]).save(path)
    with h5py.File(path, "r+") as file:
        file["k"], file["bias"] = np.zeros((4, 4), np.float32), np.zeros(4, np.float32)
        for name in ("a", "b"):
            file[f"model_weights/{name}"].attrs["weight_names"] = [b"/k", b"/bias"]
    with pytest.raises(ModelError, match="stands for several weights"):
        load_model(path)


def test_numbers_of_two_bytes_that_hdf5_has_no_name_for(tmp_path: Path):
    """Keras writes bfloat16 so; records of two bytes are none."""
    keras.config.set_dtype_policy("bfloat16")
    try:
        model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 3)])
    finally:
        keras.config.set_dtype_policy("float32")
    path = tmp_path / "model.keras"
    model.save(path)
    for ours, theirs in zip(load_model(path).get_weights(), model.get_weights(), strict=True):
        assert ours.dtype == theirs.dtype and np.array_equal(ours.view("u2"), theirs.view("u2"))


@pytest.mark.parametrize("kind", ["V4", [("a", "i2")]])
def test_records_are_no_numbers(legacy: Path, kind: Any):
    with h5py.File(legacy, "r+") as file:
        file.create_dataset("model_weights/odd", data=np.zeros(3, kind))
    with pytest.raises(ModelError, match=r"`/model_weights/odd` contains text, references or records"):
        load_model(legacy)
