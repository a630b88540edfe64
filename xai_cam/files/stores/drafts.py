"""Files that libraries write bit by bit, as tables: on this machine first, and uploaded whole at the end."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from xai_cam.files.stores.paths import StorePath, at_hand
from xai_cam.files.stores.store import Listed
from xai_cam.files.writing import cannot_write, sha256

CHANGED = "it was changed since this run began, and would lose that"


@contextmanager
def draft_of(place: Path, with_content: bool = False, argument: str = "`results`") -> Iterator[Path]:
    """Where to write a file: at its place on a disk, or for a store in a temporary folder.

    In a store it has its place when the block ends, if the block made or changed it. An empty one that an
    error has left replaces nothing. What cannot be uploaded stays in the temporary folder, and the error says
    where. That one may write to the place is tried first, by what is there, or by an empty object.

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
            listed = _try(place, draft, with_content)
        except OSError as error:
            raise cannot_write(place, error, argument) from error
        before, well = _hash(draft), False
        try:
            yield draft
            well = True
        finally:
            if _hash(draft) != before and (well or draft.stat().st_size):
                kept = leaving.pop_all()
                try:
                    _upload(draft, place, listed)
                except OSError as error:
                    reason = f"{error.strerror or error}. What was to be there is in {draft}"
                    raise cannot_write(place, OSError(error.errno, reason), argument) from error
                kept.close()


def try_place(place: Path, argument: str) -> None:
    """Find out whether one may write to a place, by what is there, or by an empty object; not on a disk.

    Raises
    ------
    OutputError
    """
    if not isinstance(place, StorePath):
        return
    try:
        _try(place, Path(), with_content=False)
    except OSError as error:
        raise cannot_write(place, error, argument) from error


def _try(place: StorePath, draft: Path, with_content: bool) -> Listed | None:
    """Write what is there once more, or an empty object; what it is listed as, None where nobody may know."""
    try:
        found = place.look()
    except PermissionError:
        if with_content:
            raise
        return None  # it may be written all the same
    with tempfile.TemporaryDirectory(prefix="xai-cam-") as folder:
        before = Path(folder, "before")
        before.touch()
        if found is not None and not found.is_folder and found.listed.size:
            place.store.fetch(place.key, before)  # piece by piece: tables may be larger than the memory
        place.store.write_file(place.key, before)
        if with_content and before.stat().st_size:
            shutil.move(before, draft)
    written = place.look()
    return None if written is None else written.listed


def _upload(draft: Path, place: StorePath, listed: Listed | None) -> None:
    if listed is not None and ((found := place.look()) is None or found.listed != listed):
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
