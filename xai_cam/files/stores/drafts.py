"""Files that libraries write bit by bit, as tables: on this machine first, and uploaded whole at the end."""

from __future__ import annotations

import errno
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from xai_cam.files.stores.entries import UNTOLD, Entry, Listed
from xai_cam.files.stores.paths import StorePath, at_hand
from xai_cam.files.stores.trials import try_replacing
from xai_cam.files.writing import cannot_write, sha256

log = logging.getLogger(__name__)

UNSEEN = Entry("", False, Listed(UNTOLD))
"""Stands for what nobody may look at: it may be written all the same."""

CHANGED = "it was changed since this run began, and would lose that"


@contextmanager
def draft_of(place: Path, with_content: bool = False, argument: str = "`results`") -> Iterator[Path]:
    """Where to write a file: at its place on a disk, or for a store in a temporary folder.

    In a store it has its place when the block ends, if the block made or changed it. An empty one that an
    error has left replaces nothing. What cannot be uploaded stays in the temporary folder, and the error says
    where, or a warning if the upload is interrupted. That one may write there is tried first; what is there
    is not touched by that.

    Parameters
    ----------
    place : Path
        Where it is to be.
    with_content : bool
        Begin with the object that is there.
    argument : str
        Names the place, as messages do.

    Raises
    ------
    OutputError
        It cannot be written, or somebody else has changed it meanwhile.
    """
    if not isinstance(place, StorePath):
        yield place
        return
    with ExitStack() as leaving:
        folder = tempfile.mkdtemp(prefix="xai-cam-")
        leaving.callback(shutil.rmtree, folder, ignore_errors=True)
        draft = Path(folder, place.name)
        try:
            found = _try(place, with_content)
            if with_content and found is not None and found.listed.size:
                listed = place.store.fetch(place.key, draft, found.listed)  # it may be larger than the memory
                found = replace(found, listed=listed or found.listed)
        except OSError as error:
            raise cannot_write(place, error, argument) from error
        before, well = _hash(draft), False
        try:
            yield draft
            well = True
        finally:
            kept = leaving.pop_all()
            try:
                if _hash(draft) != before and (well or draft.stat().st_size):
                    _upload(draft, place, found)
            except OSError as error:
                reason = f"{error.strerror or error}. What was to be there is in {draft}"
                raise cannot_write(place, OSError(error.errno, reason), argument) from error
            except BaseException:
                log.warning("%s was not uploaded. What was to be there is in %s", place, draft)
                raise
            kept.close()


def try_place(place: Path, argument: str) -> None:
    """Find out whether one may write to a place, and leave what is there; not on a disk.

    Raises
    ------
    OutputError
    """
    if not isinstance(place, StorePath):
        return
    try:
        _try(place)
    except OSError as error:
        raise cannot_write(place, error, argument) from error


def _try(place: StorePath, with_content: bool = False) -> Entry | None:
    """Find out whether one may write there; what was there before, which is None or an object."""
    try:
        found = place.look()
    except PermissionError:
        if with_content:
            raise
        found = UNSEEN
    if found is not None and found.is_folder:
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    try_replacing(place.store, place.key)
    return found


def _upload(draft: Path, place: StorePath, found: Entry | None) -> None:
    if found != UNSEEN and place.look() != found:
        raise FileExistsError(errno.EEXIST, CHANGED)
    place.store.write_file(place.key, draft)


def _hash(draft: Path) -> str | None:
    return sha256(draft) if draft.exists() else None


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """The path of a file on a disk, or of a temporary one with the content of an object.

    Raises
    ------
    OSError
    """
    with at_hand(path):
        yield path.hold() if isinstance(path, StorePath) else path
