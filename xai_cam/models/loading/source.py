"""Model files -> what they say, with nothing built: configuration, origin, place of the weights."""

from __future__ import annotations

import io
import json
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, cast

from xai_cam.errors import ModelError
from xai_cam.models.loading.hdf5 import open_h5, text_of
from xai_cam.models.loading.keras1 import from_keras_0
from xai_cam.models.loading.sniff import Kind, sniff
from xai_cam.models.loading.upgrade import Origin

Weights = Path | BinaryIO | None

MAX_JSON = 32 * 2**20
"""Bytes of a configuration; that of NASNetLarge takes 2 MB."""

MAX_NESTED = 200
"""Depth of brackets in a configuration; a model inside a model inside a model takes about 30."""

MAX_CLASSES = 20_000
"""Layers, initialisers and so on in a configuration; NASNetLarge has 6,000."""

MAX_LAYERS = 3_000
"""In one model; Keras takes its time for each."""

MAX_NODES = 400_000
"""Values, lists and dicts in a configuration."""

SHAPES = ("batch_shape", "batch_input_shape", "input_shape", "build_input_shape")

MAX_SIDE = 100_000
"""Rows, columns or channels of an input."""

MAX_MEMBERS = 10_000
"""Files in an archive."""

BLOCK = 2**20

MAX_WEIGHTS = 64 * 2**30

BEST_COMPRESSION = 100
"""Weights are noise, which hardly shrinks; what was packed tighter is there to fill the memory."""

KERAS1_WEIGHTS = ("_W", "_b", "_gamma", "_running_mean")
"""Endings of names that no later Keras gave."""


@dataclass(frozen=True)
class Source:
    """What the files say; `weights` is None where an architecture alone was asked for."""

    config: dict[str, Any]
    weights: Weights = None
    origin: Origin = field(default_factory=Origin)


def read_source(model: Path, weights: Weights = None) -> Source:
    """Read the configuration and locate the weights, building nothing.

    Raises
    ------
    ModelError
        A file is missing, damaged, or larger than any model.
    """
    kind = sniff(model)
    try:
        if isinstance(weights, Path) and sniff(weights) is Kind.KERAS_ARCHIVE:
            weights = _read_archive(weights, None).weights
        if kind is Kind.KERAS_ARCHIVE:
            source = _read_archive(model, weights)
        elif kind is Kind.WHOLE_H5:
            source = _read_whole_h5(model, weights)
        else:
            source = _read_json(model, weights)
    except (
        ValueError,
        KeyError,
        OSError,
        EOFError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise ModelError(f"{model} is damaged ({error}). Copy or export it again.") from error
    if not isinstance(source.config, dict):
        raise ModelError(f"{model} describes no Keras model. Write it with `model.to_json()`.")
    return source


def _read_json(path: Path, weights: Weights) -> Source:
    if path.stat().st_size > MAX_JSON:
        raise _too_large(path)
    config = parse(path.read_text(encoding="utf-8-sig"), path)
    return Source(config, weights, Origin(backend=_backend_of(weights)))


def _read_whole_h5(path: Path, weights: Weights) -> Source:
    with open_h5(path) as file:
        text = text_of(file.attrs["model_config"]) or ""
        origin = Origin(text_of(file.attrs.get("keras_version")), backend_of(file))
    if weights is not None:
        origin = Origin(origin.keras_version, _backend_of(weights) or origin.backend)
    return Source(parse(text, path), weights or path, origin)


def _read_archive(path: Path, weights: Weights) -> Source:
    with path.open("rb") as file:
        if _count_members(file) > MAX_MEMBERS:
            raise _too_large(path)
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
        for name in members:
            inside = PureWindowsPath(name)  # it takes both kinds of slash
            if inside.anchor or ".." in inside.parts:
                raise ModelError(
                    f"{path} is refused: it holds {name!r}, a path that leads out of the archive. Get the "
                    "file from where it was made."
                )
        if "config.json" not in members or "model.weights.h5" not in members:
            raise ModelError(f"{path} is a zip file, but no .keras model. Save it with `model.save`.")
        config = parse(_member(archive, members["config.json"], path), path)
        metadata = (
            parse(_member(archive, members["metadata.json"], path), path)
            if "metadata.json" in members
            else {}
        )
        inner = weights or _unpacked(archive, members["model.weights.h5"], path)
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return Source(config, inner, Origin(text_of(version), _backend_of(inner)))


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> BinaryIO:
    """The weights as a file without a name: in memory they would lie there a second time."""
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - open as long as it is needed
    for block in _blocks(archive, member, path, MAX_WEIGHTS):
        file.write(block)
    return file


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    return b"".join(_blocks(archive, member, path, MAX_JSON))


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, most: int) -> Iterator[bytes]:
    """What a member holds, in pieces, as long as it is no more than it says."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{member.filename} is packed as Keras never does")
    packed = max(member.compress_size, 1)
    if member.file_size > most or (member.file_size > 2**24 and member.file_size > packed * BEST_COMPRESSION):
        raise _too_large(path)
    size = 0
    with archive.open(member) as file:
        while block := file.read(BLOCK):  # no more at once than a member may declare wrongly
            size += len(block)
            if size > member.file_size:
                raise zipfile.BadZipFile(f"{member.filename} is larger than it says")
            yield block


def _count_members(file: BinaryIO) -> int:
    """What the record at the end of a zip file says, before anything else of it is read."""
    file.seek(0, io.SEEK_END)
    file.seek(max(file.tell() - 2**16 - 22, 0))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    return struct.unpack_from("<H", end, at + 10)[0] if 0 <= at <= len(end) - 22 else 0


def parse(text: str | bytes, path: Path) -> Any:
    """JSON of bounded size and depth, with the layers of Keras 0 in the form of Keras 1.

    Raises
    ------
    ModelError
        It is too large, nested too deeply, or of a kind of model that is gone.
    ValueError
        It is no JSON.
    """
    if len(text) > MAX_JSON:
        raise _too_large(path)
    try:
        config = json.loads(text)
    except RecursionError as error:
        raise _too_large(path) from error
    if not _is_of_a_models_size(config):
        raise _too_large(path)
    return from_keras_0(config)


def _is_of_a_models_size(config: Any) -> bool:
    """Whether a JSON tree is no deeper, longer or larger than that of any model."""
    depth, nodes, classes = 0, 0, 0
    level = [config]
    while level:
        depth += 1
        nodes += len(level)
        objects = [node for node in level if isinstance(node, dict)]
        classes += sum("class_name" in node for node in objects)
        layers = max(
            (len(node["layers"]) for node in objects if isinstance(node.get("layers"), list)), default=0
        )
        sides = (side for node in objects for key in SHAPES for side in _list(node.get(key)))
        if depth > MAX_NESTED or nodes > MAX_NODES or classes > MAX_CLASSES or layers > MAX_LAYERS:
            return False
        if any(isinstance(side, int) and side > MAX_SIDE for side in sides):
            return False
        level = [
            inner for node in level for inner in (node.values() if isinstance(node, dict) else _list(node))
        ]
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _too_large(path: Path) -> ModelError:
    return ModelError(
        f"{path} is refused: it is larger or nested deeper than the configuration of any model. Get the "
        "file from where it was made."
    )


# --- The backend that trained the weights ------------------------------------------------------------


def _backend_of(weights: Weights) -> str | None:
    if weights is None:
        return None
    with open_h5(weights) as file:
        return backend_of(file)


def backend_of(file: Any) -> str | None:
    """Theano or TensorFlow, as far as a weights file tells.

    Keras 2 says it; Keras 1 named its weights after the backend's variables, `dense_1_W` in Theano and
    `dense_1_W:0` in TensorFlow; Keras 0 knew hardly anything but Theano.
    """
    group = file.get("model_weights", file)
    if "nb_layers" in group.attrs:
        return "theano"
    told = text_of(group.attrs.get("backend")) or text_of(file.attrs.get("backend"))
    if told or text_of(group.attrs.get("keras_version")):
        return told
    for layer in group.values():
        for name in map(text_of, layer.attrs.get("weight_names", ())):
            if name and "/" not in name and name.removesuffix(":0").endswith(KERAS1_WEIGHTS):
                return "tensorflow" if name.endswith(":0") else "theano"
    return None
