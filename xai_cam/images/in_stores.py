"""URLs of folders, objects and globs in stores -> the pictures there, by one listing each."""

from __future__ import annotations

import errno
import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath

from xai_cam.files.regular import NO_OBJECT, why_unreadable
from xai_cam.files.stores.entries import Entry
from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.refusals import CredentialsError
from xai_cam.images.folders import FolderWalk, fits, natural_order
from xai_cam.images.kinds import kind_of_name, stem_of

AT_ONCE = 32
"""Objects that are looked into at a time."""

VERSION = "?versionid="
"""What libraries take for the end of a name and the version of an object, though it is part of the name."""

NO_PATH = "an object whose name is no path"


def objects_of(url: str, walk: FolderWalk) -> tuple[list[StorePath], StorePath, bool]:
    """The objects that a URL stands for, the folder that their places are told from, and whether one alone.

    A URL that ends with a slash is a folder's. One that ends as a picture does is an object's, of which
    nothing is asked: to ask for each of a long list would take as long as to fetch it. What has `*`, `?`, `[`
    in it is a glob, unless there is an object or a folder of that very name. What is passed over is written
    down in `walk`.

    Raises
    ------
    FileNotFoundError
        There is nothing of that name.
    OSError
    """
    path = as_path(url)
    assert isinstance(path, StorePath), "a URL of the disk is a path"
    is_folder, varies = url.endswith("/"), glob.has_magic(path.key)
    if not is_folder and not varies and kind_of_name(path.name) is not None:
        return [path], path.parent, True
    found = None if is_folder or len(path.parts) == 2 else _look(path)
    if found is not None and not found.is_folder:
        return [_listed(path, found)], path.parent, True
    literal = is_folder or not varies or found is not None
    entries = path.store.entries(path.key, deep=walk.recursive) if literal else []
    if varies and not entries:
        return _of_glob(path, walk)
    if not entries and path.look() is None and path.parts[0] != "memory:":
        raise FileNotFoundError(errno.ENOENT, "there is no such object", url)
    folders = (PurePath(entry.key).name for entry in entries if entry.is_folder)
    if not walk.recursive and any(not name.startswith(".") for name in folders):
        walk.closed.append(path)
    return [one for one in _visible(entries, path, walk.passed_over) if is_picture(one)], path, False


def _look(path: StorePath) -> Entry | None:
    """What the store tells of a name; nothing where one may not ask, and may list it all the same."""
    try:
        return path.look()
    except CredentialsError:
        raise
    except PermissionError:
        return None


def why_not_listed(error: OSError) -> str:
    """Why nothing was found where a URL points, in words."""
    return NO_OBJECT if error.errno == errno.ENOENT else f"it cannot be listed ({error.strerror})"


def is_picture(path: StorePath) -> bool:
    """Whether an object among others may count as a picture: by its name alone."""
    return kind_of_name(path.name) is not None


def own_outputs(
    paths: Sequence[StorePath], is_own_output: Callable[[StorePath], bool], failures: dict[Path, str]
) -> set[StorePath]:
    """Those that this tool wrote, of all that lie in the same places.

    Nothing is asked about those that are known by their listing; else only those are looked into whose names
    are that of another with something behind it, as all names of outputs are. Those that cannot be looked
    into fail.
    """
    known, stems = KnownObjects(), {stem_of(path.name) for path in paths}
    ours = known.ours(paths)
    found: dict[StorePath, bool] = {}

    def look(path: StorePath) -> None:
        try:
            found[path] = is_own_output(path)
        except OSError as error:  # it tells nothing of the object, and is not kept
            failures[path] = why_unreadable(path, error)

    asked = [
        path
        for path in paths
        if path not in ours and any(stem in stems for stem in _beginnings(stem_of(path.name)))
    ]
    if asked:
        with ThreadPoolExecutor(min(AT_ONCE, len(asked))) as threads:
            list(threads.map(look, asked))
        known.keep_ours(found)
    return {path for path, own in {**ours, **found}.items() if own}


def _beginnings(stem: str) -> Iterator[str]:
    return (stem[:place] for place, letter in enumerate(stem) if letter == "_")


def _below(folder: StorePath, deep: bool, passed_over: dict[Path, str]) -> list[StorePath]:
    """The objects in a folder, with `deep` also those in its sub-folders, as `_visible` gives them."""
    return _visible(folder.store.entries(folder.key, deep), folder, passed_over)


def _visible(entries: Iterable[Entry], folder: StorePath, passed_over: dict[Path, str]) -> list[StorePath]:
    """The objects among what lies below a folder, but hidden ones; by name, those of sub-folders last."""
    paths = []
    for entry in entries:
        if entry.is_folder:
            continue
        path = StorePath(folder.parts[0], entry.key)
        if path.key != entry.key or ".." in path.parts or VERSION in path.key.lower():
            passed_over[path] = NO_PATH
        elif not any(part.startswith(".") for part in path.relative_to(folder).parts):
            paths.append(_listed(path, entry))
    return sorted(paths, key=lambda path: _folders_last(path.relative_to(folder).parts))


def _folders_last(parts: Sequence[str]) -> list[tuple[bool, object]]:
    """What sorts the objects of a folder before its sub-folders, both by their names."""
    *folders, name = parts
    return [*((True, natural_order(folder)) for folder in folders), (False, natural_order(name))]


def _of_glob(pattern: StorePath, walk: FolderWalk) -> tuple[list[StorePath], StorePath, bool]:
    base = _fixed_part(pattern)
    wanted = pattern.relative_to(base).parts
    deep = walk.recursive or len(wanted) > 1 or kind_of_name(wanted[-1]) is None  # which folders may fit too
    found = _below(base, deep, walk.passed_over)
    named = [path for path in found if _takes(path.relative_to(base).parts, wanted, walk.recursive)]
    taken = [path for path in named if is_picture(path)]
    if not taken:
        raise FileNotFoundError(errno.ENOENT, "no object fits", str(pattern))
    return sorted(taken, key=natural_order), base, False


def objects_like(pattern: StorePath) -> list[StorePath]:
    """The objects of any kind that a name or a glob stands for, sorted by their names.

    Raises
    ------
    OSError
    """
    if not glob.has_magic(pattern.key):
        entry = pattern.look()
        return [] if entry is None or entry.is_folder else [_listed(pattern, entry)]
    base = _fixed_part(pattern)
    wanted = pattern.relative_to(base).parts
    found = _below(base, len(wanted) > 1, {})
    exact = [path for path in found if path == pattern]
    return exact or [path for path in found if fits(path.relative_to(base).parts, wanted)]


def _takes(parts: Sequence[str], wanted: Sequence[str], recursive: bool) -> bool:
    """Whether a glob names an object, or a folder that it is in."""
    ends = range(1, len(parts)) if recursive else range(len(parts) - 1, len(parts))
    return fits(parts, wanted) or any(fits(parts[:end], wanted) for end in ends if end)


def _fixed_part(pattern: StorePath) -> StorePath:
    """The folder above the first part of a glob that varies."""
    fixed = pattern.bucket
    for part in pattern.parts[2:-1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def _listed(path: StorePath, entry: Entry) -> StorePath:
    path.listed = entry.listed
    return path
