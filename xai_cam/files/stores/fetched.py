"""Files that are needed whole and on a disk, as a model's: fetched from a store once, and cached."""

from __future__ import annotations

import atexit
import errno
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath

from xai_cam.files.cache import Cache
from xai_cam.files.stores.contents import contents
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Listed

MODELS = frozenset({"saved_model.pb", "model.json", "config.json"})
"""What lies in a folder that is a model: only such folders are fetched."""

MAX_OBJECTS = 10_000
"""In such a folder."""


class Fetched(type(Path())):  # type: ignore[misc]
    """The path of a copy on the disk.

    Attributes
    ----------
    origin : StorePath
        What it is a copy of. Paths made of this one, and those of another process, know nothing of it.
    """

    origin: StorePath | None = None


def origin_of(path: Path) -> Path:
    """Where a file is for the user: what it is a copy of, or the path itself."""
    return getattr(path, "origin", None) or path


def fetched(path: StorePath, cache: Cache | None = None) -> Fetched:
    """A file or folder of the same name with what is in a store; what changed is fetched again.

    A folder, what the store does not tell changes of, or what the cache has no room for lasts as long as this
    process.

    Raises
    ------
    OSError
        There is no such object, or it is a folder that is no model.
    """
    objects, cache = _objects_of(path), cache or Cache()
    lines = "\n".join([f"{path}", *(f"{name} {listed}" for name, listed in objects.items())])
    key = f"object-{hashlib.sha256(lines.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}"
    known = objects.keys() == {path.name} and all(listed.tag for listed in objects.values())
    entry = cache.find(key) if known else None
    if entry is None and known:
        size = sum(listed.size for listed in objects.values())
        entry = cache.keep(key, lambda folder: _fetch(path, objects, folder), size)
    if entry is None:
        entry = Path(tempfile.mkdtemp(prefix="xai-cam-"))
        atexit.register(shutil.rmtree, entry, ignore_errors=True)
        _fetch(path, objects, entry)
    copy = Fetched(entry / path.name)
    copy.origin = path
    return copy


def _objects_of(path: StorePath) -> Mapping[str, Listed]:
    """What is to be fetched, by its name from the folder around it on."""
    found = path.look()
    if found is None:
        raise FileNotFoundError(errno.ENOENT, "there is no such object", str(path))
    if not found.is_folder:
        return {path.name: found.listed}
    inside = contents(path).listed
    if not MODELS & inside.keys():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, and no model's", str(path))
    if len(inside) > MAX_OBJECTS:
        raise OSError(errno.EFBIG, f"it has more than {MAX_OBJECTS:,} objects in it", str(path))
    return {f"{path.name}/{name}": listed for name, listed in inside.items()}


def _fetch(path: StorePath, objects: Mapping[str, Listed], folder: Path) -> None:
    for name in objects:
        target = folder / PurePath(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        place = path.parent / name
        place.store.fetch(place.key, target)
