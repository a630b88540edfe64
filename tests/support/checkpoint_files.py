"""Checkpoints as TensorFlow writes them, byte by byte, so that every byte can be another one."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = bytes.fromhex("57fb808b247547db")
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
FLOAT, STRING = 1, 7


@cache
def _byte(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


def crc(data: bytes) -> int:
    """CRC-32C as the definition has it, a byte at a time."""
    found = 0xFFFFFFFF
    for byte in data:
        found = found >> 8 ^ _byte((found ^ byte) & 0xFF)
    return found ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    found = crc(data)
    return ((found >> 15 | found << 17) + 0xA282EAD8) % 2**32


def number(value: int) -> bytes:
    """A varint."""
    value %= 2**64
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def field(key: int, value: int | bytes | str) -> bytes:
    """A field of a message: a varint, or bytes with their length."""
    if isinstance(value, int):
        return number(key << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(key << 3 | 2) + number(len(data)) + data


def shape_of(sides: Sequence[int]) -> bytes:
    return b"".join(field(2, field(1, side)) for side in sides)


@dataclass(frozen=True)
class Entry:
    """What an index says of a tensor."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    slices: bytes = b""

    def message(self) -> bytes:
        place = field(3, self.shard) + field(4, self.offset) + field(5, self.size)
        return (
            field(1, self.dtype)
            + field(2, shape_of(self.shape))
            + place
            + number(6 << 3 | 5)
            + struct.pack("<I", self.checksum)
            + self.slices
        )


def block(entries: Sequence[tuple[bytes, bytes]], compression: int = 0) -> bytes:
    """A block of a table, in which no key is shortened, with its trailer."""
    body = b"".join(b"\0" + number(len(key)) + number(len(value)) + key + value for key, value in entries)
    body += struct.pack("<II", 0, 1)
    return body + bytes([compression]) + struct.pack("<I", masked(body + bytes([compression])))


def table(entries: Sequence[tuple[bytes, bytes]], compression: int = 0) -> bytes:
    """A sorted table of one block."""
    first = block(entries, compression)
    meta = block([])
    handle = number(0) + number(len(first) - 5)
    index = block([(b"\xff", handle)])
    footer = (
        number(len(first)) + number(len(meta) - 5) + number(len(first) + len(meta)) + number(len(index) - 5)
    )
    return first + meta + index + footer.ljust(40, b"\0") + MAGIC


def index_of(entries: Mapping[str, Entry], shards: int = 1) -> bytes:
    """An `.index` file."""
    header = (b"", field(1, shards) + field(3, field(1, 1)))
    return table([header, *((name.encode(), entries[name].message()) for name in sorted(entries))])


def text_of(data: bytes) -> tuple[bytes, int]:
    """A text as it lies in a shard, and its checksum."""
    size = struct.pack("<I", len(data))
    total = struct.pack("<I", masked(size))
    return number(len(data)) + total + data, masked(size + total + data)


def graph_of(nodes: Sequence[tuple[Mapping[str, int], str | None]]) -> bytes:
    """An object graph: of each object its children, and the key of its tensor."""
    messages = []
    for children, key in nodes:
        parts = b"".join(field(1, field(1, i) + field(2, name)) for name, i in children.items())
        if key is not None:
            parts += field(2, field(1, "VARIABLE_VALUE") + field(2, key) + field(3, key))
        messages.append(field(1, parts))
    return b"".join(messages)


@dataclass(frozen=True)
class Written:
    """A checkpoint on disk: the prefix of its files, and what its index says."""

    prefix: Path
    entries: dict[str, Entry]

    def change(self, name: str, **values: object) -> None:
        """Let the index say something else of a tensor."""
        self.entries[name] = replace(self.entries[name], **values)  # type: ignore[arg-type]
        self.rewrite()

    def rewrite(self, shards: int = 1) -> None:
        self.prefix.with_name(self.prefix.name + ".index").write_bytes(index_of(self.entries, shards))

    @property
    def shard(self) -> Path:
        return self.prefix.with_name(self.prefix.name + ".data-00000-of-00001")


def write_checkpoint(prefix: Path, tensors: Mapping[str, np.ndarray], graph: bytes | None = None) -> Written:
    """A checkpoint of one shard, with float32 tensors and an object graph."""
    data, entries = b"", {}
    for name, values in tensors.items():
        part = values.astype("<f4").tobytes()
        entries[name] = Entry(FLOAT, values.shape, 0, len(data), len(part), masked(part))
        data += part
    if graph is not None:
        part, total = text_of(graph)
        entries[GRAPH] = Entry(STRING, (), 0, len(data), len(part), total)
        data += part
    written = Written(prefix, entries)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    written.shard.write_bytes(data)
    written.rewrite()
    return written


def write_saved_model(folder: Path) -> Path:
    """A SavedModel of a small Sequential, and its weights in `weights.npz`, which nothing but tests read."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 8, 8, 3], "name": "in"}},
        {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [3, 3]}},
        {"class_name": "Flatten", "config": {"name": "f"}},
        {"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "softmax"}},
    ]
    rng = np.random.default_rng(3)
    shapes = {"c/kernel": (3, 3, 3, 2), "c/bias": (2,), "d/kernel": (72, 3), "d/bias": (3,)}
    tensors = {name: rng.normal(size=shape).astype("f4") for name, shape in shapes.items()}
    nodes: list[tuple[Mapping[str, int], str | None]] = [
        ({"layer-0": 1, "layer_with_weights-0": 1, "layer-1": 2, "layer-2": 3, "optimizer": 8}, None),
        ({"kernel": 4, "bias": 5}, None),
        ({}, None),
        ({"kernel": 6, "bias": 7}, None),
        *(({}, name) for name in tensors),
        ({}, None),
    ]
    write_checkpoint(folder / "variables" / "variables", tensors, graph_of(nodes))
    root = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}, "keras_version": "2.13.1"}
    (folder / "keras_metadata.pb").write_bytes(metadata_of(root))
    (folder / "saved_model.pb").write_bytes(b"")
    np.savez(folder / "weights.npz", **tensors)
    return folder


def metadata_of(root: object) -> bytes:
    """The metadata of a SavedModel whose root object has this configuration."""
    node = field(3, "root") + field(4, "_tf_keras_sequential") + field(5, json.dumps(root))
    return field(1, node)


def root_of(metadata: bytes) -> Any:
    """The configuration in metadata that `metadata_of` wrote."""
    return json.loads(metadata[metadata.index(b'{"class_name"') :])
