"""Locks between processes: one at a time looks at a file and writes to it, or has the whole of an output.

All of them end with the process that holds them, however it ends. Where the system or the disk has none (some
network drives), nothing is held, and nobody has to wait.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xai_cam.errors import OutputError
from xai_cam.files.handle_locks import try_lock
from xai_cam.files.names import real_path
from xai_cam.files.patience import discard
from xai_cam.files.stores.paths import StorePath

NAME = re.compile(r"\.xai-cam-[0-9a-f]{16}\.lock")
"""Name of the lock file of a file that is being written beside it."""

KIND = "lock of a run"
LONGEST = 1 << 12
"""Bytes of a lock file that are read; ours have a tenth of them."""

OPEN = os.O_RDWR | os.O_CREAT
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
    OPEN |= getattr(os, _flag, 0)
SECONDS_TO_LEAVE = 1.0
"""How long one that wants to share a lock tries again, as another that leaves has it alone for a moment."""


@contextmanager
def locked(handle: int, wanted: bool = True) -> Iterator[None]:
    """Wait until no other process holds a lock on an open file or folder, and hold it.

    Where the system or the disk has no such locks (Windows, some network drives), nothing is held.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    if wanted:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if wanted:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Let processes into a folder one after the other, as far as it can be locked."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        yield
        return
    try:
        with locked(handle):
            yield
    finally:
        os.close(handle)


@contextmanager
def held(path: Path | None, argument: str = "`output`", shared: bool = False) -> Iterator[None]:
    """Keep other runs from writing an output as long as the block lasts; None keeps nothing.

    A file beside it says who has it, and is gone when the last of them has ended. That of a killed run stays,
    and keeps nobody out.

    Parameters
    ----------
    path : Path, optional
        The output, which need not be there. What is no file, as `/dev/null`, is not kept, nor is an object.
    argument : str
        What names its place, as messages do.
    shared : bool
        Others that share it may write too, as runs that add rows to one table.

    Raises
    ------
    OutputError
        Another run has it.
    """
    if path is None or isinstance(path, StorePath):
        yield
        return
    if (path.exists() and not path.is_file()) or not path.parent.is_dir():
        yield
        return
    real = Path(os.path.realpath(path))
    name = os.path.basename(real_path(path))  # the same for all that its disk takes for one
    mark = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    place = real.with_name(f".xai-cam-{mark}.lock")
    handle = _take(place, shared)
    if handle is False:
        raise OutputError(
            f"{path} is being written by another run{_whose(place)}. Wait for it, or name another {argument}."
        )
    if handle is None:
        yield
        return
    try:
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, about(real.name))
        yield
    finally:
        alone = not shared or try_lock(handle)
        _leave(place, handle, alone=alone is not False)


def _take(place: Path, shared: bool) -> int | bool | None:
    """An open lock file that is locked; False: another has it; None: there are no locks here."""
    until = time.monotonic() + (SECONDS_TO_LEAVE if shared else 0)
    while True:
        handle = open_lock(place)
        if handle is None:
            return None
        got = try_lock(handle, shared)
        if got is False:
            os.close(handle)
            if time.monotonic() < until:  # one that shared it may be leaving, for which it locks it alone
                time.sleep(0.01)
                continue
            return False
        if got is None:
            _leave(place, handle, alone=True)
            return None
        if is_at(handle, place):
            return handle
        os.close(handle)  # the one before was about to delete it


def open_lock(place: Path) -> int | None:
    """An open lock file, made where there is none; None where none can be, or lies what is none of ours."""
    try:
        handle = os.open(place, OPEN, 0o666)
    except OSError:  # a folder in which nothing may be made: what is written there fails by itself
        return None
    if os.fstat(handle).st_size and read_about(place) is None:
        os.close(handle)
        return None
    return handle


def is_at(handle: int, place: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), place.lstat())
    except OSError:
        return False


def _leave(place: Path, handle: int, alone: bool) -> None:
    """Close a lock file, and delete it where nobody else has it. Windows deletes none that is open."""
    if os.name == "nt":
        os.close(handle)
    if alone:
        discard(place)
    if os.name != "nt":
        os.close(handle)


def about(name: str = "") -> bytes:
    """What a lock file says: whose it is, and of which file."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    facts = {"xai-cam": KIND, "file": name, "process": os.getpid(), "host": socket.gethostname()}
    return json.dumps({**facts, "since": since}).encode() + b"\n"


def _whose(place: Path) -> str:
    facts = read_about(place) or {}
    if not isinstance(facts.get("process"), int):
        return ""
    where = "" if facts.get("host") == socket.gethostname() else f" on {facts.get('host')}"
    return f" (process {facts['process']}{where}, since {facts.get('since')})"


def read_about(place: Path) -> dict[str, object] | None:
    """What a lock file says; None if it is none of ours."""
    try:
        with place.open("rb") as file:
            found = json.loads(file.read(LONGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("xai-cam") == KIND else None
