"""What runs that were ended by force left in a folder: files without their names, and locks of nobody.

Only what is this tool's by name and by content, belongs to this user and is no link is ever touched.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Container, Sequence
from contextlib import suppress
from pathlib import Path

from xai_cam.files.handle_locks import try_lock
from xai_cam.files.locks import NAME as LOCK
from xai_cam.files.locks import read_about
from xai_cam.files.own_folders import FETCHED, MARK, MARKED, NAME, PART, delete
from xai_cam.files.patience import discard
from xai_cam.files.staging import NAMES, rename
from xai_cam.files.stores.paths import StorePath

OLD = 3600.0
"""Seconds after which what another run left is not waited for."""

LONGEST = 1 << 20
"""Bytes of a list of names that are read."""


def complete(paths: Sequence[Path]) -> bool:
    """Whether a run was killed while it gave these files their names, which they all have now.

    Raises
    ------
    OSError
        One cannot be replaced.
    """
    found = False
    for place in _left_in(paths[0].parent):
        names = _unfinished(place)
        if names is None or set(names.values()) != {path.name for path in paths} or _is_held(place / MARK):
            continue
        for part, name in names.items():
            if (place / part).exists():
                rename(place / part, place.parent / name)
        found = True
        _delete_left(place)
    return found


def unfinished(path: Path) -> str:
    """Why a file is not to be used: the run that wrote it was killed before others had their names, too.

    Empty where that is not so.
    """
    for place in _left_in(path.parent):
        names = _unfinished(place) or {}
        if path.name in names.values() and any((place / part).exists() for part in names):
            others = ", ".join(names.values())
            return (
                f"{path} is one of several files ({others}) of which not all are there: the run that wrote "
                f"them was ended too soon. Run its command again, or delete the folder {place}."
            )
    return ""


def sweep(folder: Path, ended: Container[str] = ()) -> bool:
    """Delete what runs that were ended by force left here under temporary names, an hour ago or more.

    What these processes made that have `ended` goes at once, each by its `own_folders.PROCESS`. In a store
    there is nothing of it. Returns whether one of them has something locked here still: it may take long to
    end.
    """
    if isinstance(folder, StorePath):
        return False
    held = False
    for place in _left_in(folder):
        of_ended = _is_of(place, ended)
        if of_ended and _is_held(place / MARK):
            held = True
        elif _is_ours(place) and (of_ended or _is_old(place, MARK)):
            names = _unfinished(place) or {}
            if not any((place / part).exists() for part in names):
                _delete_left(place)
    for place in _entries(folder, LOCK):
        if read_about(place) is not None and _is_old(place):
            discard(place)
    return held


def sweep_temporary(ended: Container[str] = ()) -> bool:
    """The same in this machine's folder for temporary files, where pictures lie that were fetched."""
    return sweep(Path(tempfile.gettempdir()), ended)


def _left_in(folder: Path) -> list[Path]:
    return [] if isinstance(folder, StorePath) else _entries(folder, NAME)


def _entries(folder: Path, form: re.Pattern[str]) -> list[Path]:
    """Paths of names of a form, which are no links and belong to this user."""
    found = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if form.fullmatch(entry.name) and _is_own(entry.stat(follow_symlinks=False)):
                found.append(Path(folder, entry.name))
    return sorted(found)


def _is_own(facts: os.stat_result) -> bool:
    """Whether it is a file or folder of this user, and no link."""
    owner = os.geteuid() if hasattr(os, "geteuid") else facts.st_uid
    return (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)) and facts.st_uid == owner


def _is_ours(place: Path) -> bool:
    """Whether a folder holds nothing but our mark and what we write there; an empty one is ours, too."""
    try:
        inside = {path.name: path.lstat().st_mode for path in place.iterdir()}
        known = all(
            stat.S_ISDIR(mode) if FETCHED.fullmatch(name) else stat.S_ISREG(mode) and _is_name(name)
            for name, mode in inside.items()
        )
        return not inside or (known and (place / MARK).read_bytes() in (MARKED, b""))
    except OSError:
        return False


def _is_name(name: str) -> bool:
    """Whether a file in a folder of ours may be called so before it has its own name."""
    return name in (MARK, NAMES) or PART.fullmatch(name) is not None


def _unfinished(place: Path) -> dict[str, str] | None:
    """Which file of a folder is to get which name; None where there is no list, or none of ours."""
    try:
        if not _is_ours(place) or not (place / NAMES).is_file():
            return None
        with (place / NAMES).open("rb") as file:
            names = json.loads(file.read(LONGEST))["names"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    well = isinstance(names, dict) and all(
        isinstance(name, str) and name == os.path.basename(name) and name and PART.fullmatch(part)
        for part, name in names.items()
    )
    return names if well else None


def _is_of(place: Path, ended: Container[str]) -> bool:
    """Whether one of these processes made a folder."""
    named = NAME.fullmatch(place.name)
    return named is not None and named[1] in ended


def _is_old(place: Path, mark: str = "") -> bool:
    """Whether it is old and its run has ended; `mark` is the file in it that the run has locked.

    Where there are no locks to tell whether the run goes on, nothing in it may have been written since then.
    """
    held = _is_held(place / mark)
    try:
        inside = [*place.iterdir()] if held is None and place.is_dir() else []
        age = time.time() - max(path.lstat().st_mtime for path in (place, *inside))
    except OSError:
        return False
    return not held and age > OLD


def _is_held(path: Path) -> bool | None:
    """Whether the run that has locked a file goes on; None where that cannot be told."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        got = try_lock(handle)
        return None if got is None else not got
    finally:
        os.close(handle)


def _delete_left(place: Path) -> None:
    for name in sorted(os.listdir(place), key=lambda name: name == MARK):  # the mark goes last
        delete(place / name)
    with suppress(OSError):
        os.rmdir(place)
