"""Safe writing of files: whole or not at all, under safe names, never over an input."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

from xai_cam.errors import InputError, OutputError, XaiCamError
from xai_cam.files.regular import open_regular

BLOCK = 1 << 20

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""Flags that open a new file for writing, and fail where there is one."""

MAX_BYTES = 96
"""Limit of a layer's or a kernel's part of a file name; most file systems allow 255 bytes in all."""

TOO_LONG = "Give the image a shorter name."
"""Advice where an output's name is too long."""


def write_whole(path: Path, data: bytes, argument: str = "`output`") -> None:
    """Write `data` under a temporary name beside `path`, then rename: it appears whole or not at all.

    `argument` names the place, as messages do.

    Raises
    ------
    OutputError
        The folder cannot be written to, or the disk is full. Nothing is left behind.
    """
    write_together([(path, data)], argument)


def write_together(files: Sequence[tuple[Path, bytes]], argument: str = "`output`") -> None:
    """As `write_whole`, for files that belong together: none gets its name before all are on the disk.

    Raises
    ------
    OutputError
    """
    temporaries: list[str] = []
    path = Path()
    try:
        for path, data in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = str(path.parent / f".xai-cam-{secrets.token_hex(8)}.tmp")
            handle = os.open(temporary, NEW, 0o666)  # the rights that any new file has
            temporaries.append(temporary)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "Is a directory")
        for path, _ in files:
            os.replace(temporaries[0], path)
            del temporaries[0]
    except OSError as error:
        advice = TOO_LONG if error.errno == errno.ENAMETOOLONG else f"Free space or use another {argument}."
        raise OutputError(f"Cannot write {path}: {error.strerror or error}. {advice}") from error
    finally:
        for temporary in temporaries:
            Path(temporary).unlink(missing_ok=True)


def check_writable(folder: Path, argument: str = "`output`") -> None:
    """Check before any work is done that files can be written to `folder`, which is created.

    `argument` names the folder, as messages do.

    Raises
    ------
    OutputError
        They cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(prefix=".xai-cam-", dir=folder).close()
    except OSError as error:
        raise OutputError(
            f"Cannot write to the folder {folder}: {error.strerror or error}. Name another with {argument}."
        ) from error


class Folders:
    """Folders for outputs; each is checked once, by the first thread that needs it."""

    def __init__(self) -> None:
        self._problems: dict[Path, XaiCamError | None] = {}
        self._lock = Lock()

    def check(self, folder: Path) -> None:
        """As `check_writable`.

        Raises
        ------
        OutputError
        """
        with self._lock:
            if folder not in self._problems:
                self._problems[folder] = None
                try:
                    check_writable(folder)
                except XaiCamError as error:
                    self._problems[folder] = error
            problem = self._problems[folder]
        if problem is not None:
            raise problem


def reason_of(error: Exception) -> str:
    """Why an output could not be written, for a row of results."""
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return f"the name of an output is too long for the disk. {TOO_LONG}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return error.message if isinstance(error, XaiCamError) else str(error)


def safe_name(text: str) -> str:
    """`outer/conv:1` -> `outer.conv-1`: a text as a part of a file's name.

    Characters that many disks refuse are replaced; a long name is cut, and made unique by a hash.
    """
    part = re.sub(r"[^\w.=+-]+", "-", text.replace("/", "."))
    if len(part.encode()) > MAX_BYTES:
        mark = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        part = part.encode()[: MAX_BYTES - 9].decode(errors="ignore") + "-" + mark
    return part


def real_path(path: Path | str) -> str:
    """A path in a form that is the same for all names of one file."""
    return os.path.normcase(os.path.realpath(path))


def check_not_input(path: Path, inputs: Iterable[Path | str | None]) -> None:
    """Refuse to overwrite an input.

    Raises
    ------
    InputError
    """
    check_none_is_input([path], inputs)


def check_none_is_input(paths: Iterable[Path], inputs: Iterable[Path | str | None]) -> None:
    """Refuse to overwrite an input by one of many outputs.

    Raises
    ------
    InputError
    """
    real = {real_path(name) for name in inputs if name}
    for path in paths:
        if real_path(path) in real:
            raise InputError(f"{path} is one of the inputs. Write the output somewhere else.")


def sha256(path: Path) -> str:
    """Hash of a regular file's content, in hexadecimal; read block by block.

    Raises
    ------
    OSError
        It cannot be read, or is no regular file.
    """
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
