"""Files before they have their names: in a folder beside them, flushed to the disk, then all named.

    with Staging(folder) as staging:
        path = staging.new()
        path.write_bytes(...)
        staging.name({path: folder / "map.png"})

The folder is one of `own_folders`. Where several files belong together, a list of their names is on the disk
before the first of them has its own. `leftovers` deals with what killed runs left of this.

What is to be in a store is in a temporary folder of this machine, and is uploaded when it gets its name. If
that fails it stays there, and the error says where.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from xai_cam.files.own_folders import NEW, OwnFolder
from xai_cam.files.patience import discard, patiently
from xai_cam.files.stores.paths import StorePath

NAMES = "names.json"
UNKNOWN = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""How a disk says that it knows of no flushing, or of no room that is taken beforehand."""


class Staging:
    """A folder for files that are to get their names in `folder`; deleted with the block, whatever is in it.

    Only what could not be uploaded to a store stays.

    Raises
    ------
    OSError
        Nothing can be made in `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        remote = isinstance(folder, StorePath)
        self._own = OwnFolder(Path(tempfile.gettempdir()) if remote else folder, 0o700 if remote else 0o777)
        self.place = self._own.place
        self._parts: list[Path] = []
        self._flushed: set[Path] = set()

    def __enter__(self) -> Staging:
        self._own.make()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in self._parts:  # what is refused stays, and goes with a later run
            discard(path)
        self._own.leave()

    def new(self, suffix: str = "") -> Path:
        """Where to write the next file."""
        self._parts.append(self.place / f"{len(self._parts)}{suffix}")
        return self._parts[-1]

    def write(self, data: bytes) -> Path:
        """The next file, with this content, flushed to the disk; it has the rights that any new file has."""
        path = self.new()
        with os.fdopen(os.open(path, NEW, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            _flush(file.fileno())
        self._flushed.add(path)
        return path

    def check_room(self, size: int) -> None:
        """Find out whether there is room for so many bytes, before a library is left alone with a full disk.

        Raises
        ------
        OSError
            There is none.
        """
        part = self.new()
        with os.fdopen(os.open(part, NEW, 0o666), "wb") as file:
            try:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)
                elif shutil.disk_usage(self.place).free < size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                if error.errno not in UNKNOWN:
                    raise
        discard(part)

    def flush(self, path: Path) -> None:
        """Make sure that a file is on the disk which was written to by others.

        Raises
        ------
        OSError
        """
        with path.open("rb+") as file:  # Windows flushes none that is open for reading alone
            _flush(file.fileno())

    def name(self, names: Mapping[Path, Path]) -> None:
        """Give files their names in `folder`: all of them, if need be when the same are written again.

        Raises
        ------
        OSError
            One cannot be replaced; its `filename2` says which.
        """
        if isinstance(self.folder, StorePath):
            return self._upload(names)
        for part, path in names.items():
            if path.is_dir():  # before the first has its name: one alone would be half of them
                raise IsADirectoryError(errno.EISDIR, "Is a directory", str(part), None, str(path))
        for part in names.keys() - self._flushed:
            self.flush(part)
        if len(names) > 1:
            listed = {part.name: path.name for part, path in names.items()}
            text = json.dumps({"names": listed}).encode()
            patiently(os.replace, self.write(text), self.place / NAMES)
            self._parts.append(self.place / NAMES)
        for part, path in names.items():
            rename(part, path)

    def _upload(self, names: Mapping[Path, Path]) -> None:
        """Upload files one after the other; if one fails, all of them get their names in the folder here."""
        for part, path in names.items():
            assert isinstance(path, StorePath), "what is in the folder of a store is in a store"
            try:
                path.store.write_file(path.key, part)
            except OSError as error:
                for other, named in names.items():
                    os.replace(other, self.place / named.name)  # under which it is not deleted
                reason = f"{error.strerror or error}. What was to be there is in {self.place}"
                raise OSError(error.errno, reason, str(part), None, str(path)) from None


def _flush(handle: int) -> None:
    """Wait until an open file is on the disk, so that a power failure cannot leave its name without it."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise


def rename(path: Path, target: Path) -> None:
    """Give a file its name, over what is there; where Windows refuses, for a second more.

    Raises
    ------
    OSError
    """
    patiently(os.replace, path, target)
