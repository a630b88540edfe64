"""`.keras` archives of strangers: descriptions and weights, unpacked by no name and to an honest size."""

from __future__ import annotations

import io
import lzma
import re
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, cast

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign.naming import foreign_zip
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.tree import MAX_JSON, too_large

DAMAGES = (
    *(ValueError, KeyError, OSError, EOFError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""What the readers of JSON and zip make of a damaged file."""

MAX_MEMBERS = 10_000
"""Files in an archive."""

MAX_DIRECTORY = 4 * 2**20
"""Bytes of an archive that are read at once, as its directory is, whatever its end says of the size."""

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
SHARDED = "model.weights.json"
SHARD = re.compile(r"model_\d{5}\.weights\.h5")

MAX_SHARDS = 200
"""Files of weights that an archive may have; each is unpacked to one that stays open."""

BLOCK = 2**20

SMALL = 16 * 2**20
"""Bytes up to which a member may be packed as tightly as can be."""

USUAL_COMPRESSION = 20
"""Weights are noise, which hardly shrinks; what was packed tighter is there to fill disk and memory."""


@dataclass(frozen=True)
class Archive:
    """What is in a `.keras` file: two descriptions in JSON, and the weights if they were requested.

    Sharded weights are several files and their list, in JSON too.
    """

    config: bytes
    metadata: bytes | None
    weights: BinaryIO | None = None
    listed: bytes | None = None
    shards: dict[str, BinaryIO] = field(default_factory=dict)


def read_archive(path: Path, with_weights: bool, limits: Limits) -> Archive:
    """The contents of a `.keras` file; the weights lie in files without names, which the caller closes.

    Raises
    ------
    ModelError
        It is damaged, no model, or unpacks to more than is honest or allowed.
    """
    with _opened(path) as archive:
        members = _members(archive, path)
        _check_names(members, path)
        config, metadata = (
            _member(archive, members[name], path) if name in members else None for name in (CONFIG, METADATA)
        )
        assert config is not None  # its name was checked
        if not with_weights:
            return Archive(config, metadata)
        if WEIGHTS in members:
            limits.check("bytes", members[WEIGHTS].file_size)
            return Archive(config, metadata, _unpacked(archive, members[WEIGHTS], path))
        shards = [member for name, member in members.items() if SHARD.fullmatch(name)]
        limits.check("bytes", sum(member.file_size for member in shards))
        if len(shards) > MAX_SHARDS:
            raise too_large(path)
        listed = _member(archive, members[SHARDED], path)
        return Archive(config, metadata, listed=listed, shards=_all_unpacked(archive, shards, path))


def names_in(path: Path) -> list[str]:
    """The names in a zip archive, in its order.

    Raises
    ------
    ModelError
        It is damaged, or has more than any model.
    """
    with _opened(path) as archive:
        return list(_members(archive, path))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with reading_file(path), _InPieces(path) as file, zipfile.ZipFile(file) as archive:
        yield archive


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    members = {member.filename: member for member in archive.infolist()}
    if len(members) > MAX_MEMBERS:
        raise too_large(path)
    return members


@contextmanager
def reading_file(path: Path) -> Iterator[None]:
    """For reading JSON and archives only: errors meanwhile mean that the file is damaged."""
    try:
        yield
    except DAMAGES as error:
        raise damaged_file(path, error) from error


class _InPieces(io.FileIO):
    """A file of which nobody reads much at once: the size of a zip's directory is a stranger's word."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise zipfile.BadZipFile("its directory is larger than that of any model")
        return super().read(MAX_DIRECTORY if size is None or size < 0 else size)


def _check_names(members: Collection[str], path: Path) -> None:
    """See that an archive has the members of a `.keras` model, and none that leads out of it."""
    for name in members:
        inside = PureWindowsPath(name)  # it takes both kinds of slash
        if inside.anchor or ".." in inside.parts:
            raise ModelError(
                f"{path} is refused: it contains {name!r}, a path that leads out of the archive. Get a new "
                "copy of the file from its source."
            )
    if CONFIG not in members or not {WEIGHTS, SHARDED}.intersection(members):
        raise foreign_zip(path, members)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> BinaryIO:
    """The weights as a file without a name: in memory they would lie there a second time."""
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - open as long as it is needed
    try:
        for block in _blocks(archive, member, path):
            file.write(block)
    except BaseException:
        file.close()
        raise
    return file


def _all_unpacked(
    archive: zipfile.ZipFile, members: Iterable[zipfile.ZipInfo], path: Path
) -> dict[str, BinaryIO]:
    with ExitStack() as stack:
        found = {member.filename: stack.enter_context(_unpacked(archive, member, path)) for member in members}
        stack.pop_all()
    return found


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    if member.file_size > MAX_JSON:
        raise too_large(path)
    return b"".join(_blocks(archive, member, path))


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> Iterator[bytes]:
    """What a member holds, in pieces, as long as it is no more than it says."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{member.filename} is compressed in a way that Keras never uses")
    packed = max(member.compress_size, 1)
    if member.file_size > SMALL and member.file_size > packed * USUAL_COMPRESSION:
        raise too_large(path)
    size = 0
    with archive.open(member) as file:
        while block := file.read(BLOCK):  # no more at once than a member may declare wrongly
            size += len(block)
            if size > member.file_size:
                raise zipfile.BadZipFile(f"{member.filename} is larger than declared")
            yield block
