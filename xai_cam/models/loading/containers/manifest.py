"""A TensorFlow.js layers model: what its JSON says, and where its files lie. No weight is read here.

The JSON has the architecture (`modelTopology`), and names files of numbers (`weightsManifest`): in groups,
each of which is one run of bytes, cut into files at any place. Numbers may be stored as 8 or 16 bits, of
which a scale and an offset make the weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.errors import ModelError, shortened
from xai_cam.files.regular import open_regular
from xai_cam.models.loading.containers.foreign.documents import GRAPH_MODEL, named
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.tree import MAX_JSON, parse, too_large

WORDS = (b'"weightsManifest"', b'"modelTopology"')
"""What such a JSON has, and an architecture has not."""

USUAL = "model.json"

MAX_CANDIDATES, FIRST = 100, 2**16
"""JSONs of a folder that are looked into, and bytes of each."""

SIZES = {"float32": 4, "float16": 2, "int32": 4, "uint16": 2, "uint8": 1, "bool": 1}
"""Kinds of stored numbers -> bytes of one."""

QUANTISED = {"uint8": ("float32", "int32"), "uint16": ("float32", "int32"), "float16": ("float32",)}
"""What weights may be stored as -> what they are made of it."""

MAX_RANK = 32

OPTIMIZER = "optimizer"
"""The group of numbers that only a training goes on from."""


@dataclass(frozen=True)
class Entry:
    """One weight of a manifest: its name and shape, how it is stored, and what makes its numbers of that."""

    name: str
    shape: tuple[int, ...]
    stored: str
    made: str
    scale: float | None = None
    offset: float = 0.0
    of_training: bool = False

    @property
    def size(self) -> int:
        """Bytes in the files."""
        return math.prod(self.shape) * SIZES[self.stored]


@dataclass(frozen=True)
class Group:
    """Files that are one run of bytes, and the weights in it, one behind the other."""

    paths: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Document:
    """What the JSON of a layers model says."""

    topology: dict[str, Any]
    groups: tuple[Group, ...]
    training: Any


def layers_model_in(folder: Path) -> Path | None:
    """The JSON of the TensorFlow.js model in a folder: `model.json`, or the only one that is such a thing."""
    usual = folder / USUAL
    if _is_layers_model(usual):
        return usual
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".json")[:MAX_CANDIDATES]
    except OSError:
        return None
    models = [path for path in found if _is_layers_model(path)]
    return models[0] if len(models) == 1 else None


def _is_layers_model(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            text = file.read(FIRST)
    except OSError:
        return False
    return text.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and any(word in text for word in WORDS)


def read_document(path: Path) -> Document:
    """The contents of the JSON.

    Raises
    ------
    ModelError
        It is damaged, describes no layers, or names files and weights as nothing does.
    """
    try:
        with open_regular(path) as file:
            text = file.read(MAX_JSON + 1)
    except OSError as error:
        raise ModelError(f"Cannot read {path}: {error.strerror}. Check the path.") from error
    if len(text) > MAX_JSON:
        raise too_large(path)
    found = parse(text, path)
    if named(found) is GRAPH_MODEL:
        raise GRAPH_MODEL.error(path)
    topology = found.get("modelTopology") if isinstance(found, dict) else None
    if isinstance(topology, str):  # the first versions wrote it as a text
        topology = parse(topology, path)
    if not isinstance(topology, dict):
        raise ModelError(
            f"{path} has no architecture (modelTopology): it holds weights alone. Export the whole model "
            "again."
        )
    groups = found.get("weightsManifest") or []
    if not isinstance(groups, list):
        raise damaged_file(path, "its weightsManifest is not a list")
    read = tuple(_group(group, path) for group in groups)
    return Document(topology, read, topology.get("training_config") or found.get("trainingConfig"))


def shard_names(path: Path) -> list[str]:
    """The names of all files of numbers, in their order.

    Raises
    ------
    ModelError
        As of `read_document`.
    """
    return [name for group in read_document(path).groups for name in group.paths]


def _group(group: Any, path: Path) -> Group:
    paths = group.get("paths") if isinstance(group, dict) else None
    entries = group.get("weights") if isinstance(group, dict) else None
    if not isinstance(paths, list) or not all(isinstance(name, str) for name in paths):
        raise damaged_file(path, "a group of weights has no list of files")
    if not isinstance(entries, list):
        raise damaged_file(path, "a group of weights has no list of weights")
    return Group(tuple(paths), tuple(_entry(entry, path) for entry in entries))


def _entry(entry: Any, path: Path) -> Entry:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise damaged_file(path, "a weight has no name")
    shape, made, packing = entry.get("shape"), entry.get("dtype"), entry.get("quantization")
    if not isinstance(shape, list) or len(shape) > MAX_RANK or not all(_is_side(side) for side in shape):
        raise damaged_file(path, f"the shape of {name!r} is {shape!r}")
    of_training = entry.get("group") == OPTIMIZER
    if packing is None:
        if not isinstance(made, str) or made not in SIZES:
            raise ModelError(f"{path}: {_unreadable(name, made)}")
        return Entry(name, tuple(shape), made, made, of_training=of_training)
    stored = packing.get("dtype") if isinstance(packing, dict) else None
    if not isinstance(stored, str) or made not in QUANTISED.get(stored, ()):
        raise damaged_file(path, f"{name!r} is {made!r}, quantised as {stored!r}")
    if stored == "float16":
        return Entry(name, tuple(shape), stored, made, of_training=of_training)
    scale, offset = packing.get("scale"), packing.get("min")
    if not _is_number(scale) or not _is_number(offset):
        raise damaged_file(path, f"{name!r} is quantised without a scale and a minimum")
    return Entry(name, tuple(shape), stored, made, float(scale), float(offset), of_training)


def _unreadable(name: str, made: Any) -> str:
    """Why weights of that kind are refused."""
    kinds = {"string": "text", "complex64": "complex numbers"}
    what = kinds.get(made) if isinstance(made, str) else None
    what = what or f"numbers of the kind {shortened(str(made), 40)!r}"
    return (
        f"the weight {shortened(name, 200)!r} holds {what}, "
        "which no layer for images takes. Export the model again without it."
    )


def _is_side(side: Any) -> bool:
    return type(side) is int and 0 <= side < 2**40


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
