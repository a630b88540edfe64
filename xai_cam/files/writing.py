"""Safe writing of files: whole or not at all, under safe names, never over an input."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Any

from xai_cam.errors import InputError, OutputError, XaiCamError
from xai_cam.files.leftovers import complete, sweep
from xai_cam.files.names import MAX_WINDOWS, as_told, check_name, real_path
from xai_cam.files.own_folders import NEW
from xai_cam.files.real_paths import RealPaths
from xai_cam.files.regular import open_regular
from xai_cam.files.staging import Staging
from xai_cam.files.stores.local_files import NO_ROOM
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.refusals import CHECK_THEM, CredentialsError
from xai_cam.files.stores.trials import try_writing
from xai_cam.files.stores.uploads import upload

BLOCK = 1 << 20

TOO_LONG = "Give the image a shorter name."
"""Advice where an output's name is too long."""

FULL = (*NO_ROOM, errno.EFBIG)
"""How a system says that there is no room for a file, or that it may not be so large."""


def write_whole(path: Path, data: bytes, argument: str = "`output`", kept: bool = False) -> None:
    """Write `data` under a temporary name beside `path`, then rename: it appears whole or not at all.

    It is on the disk before it has its name. `argument` names the place, as messages do. What is to be `kept`
    stays on this machine if it cannot be uploaded to a store, and the error says where.

    Raises
    ------
    OutputError
        The folder cannot be written to, or the disk is full. Nothing is left behind.
    """
    write_together([(path, data)], argument, kept)


def write_together(
    files: Sequence[tuple[Path, bytes]], argument: str = "`output`", kept: bool = False
) -> None:
    """As `write_whole`, for files that belong together: none gets its name before all are on the disk.

    A run that is killed between two names is completed when the same files are written again. In a store
    each is there as soon as it is written, in this order.

    Raises
    ------
    OutputError
    """
    path = Path()
    try:
        with ExitStack() as leaving:
            staged: dict[Path, tuple[Staging, dict[Path, Path]]] = {}
            for path, data in files:
                check_name(path, argument)
                remote = isinstance(path, StorePath)
                if isinstance(path, StorePath) and not kept:
                    upload(path, data)
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                if not remote and path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "Is a directory")
                if path.parent not in staged:
                    staged[path.parent] = leaving.enter_context(Staging(path.parent)), {}
                staging, names = staged[path.parent]
                names[staging.write(data)] = path
            for staging, names in staged.values():
                path = next(iter(names.values()))
                if len(names) > 1:  # else there is nothing to complete, in a folder that may be large
                    complete(list(names.values()))
                staging.name(names)
    except OSError as error:
        raise cannot_write(path, error, argument) from error


def cannot_write(path: Path, error: OSError, argument: str = "`output`") -> OutputError:
    """The error that tells why a file was not written, and what helps."""
    path = as_told(error.filename2) if error.filename2 else path
    if is_too_long(path, error):
        advice = TOO_LONG
    elif isinstance(error, CredentialsError):
        advice = CHECK_THEM
    elif error.errno in FULL:
        advice = f"Free space or use another {argument}."
    else:
        advice = f"Use another {argument}."
    return OutputError(f"Cannot write {path}: {error.strerror or error}. {advice}")


def is_too_long(path: Path, error: Exception) -> bool:
    """Whether a file was not written for the length of its name, or on Windows of its path."""
    if not isinstance(error, OSError):
        return False
    longest = os.name == "nt" and error.errno == errno.ENOENT and len(str(path.absolute())) > MAX_WINDOWS
    return error.errno == errno.ENAMETOOLONG or longest


def check_writable(folder: Path, argument: str = "`output`") -> None:
    """Check before any work is done that files can be written to `folder`, which is created.

    What killed runs left there is deleted, if it is old. In a store an empty object is written and deleted.
    `argument` names the folder, as messages do.

    Raises
    ------
    OutputError
        They cannot.
    """
    check_name(folder, argument)
    sweep(folder)
    check_swept(folder, argument)


def check_swept(folder: Path, argument: str = "`output`") -> None:
    """As `check_writable`, of a folder that is swept already, or of which much was written since.

    Raises
    ------
    OutputError
    """
    check_name(folder, argument)
    try:
        if isinstance(folder, StorePath):
            check_bucket(folder, argument)
            try_writing(folder.store, folder.key)
            return
        folder.mkdir(parents=True, exist_ok=True)
        with Staging(folder) as staging:
            os.close(os.open(staging.new(), NEW))
    except OSError as error:
        raise _not_writable(folder, error, argument) from error


def check_bucket(folder: StorePath, argument: str = "`output`") -> None:
    """Check, and write nothing, that there is a bucket of a store that takes files whole.

    Raises
    ------
    OutputError
    """
    try:
        folder.bucket.check()
    except OSError as error:
        raise _not_writable(folder.bucket, error, argument) from error


def _not_writable(folder: Path, error: OSError, argument: str) -> OutputError:
    reason = error.strerror or error
    advice = CHECK_THEM if isinstance(error, CredentialsError) else f"Name another with {argument}."
    return OutputError(f"Cannot write to the folder {folder}: {reason}. {advice}")


class Folders:
    """Folders for outputs; each is checked once, by the first thread that needs it.

    Parameters
    ----------
    check : callable
        Raises an error for a folder that cannot be written to. By default none is swept: a run does that as
        it begins, and its workers do not do it again.
    """

    def __init__(self, check: Callable[[Path], None] = check_swept) -> None:
        self._check = check
        self._problems: dict[Path, XaiCamError | None] = {}
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process checks them for itself."""
        return type(self), (self._check,)

    def check(self, folder: Path) -> None:
        """As the check that was given.

        Raises
        ------
        OutputError
        """
        place = folder.bucket if isinstance(folder, StorePath) else folder
        with self._lock:
            if place not in self._problems:
                self._problems[place] = None
                try:
                    self._check(folder)
                except XaiCamError as error:
                    self._problems[place] = error
            problem = self._problems[place]
        if problem is not None:
            raise problem


def reason_of(error: Exception) -> str:
    """Why an output could not be written, for a row of results."""
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return f"the name of an output is too long for the disk. {TOO_LONG}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return error.message if isinstance(error, XaiCamError) else str(error)


def check_not_input(path: Path, inputs: Iterable[Path | str | None] | RealPaths) -> None:
    """Refuse to overwrite an input.

    Raises
    ------
    InputError
    """
    check_none_is_input([path], inputs)


def check_none_is_input(paths: Iterable[Path], inputs: Iterable[Path | str | None] | RealPaths) -> None:
    """Refuse to overwrite an input by one of many outputs.

    Raises
    ------
    InputError
    """
    real = inputs if isinstance(inputs, RealPaths) else RealPaths(inputs)
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
