"""TensorFlow.js layers models as the Python converter (tensorflowjs 3.11 and 4.22) makes them of Keras files.

Written by its source: names and order of the weights, groups and shards, what quantising does to numbers.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Named = list[tuple[str, np.ndarray]]

STORED = {"float64": "float32", "float16": "float32", "int64": "int32", "uint32": "int32"}


def convert_h5(source: Path, folder: Path, quantised: str = "", shard: int = 2**22, groups: int = 1) -> Path:
    """A whole HDF5 model as TensorFlow.js takes it; the path of its JSON."""
    with h5py.File(source) as file:
        topology = {name: _text(file.attrs[name]) for name in ("keras_version", "backend")}
        topology["model_config"] = json.loads(_text(file.attrs["model_config"]))
        if "training_config" in file.attrs:
            topology["training_config"] = json.loads(_text(file.attrs["training_config"]))
        named = [one for layer in file["model_weights"].values() for one in _of_group(layer)]
    return write(folder, topology, named, quantised, shard, groups)


def _of_group(group: h5py.Group) -> Iterator[tuple[str, np.ndarray]]:
    if "weight_names" in group.attrs:
        for name in map(_text, group.attrs["weight_names"]):
            yield name.removesuffix(":0"), np.array(group[name])
    else:
        for inner in group.values():
            yield from _of_group(inner)


def convert_keras(source: Path, folder: Path) -> Path:
    """The same of a `.keras` file of Keras 3: no modules, and weights by their places in its HDF5 file."""
    with zipfile.ZipFile(source) as archive:
        config = _without(
            json.loads(archive.read("config.json")), ("module", "registered_name", "date_saved")
        )
        version = json.loads(archive.read("metadata.json"))["keras_version"]
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            places: list[str] = []
            file.visit(places.append)
            named = [(name, np.array(file[name])) for name in places if isinstance(file[name], h5py.Dataset)]
    return write(folder, {"keras_version": version, "model_config": config}, named)


def _without(node: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(node, dict):
        return {key: _without(value, keys) for key, value in node.items() if key not in keys}
    return [_without(value, keys) for value in node] if isinstance(node, list) else node


def write(
    folder: Path, topology: Any, named: Named, quantised: str = "", shard: int = 2**22, groups: int = 1
) -> Path:
    """Write the JSON and the files of numbers that it names; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    for number in range(groups):
        entries, data = [], b""
        for name, value in named[number::groups]:
            entry, packed = _packed(name, value.astype(STORED.get(value.dtype.name, value.dtype)), quantised)
            entries.append(entry)
            data += packed
        count = -(-len(data) // shard)
        paths = [f"group{number + 1}-shard{i + 1}of{count}.bin" for i in range(count)]
        for i, path in enumerate(paths):
            (folder / path).write_bytes(data[i * shard : (i + 1) * shard])
        manifest.append({"paths": paths, "weights": entries})
    document = {
        "format": "layers-model",
        "generatedBy": f"keras v{topology.get('keras_version')}",
        "convertedBy": "TensorFlow.js Converter v3.11.0",
        "modelTopology": topology,
        "weightsManifest": manifest,
    }
    (folder / "model.json").write_text(json.dumps(document), encoding="utf-8")
    return folder / "model.json"


def _packed(name: str, value: np.ndarray, quantised: str) -> tuple[dict[str, Any], bytes]:
    entry = {"name": name, "shape": list(value.shape), "dtype": value.dtype.name}
    if not quantised or value.dtype != np.float32:
        return entry, value.tobytes()
    if quantised == "float16":
        entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        return entry, value.astype(np.float16).tobytes()
    low, high = float(value.min()), float(value.max())
    scale = (high - low) / np.iinfo(quantised).max if high > low else 1.0
    low = -round(-low / scale) * scale if low <= 0 <= high else low  # zero stays zero
    numbers = np.clip(np.round((value.astype(np.float64) - low) / scale), 0, np.iinfo(quantised).max)
    packing = {"dtype": quantised, "min": low, "scale": scale, "original_dtype": "float32"}
    return entry | {"quantization": packing}, numbers.astype(quantised).tobytes()


def unpacked(value: np.ndarray, quantised: str) -> np.ndarray:
    """What is left of numbers that went through quantising."""
    entry, data = _packed("", np.asarray(value, np.float32), quantised)
    numbers = np.frombuffer(data, quantised).reshape(value.shape).astype(np.float64)
    packing = entry["quantization"]
    return (numbers * packing.get("scale", 1) + packing.get("min", 0)).astype(np.float32)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
