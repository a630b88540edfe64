"""Files to read are regular ones: nothing waits at a pipe, or reads a device that has no end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

from xai_cam.files.stores.paths import StorePath

NO_OBJECT = "there is no such object"

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegularError(OSError):
    """What was to be read is no regular file; `kind` says what it is, with its article."""

    def __init__(self, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it cannot be read, because it is {kind}")
        self.kind = kind


def check_regular(path: Path | str) -> os.stat_result:
    """What the system tells of a regular file, or of the one that a link leads to; nothing is opened.

    Raises
    ------
    NotRegularError
    OSError
        There is none, or it cannot be looked at.
    """
    return _regular(path.stat() if isinstance(path, StorePath) else os.stat(path))


def open_regular(path: Path | str, buffering: int = -1) -> IO[bytes]:
    """A regular file, opened to be read.

    Raises
    ------
    NotRegularError
    OSError
        There is none, or it cannot be read.
    """
    if isinstance(path, StorePath):
        return path.open_content()
    check_regular(path)  # to open a device may do something already
    # Without waiting, since a pipe may have taken the file's place. The caller closes it.
    file = open(path, "rb", buffering, opener=_without_waiting)  # noqa: SIM115
    try:
        _regular(os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def first_bytes(path: Path | str, size: int, buffering: int = 0) -> bytes:
    """The first bytes of a regular file, without the rest of it: a buffer reads eight times as much.

    Raises
    ------
    NotRegularError
    OSError
        There is none, or it cannot be read.
    """
    if isinstance(path, StorePath):
        return path.read_head(size)
    with open_regular(path, buffering) as file:
        return file.read(size)


def read_at_most(path: Path | str, size: int) -> bytes:
    """A regular file's content, or so many of its first bytes, where they are many; errors as above."""
    return first_bytes(path, size, buffering=-1)


def why_unreadable(path: Path | str, error: OSError) -> str:
    """Why a file cannot be read, in words; nothing is opened to find out."""
    if isinstance(error, NotRegularError):
        return str(error.strerror)
    if isinstance(path, StorePath):
        return NO_OBJECT if error.errno == errno.ENOENT else f"the object cannot be read ({error.strerror})"
    if error.errno == errno.ELOOP:
        return "it is a link that leads back to itself"
    if error.errno == errno.ENOENT and os.path.islink(path):
        return "it is a link to a file that does not exist"
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        return "there is no such file"
    return f"the file cannot be read ({error.strerror or error})"


def kind_of(mode: int) -> str:
    """What a file is by its mode, with its article; empty for a regular one."""
    kind = stat.S_IFMT(mode)
    return "" if kind == stat.S_IFREG else KINDS.get(kind, "something special")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _regular(found: os.stat_result) -> os.stat_result:
    kind = kind_of(found.st_mode)
    if kind:
        raise NotRegularError(kind)
    return found
