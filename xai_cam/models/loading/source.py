"""Model files -> their contents, with nothing built: configuration, origin, place of the weights."""

from __future__ import annotations

import io
import json
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, cast

from xai_cam.errors import ModelError
from xai_cam.models.loading.hdf5 import CheckedH5, Guard, open_h5, text_of
from xai_cam.models.loading.keras1 import from_keras_0
from xai_cam.models.loading.sniff import Kind, first_look, known, no_architecture, weights_kind
from xai_cam.models.loading.training import Training, loss_in, training_of
from xai_cam.models.loading.upgrade import Origin

DAMAGES = (
    *(ValueError, KeyError, OSError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""What the readers of JSON and zip make of a damaged file."""

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

DESCRIPTIONS = ("config.json", "metadata.json")
"""Members of an archive that say what the model is, and which Keras wrote it."""

BLOCK = 2**20

MAX_WEIGHTS = 64 * 2**30

BEST_COMPRESSION = 100
"""Weights are noise, which hardly shrinks; what was packed tighter is there to fill the memory."""

OpenH5 = Callable[[Path | BinaryIO], CheckedH5]


@dataclass(frozen=True)
class Source:
    """The contents of the files; `weights`, checked and open, is None if only the architecture is read.

    `loss` is the name of the loss that the model was trained with, if they tell.
    """

    config: dict[str, Any]
    weights: CheckedH5 | None = None
    origin: Origin = field(default_factory=Origin)
    loss: str | None = None


@contextmanager
def open_source(model: Path, weights: Path | None = None, guard: Guard = nullcontext) -> Iterator[Source]:
    """Read the configuration and open the weights, building nothing; each file is opened and checked once.

    Parameters
    ----------
    model, weights : Path
        Architecture JSON, whole H5 or `.keras`; H5 file with the weights of a JSON.
    guard : callable
        As for `open_h5`.

    Raises
    ------
    ModelError
        A file is missing, damaged, of the wrong kind, or larger than any model.
    """
    with ExitStack() as stack:
        yield _read(model, weights, lambda source: stack.enter_context(open_h5(source, guard)))


def _read(model: Path, weights: Path | None, opened: OpenH5) -> Source:
    kind = first_look(model)
    if kind is Kind.ARCHITECTURE:
        config, version, own = _read_json(model), None, None
    elif kind is Kind.KERAS_ARCHIVE:
        config, version, inner = _read_archive(model, weights is None)
        own = opened(inner) if inner else None
    else:
        own = opened(model)
        config, version = _read_whole_h5(own, model)
    if not isinstance(config, dict):
        raise ModelError(f"{model} does not describe a Keras model. Write it with `model.to_json()`.")
    held = own if weights is None else opened(_h5_of(weights))
    told = [_told(h5) for h5 in ((held,) if held is own else (held, own)) if h5]
    backend = next((one.backend for one in told if one.backend), None)
    losses = [loss_in(config.get("compile_config")), *(one.loss for one in told)]
    return Source(config, held, Origin(version, backend), next(filter(None, losses), None))


def _told(h5: CheckedH5) -> Training:
    with h5.reading() as file:
        return training_of(file)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """For reading JSON and archives only: errors meanwhile mean that the file is damaged."""
    try:
        yield
    except DAMAGES as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ModelError:
    return ModelError(f"{path} is damaged ({error}). Copy or export it again.")


def _read_json(path: Path) -> Any:
    with _reading(path):
        if path.stat().st_size > MAX_JSON:
            raise _too_large(path)
        text = path.read_text(encoding="utf-8-sig")
    return parse(text, path)


def _read_whole_h5(h5: CheckedH5, path: Path) -> tuple[Any, str | None]:
    """Configuration, and version of Keras."""
    with h5.reading() as file:
        if "model_config" not in file.attrs:
            known(weights_kind(file), path)
            raise no_architecture(path)
        text, version = text_of(file.attrs["model_config"]), text_of(file.attrs.get("keras_version"))
    return parse(text or "", path), version


def _h5_of(weights: Path) -> Path | BinaryIO:
    """The file itself, or the weights inside an archive."""
    if first_look(weights) is not Kind.KERAS_ARCHIVE:
        return weights
    _, _, inner = _read_archive(weights, True)
    assert inner is not None
    return inner


def _read_archive(path: Path, with_weights: bool) -> tuple[Any, str | None, BinaryIO | None]:
    """Configuration, version of Keras, and the weights if they are requested."""
    with _reading(path), path.open("rb") as file:
        count = _count_members(file)
    if count > MAX_MEMBERS:
        raise _too_large(path)
    with _reading(path), zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
        _check_names(members, path)
        texts = [_member(archive, members[name], path) for name in DESCRIPTIONS if name in members]
        inner = _unpacked(archive, members["model.weights.h5"], path) if with_weights else None
    config, *metadata = [parse(text, path) for text in texts]
    version = metadata[0].get("keras_version") if metadata and isinstance(metadata[0], dict) else None
    return config, text_of(version), inner


def _check_names(members: Iterable[str], path: Path) -> None:
    """See that an archive has the members of a `.keras` model, and none that leads out of it."""
    for name in members:
        inside = PureWindowsPath(name)  # it takes both kinds of slash
        if inside.anchor or ".." in inside.parts:
            raise ModelError(
                f"{path} is refused: it contains {name!r}, a path that leads out of the archive. Get a new "
                "copy of the file from its source."
            )
    if not {"config.json", "model.weights.h5"} <= set(members):
        raise ModelError(f"{path} is a zip file, but not a .keras model. Save it with `model.save`.")


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
        raise zipfile.BadZipFile(f"{member.filename} is compressed in a way that Keras never uses")
    packed = max(member.compress_size, 1)
    if member.file_size > most or (member.file_size > 2**24 and member.file_size > packed * BEST_COMPRESSION):
        raise _too_large(path)
    size = 0
    with archive.open(member) as file:
        while block := file.read(BLOCK):  # no more at once than a member may declare wrongly
            size += len(block)
            if size > member.file_size:
                raise zipfile.BadZipFile(f"{member.filename} is larger than declared")
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
        It is no JSON, or too large, nested too deeply, or of a kind of model that is gone.
    """
    if len(text) > MAX_JSON:
        raise _too_large(path)
    try:
        config = json.loads(text)
    except RecursionError as error:
        raise _too_large(path) from error
    except ValueError as error:
        raise _damaged(path, error) from error
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
        f"{path} is refused: it is larger or nested deeper than the configuration of any model. Get a new "
        "copy of the file from its source."
    )
