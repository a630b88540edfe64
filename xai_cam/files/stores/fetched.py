"""Files that are needed whole and on a disk, as a model's: fetched from a store once, and cached."""

from __future__ import annotations

import atexit
import errno
import hashlib
import shutil
import tempfile
from pathlib import Path

from xai_cam.files.cache import Cache
from xai_cam.files.stores.paths import StorePath


def fetched(path: StorePath, cache: Cache | None = None) -> Path:
    """A file of the same name with the content of an object; one that changed is fetched again.

    Where the store does not tell what changes, or the cache has no room, it lasts as long as this process.

    Raises
    ------
    OSError
    """
    found = path.look()
    if found is None:
        raise FileNotFoundError(errno.ENOENT, "there is no such object", str(path))
    if found.is_folder:
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    path.listed, cache = found.listed, cache or Cache()
    named = hashlib.sha256(f"{path} {found.listed}".encode("utf-8", "surrogateescape")).hexdigest()
    key = f"object-{named[:40]}"
    entry = cache.find(key) if found.listed.tag else None
    if entry is None and found.listed.tag:
        data = path.read_bytes()
        entry = cache.keep(key, lambda folder: _write(folder / path.name, data), len(data))
    if entry is None:
        entry = Path(tempfile.mkdtemp(prefix="xai-cam-"))
        atexit.register(shutil.rmtree, entry, ignore_errors=True)
        _write(entry / path.name, path.read_bytes())
    return entry / path.name


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
