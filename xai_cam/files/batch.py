"""Outputs of several images: written as they come, named when all of them are on the disk.

A disk takes much longer to make sure of one file after the other than of several together.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

from xai_cam.errors import OutputError, XaiCamError
from xai_cam.files.names import check_name
from xai_cam.files.own_folders import NEW
from xai_cam.files.staging import Staging, rename
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.uploads import upload_all
from xai_cam.files.writing import cannot_write


class OutputBatch:
    """Files in any folders, each whole or not at all; several threads may write at a time.

    What goes to a store waits in memory, and is written there when the others get their names.
    """

    def __init__(self) -> None:
        self._leaving = ExitStack()
        self._stagings: dict[Path, Staging] = {}
        self._parts: dict[Path, Path] = {}
        self._uploads: dict[Path, bytes] = {}
        self._new: set[Path] = set()
        self._lock = Lock()

    def write(self, path: Path, data: bytes, new: bool = False) -> None:
        """Write a file, which gets its name later; a `new` one, in a store, replaces nothing of others.

        Raises
        ------
        OutputError
            Its folder cannot be written to, or the disk is full.
        """
        check_name(path)
        if isinstance(path, StorePath):
            with self._lock:
                self._uploads[path] = data
                self._new |= {path} if new else set()
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "Is a directory")
            with self._lock:
                if path.parent not in self._stagings:
                    self._stagings[path.parent] = self._leaving.enter_context(Staging(path.parent))
                part = self._stagings[path.parent].new()
            with os.fdopen(os.open(part, NEW, 0o666), "wb") as file:
                file.write(data)
        except OSError as error:
            raise cannot_write(path, error) from error
        with self._lock:
            self._parts[path] = part

    def name(self, stop: bool = False) -> dict[Path, XaiCamError]:
        """Make sure of all files, and give them their names; why that was not possible, by path.

        With `stop`, nothing is named behind the first that fails. The batch is empty then.
        """
        with self._lock:
            failed: dict[Path, XaiCamError] = {}
            for _ in self._named(failed):
                if failed and stop:
                    break
            for path, error in upload_all(self._uploads, self._new, stop).items():
                failed[path] = _caused(path, error) if isinstance(error, OSError) else error
            self._forget()
        return failed

    def discard(self) -> None:
        """Delete what has no name yet."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._leaving.close()
        self._stagings, self._parts, self._uploads, self._new = {}, {}, {}, set()

    def _named(self, failed: dict[Path, XaiCamError]) -> Iterator[Path]:
        for path, part in self._parts.items():
            try:
                self._stagings[path.parent].flush(part)
            except OSError as error:
                failed[path] = _caused(path, error)
        for path, part in self._parts.items():
            try:
                if path not in failed:
                    rename(part, path)
            except OSError as error:
                failed[path] = _caused(path, error)
            yield path


def _caused(path: Path, error: OSError) -> OutputError:
    problem = cannot_write(path, error)
    problem.__cause__ = error
    return problem
