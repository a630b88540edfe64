"""Changes to what is inside of HDF5 files and archives, each by numbers that stand for anything."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

VALUES: list[Any] = [
    *(b"", b"x" * 70_000, "text", 7, -1.5, np.zeros(0), np.zeros((3, 3)), np.arange(5, dtype="i8")),
    *(np.array([b"a", b"b"]), np.array(["a", "b"], dtype=object), h5py.Empty("f4"), True, b"{", b"[[[["),
]


def change_h5(path: Path, where: int, other: int, what: int) -> None:
    """Something inside an HDF5 file taken away, put in the place of another, or made into something else."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        if names:
            name = names[where % len(names)]
            H5_CHANGES[what % len(H5_CHANGES)](file, name, names[other % len(names)], other)


def _delete(file: h5py.File, name: str, _other: str, _number: int) -> None:
    del file[name]


def _copy(file: h5py.File, name: str, other: str, _number: int) -> None:
    if not other.startswith(name) and not name.startswith(other):
        del file[name]
        file.copy(file[other], name)


def _link(file: h5py.File, name: str, other: str, number: int) -> None:
    links = (h5py.SoftLink("/" + other), h5py.SoftLink("/" + name), h5py.ExternalLink("/etc/passwd", "/"))
    del file[name]
    file[name] = file[other] if number % 4 == 3 and other in file else links[number % 3]


def _retype(file: h5py.File, name: str, _other: str, number: int) -> None:
    """The same numbers in another type, shape or packing; a group becomes data, and data of text a group."""
    item = file[name]
    value = item[()] if isinstance(item, h5py.Dataset) else np.zeros(2, "f4")
    attributes = dict(item.attrs)
    del file[name]
    kinds: tuple[dict[str, Any], ...] = (
        {"dtype": "f8"},
        {"dtype": "f2"},
        {"dtype": "i4"},
        {"dtype": "S3"},
        {"compression": "gzip", "chunks": True},
        {"compression": "lzf", "chunks": True, "shuffle": True},
        {"maxshape": (None,) * np.ndim(value), "chunks": True},
    )
    if number % 8 == 7 or not np.ndim(value) or not np.size(value):
        file.create_group(name).attrs.update(attributes)
    else:
        kind = kinds[number % 8]
        value = (value.T if number % 3 == 0 else value).astype(kind.get("dtype", "f4"))
        file.create_dataset(name, data=value, **kind)


def _attribute(file: h5py.File, name: str, _other: str, number: int) -> None:
    """An attribute of this, or of the file as a whole, changed, taken away or added."""
    item = file[name] if number % 2 else file
    keys = [*item.attrs, "layer_names", "weight_names", "nb_layers", "new"]
    key, value = keys[number % len(keys)], VALUES[number // 7 % len(VALUES)]
    if key in item.attrs:
        del item.attrs[key]
    if number % 5 and not (isinstance(value, bytes) and len(value) > 60_000):
        item.attrs[key] = value


H5_CHANGES: tuple[Callable[[h5py.File, str, str, int], None], ...] = (
    *(_delete, _copy, _link, _retype, _retype, _attribute, _attribute),
)


def change_archive(path: Path, where: int, other: int, what: int) -> None:
    """Members of an archive renamed, doubled, exchanged, packed otherwise, or changed inside."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, RuntimeError, KeyError, OSError, zlib.error):  # an earlier change broke it
        return
    if not members:
        return
    at, place = where % len(members), other % len(members)
    name, data = members[at]
    kind = what % 8
    if kind == 0:
        del members[at]
    elif kind == 1:
        members.append((name, members[place][1]))
    elif kind == 2:
        members[at] = (("../x", "C:/x", "config.json", "", "a/" * 200, "model.weights.npz")[other % 6], data)
    elif kind == 3:
        members[at] = (name, data[: other % (len(data) + 1)])
    elif kind == 4:
        members[at] = (name, b" " * (other % 100_000))
    elif kind == 5:
        members[at] = (name, bytes(data[(i * 7 + other) % len(data)] for i in range(min(len(data), 5_000))))
    packing = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)[what // 8 % 3]
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name or "x"), data, packing)
    if kind >= 6:
        broken = bytearray(path.read_bytes())
        directory = broken.rfind(b"PK\1\2")
        broken[directory + other % max(len(broken) - directory, 1)] ^= 1 + what % 255
        path.write_bytes(bytes(broken))
