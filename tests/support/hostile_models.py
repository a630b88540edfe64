"""Model files that are small, and that would cost much to open, made by hand."""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Config = dict[str, Any]

SHAPE = [None, 16, 16, 3]

OPEN_SHAPE = [None, None, None, 3]


def layer(class_name: str, **config: Any) -> Config:
    return {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None}


def sequential(name: str, *layers: Config, shape: list[int | None] = SHAPE) -> Config:
    first = layer("InputLayer", batch_shape=shape, name=f"{name}_input")
    config = {"name": name, "layers": [first, *layers]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


def tensor(name: Any, call: Any = 0, number: Any = 0) -> Config:
    return tensor_with([name, call, number])


def tensor_with(history: Any) -> Config:
    config = {"shape": SHAPE, "dtype": "float32", "keras_history": history}
    return {"class_name": "__keras_tensor__", "config": config}


def called(layer: Config, *inputs: Config) -> Config:
    """A layer of a functional model, called once on each of some tensors."""
    nodes = [{"args": [one], "kwargs": {}} for one in inputs]
    return {**layer, "name": layer["config"]["name"], "inbound_nodes": nodes}


def functional(name: str, *layers: Config, ends: list[Any], shape: list[int | None] = SHAPE) -> Config:
    first = called(layer("InputLayer", batch_shape=shape, name="i"))
    config = {"name": name, "layers": [first, *layers]}
    config |= {"input_layers": [["i", 0, 0]], "output_layers": [ends]}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": None}


def write(folder: Path, config: Config) -> tuple[Path, Path]:
    """A JSON, and weights that no model has, which is told last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m.json").write_text(json.dumps(config), encoding="utf-8")
    with h5py.File(folder / "m.weights.h5", "w") as file:
        file["layers/other/vars/0"] = np.zeros(7, np.float32)
    return folder / "m.json", folder / "m.weights.h5"


# --- Configurations ----------------------------------------------------------------------------------


def chain(count: int) -> Config:
    """A Sequential of so many ReLUs."""
    return sequential("s", *(layer("ReLU", name=f"r{i}") for i in range(count)))


def called_twice(depth: int) -> Config:
    """Models that call the model inside them twice: the innermost is called 2 ** depth times."""
    model = functional("m0", called(layer("ReLU", name="r"), tensor("i")), ends=["r", 0, 0], shape=OPEN_SHAPE)
    for i in range(depth):
        name = f"m{i}"
        inner = called(model, tensor("i"), tensor(name))
        model = functional(f"m{i + 1}", inner, ends=[name, 2, 0], shape=OPEN_SHAPE)
    return model


def around(model: Config, depth: int) -> Config:
    """Sequentials around a model, one inside the other."""
    for i in range(depth):
        model = sequential(f"around{i}", model)
    return model


# --- HDF5 and archives -------------------------------------------------------------------------------


def zeros(path: Path, count: int, megabytes: int = 16) -> Path:
    """An H5 file of zeros, each dataset packed to a thousandth of its size."""
    rows = megabytes * 2**18
    packed = zlib.compress(bytes(4 * rows), 9)
    with h5py.File(path, "w") as file:
        for i in range(count):
            place = f"layers/dense_{i}/vars/0"
            data = file.create_dataset(place, (rows,), "f4", chunks=(rows,), compression="gzip")
            data.id.write_direct_chunk((0,), packed)
    return path


def one_place(path: Path, count: int) -> Path:
    """An H5 file whose datasets of a megabyte all lie at one place of it."""
    with h5py.File(path, "w") as file:
        for i in range(count):
            file.create_dataset(f"layers/dense_{i}/vars/0", (2**18,), "f4")
        file["layers/dense_0/vars/0"][:] = 1
        place = struct.pack("<QQ", file["layers/dense_0/vars/0"].id.get_offset(), 2**20)
    nowhere = struct.pack("<QQ", 2**64 - 1, 2**20)
    path.write_bytes(path.read_bytes().replace(nowhere, place))
    return path


def one_text(path: Path, count: int, length: int = 60_000) -> Path:
    """An H5 file with attributes of a thousand texts each, all of which lie at one place of it."""
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.zeros(7, np.float32)
        file.attrs["long"] = "x" * length
        for i in range(count):
            file.create_group(f"g{i}").attrs["names"] = np.array(["y"] * 1000, dtype=object)
    data = path.read_bytes()
    at = data.index(struct.pack("<I", length))
    long, short = data[at : at + 16], re.compile(rb"(?:\x01\0\0\0.{8}.{4}){1000}", re.DOTALL)
    path.write_bytes(short.sub(long * 1000, data))
    return path


def archive(path: Path, config: Config, weights: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(config))
        file.write(weights, "model.weights.h5")
    return path


def long_directory(path: Path, count: int) -> Path:
    """An archive whose directory has so many members, and whose end speaks of two."""
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    size, start = struct.unpack_from("<II", data, end + 12)
    directory = data[start : start + size]
    entry = directory[: directory.index(b"PK\1\2", 4)]
    new = directory + entry * count
    record = data[end : end + 12] + struct.pack("<II", len(new), start) + data[end + 20 :]
    path.write_bytes(data[:start] + new + record)
    return path
