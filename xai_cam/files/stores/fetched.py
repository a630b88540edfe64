"""Files that are needed whole and on a disk, as a model's: fetched from a store once, and cached."""

from __future__ import annotations

import atexit
import errno
import hashlib
import os
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from xai_cam.files.cache import Cache
from xai_cam.files.leftovers import sweep_temporary
from xai_cam.files.stores.contents import contents
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.held_files import held_files
from xai_cam.files.stores.local_files import FETCHES, REPLACED, place_in
from xai_cam.files.stores.paths import StorePath

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
    entry = cache.find(_key_of(path, objects)) if _is_known(path, objects) else None
    if entry is None:  # to the cache it goes whole: nobody else can write there meanwhile
        sweep_temporary()
        held = held_files()
        folder = held.new_folder()
        deletion = partial(held.delete, folder)
        atexit.register(deletion)
        try:
            objects = _fetch(path, objects, folder)
        except BaseException:
            deletion()
            raise
        size = sum(listed.size for listed in objects.values())
        if _is_known(path, objects) and 0 <= size <= cache.most_bytes:
            entry = cache.keep(_key_of(path, objects), partial(_copy, folder / path.name), size)
        if entry is not None:
            deletion()
            atexit.unregister(deletion)
        entry = entry or folder
    copy = Fetched(entry / path.name)
    copy.origin = path
    return copy


def _is_known(path: StorePath, objects: Mapping[str, Listed]) -> bool:
    """Whether it is one file, of which the store tells changes."""
    return objects.keys() == {path.name} and bool(objects[path.name].tag)


def _key_of(path: StorePath, objects: Mapping[str, Listed]) -> str:
    """What it is called in the cache, as it is now."""
    lines = "\n".join([f"{path}", *(f"{name} {listed}" for name, listed in objects.items())])
    return f"object-{hashlib.sha256(lines.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}"


def _copy(file: Path, folder: Path) -> None:
    try:
        os.link(file, folder / file.name)
    except OSError:  # on another disk, or one without links
        shutil.copyfile(file, folder / file.name)


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


def _fetch(path: StorePath, objects: Mapping[str, Listed], folder: Path) -> Mapping[str, Listed]:
    """Fetch all of them, as they were at one time; as what they were listed then."""
    for _ in range(FETCHES):
        told = {
            name: _fetch_one(path.parent / name, listed, folder, name) for name, listed in objects.items()
        }
        if told == objects or (now := _objects_of(StorePath(*path.parts))) == objects:
            return objects
        objects = now
    raise OSError(errno.EBUSY, REPLACED, str(path))


def _fetch_one(place: StorePath, listed: Listed, folder: Path, name: str) -> Listed | None:
    target = place_in(folder, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    return place.store.fetch(place.key, target, listed)
