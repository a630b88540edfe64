"""Which outputs a run is at, for other runs over the same folder, so that they divide the work between them.

A file `.xai-cam-runs.lock` lies in a folder as long as runs write to it. Each output is a byte of it, locked
by the run which is about to write that output, and another is locked by all of them: the last run deletes the
file. Locks end with their process, so that nobody waits for a run that was killed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from xai_cam.files.handle_locks import FAR, TAKEN
from xai_cam.files.locks import about, is_at, open_lock
from xai_cam.files.names import folded
from xai_cam.files.patience import discard
from xai_cam.files.stores.paths import StorePath

NAME = ".xai-cam-runs.lock"
PLACES = FAR - 2
"""Bytes that stand for outputs. Two that share one wait for each other, which does no harm."""


class Claims:
    """The outputs that this run is at, in any folders.

    Where a folder or its disk has no locks, as in a store, everything can be had.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, _Folder] = {}
        self._lock = Lock()

    def take(self, paths: Sequence[Path]) -> bool:
        """Whether these outputs are this run's now: all of them, or else none."""
        taken: list[Path] = []
        with self._lock:
            for path in paths:
                if not self._of(path.parent).lock(path.name):
                    self._release(taken)
                    return False
                taken.append(path)
        return True

    def release(self, paths: Iterable[Path]) -> None:
        """Leave outputs to others."""
        with self._lock:
            self._release(paths)

    def were_others(self, paths: Iterable[Path]) -> bool:
        """Whether another run was in the folder of one of these when this one came."""
        with self._lock:
            return any(self._of(path.parent).shared for path in paths)

    def tidy(self, folder: Path) -> bool:
        """Delete what a killed run left in a folder, unless others are at work there; whether it is gone."""
        if isinstance(folder, StorePath) or not (folder / NAME).exists():
            return True
        _Folder(folder).close()
        return not (folder / NAME).exists()

    def close(self) -> None:
        """Leave everything to others."""
        with self._lock:
            for folder in self._folders.values():
                folder.close()
            self._folders = {}

    def _of(self, folder: Path) -> _Folder:
        if folder not in self._folders:
            self._folders[folder] = _Folder(folder)
        return self._folders[folder]

    def _release(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self._of(path.parent).unlock(path.name)


class _Folder:
    """The lock file of one folder, open.

    Locks of parts of a file are a process's, and gone when it closes the file once: there is one of these
    for a folder in a run.
    """

    def __init__(self, folder: Path) -> None:
        self.place = folder / NAME
        remote = isinstance(folder, StorePath)
        self.shared = not remote and self.place.exists()
        self._handle = None if remote else self._enter()

    def _enter(self) -> int | None:
        while True:
            handle = open_lock(self.place)
            if handle is None or (_lock(handle, FAR - 1, shared=True) and is_at(handle, self.place)):
                break
            os.close(handle)  # the last run before this one is deleting it
        if handle is not None and not os.fstat(handle).st_size:
            with suppress(OSError):
                os.write(handle, about())
        return handle

    def lock(self, name: str) -> bool:
        return self._handle is None or _lock(self._handle, _byte_of(name))

    def unlock(self, name: str) -> None:
        if self._handle is not None:
            _unlock(self._handle, _byte_of(name))

    def close(self) -> None:
        if self._handle is None:
            return
        _unlock(self._handle, FAR - 1)  # first: of two that leave at once, neither would be alone
        alone = os.name == "nt" or (_lock(self._handle, FAR - 1) and is_at(self._handle, self.place))
        if os.name == "nt":  # which deletes no file that anybody has open
            os.close(self._handle)
        if alone:
            discard(self.place)
        if os.name != "nt":
            os.close(self._handle)
        self._handle = None


def _byte_of(name: str) -> int:
    number = int.from_bytes(hashlib.sha256(os.fsencode(folded(name))).digest()[:4], "big")
    return FAR + number % PLACES


def _lock(handle: int, byte: int, shared: bool = False) -> bool:
    """Whether a byte of an open file is now this process's; it is where there are no such locks."""
    try:
        try:
            import fcntl
        except ImportError:
            return shared or _lock_on_windows(handle, byte)
        fcntl.lockf(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB, 1, byte)
    except OSError as error:
        return error.errno not in TAKEN
    return True


def _lock_on_windows(handle: int, byte: int) -> bool:
    import msvcrt

    os.lseek(handle, byte, os.SEEK_SET)
    msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    return True


def _unlock(handle: int, byte: int) -> None:
    with suppress(OSError):
        try:
            import fcntl
        except ImportError:
            import msvcrt

            os.lseek(handle, byte, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
            return
        fcntl.lockf(handle, fcntl.LOCK_UN, 1, byte)
