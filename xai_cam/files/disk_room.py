"""Whether an error tells of a disk that is full, or a store that takes nothing: to go on would be no use."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from xai_cam.errors import OutputError, causes_of
from xai_cam.files.stores.local_files import NO_ROOM
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.urls import is_url

NO_PLACE = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EROFS, errno.ENOTSUP, *NO_ROOM)
"""How it is said that a store takes nothing: no rights to write to it, no such bucket, or no room."""

MIN_BYTES = 16 << 20
"""A disk with as much room is not full: one file was too large for it, and others fit."""


def lacks_room(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that a disk or a quota has no room for a file."""
    return any(isinstance(one, OSError) and one.errno in NO_ROOM for one in causes_of(error))


def is_refused(error: BaseException | None) -> bool:
    """Whether an error, of an output, is that a store does not take it, and would take no other."""
    return isinstance(error, OutputError) and any(one.errno in NO_PLACE for one in _of_stores(error))


def is_unanswered(error: BaseException | None) -> bool:
    """Whether an error, of a picture or an output, is that a store did not answer, however often asked."""
    return any(one.errno == errno.EIO for one in _of_stores(error))


def _of_stores(error: BaseException | None) -> list[OSError]:
    """The errors of stores among what caused an error."""
    return [one for one in causes_of(error) if isinstance(one, OSError) and is_url(str(one.filename or ""))]


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder, which need not be there yet, has next to no room."""
    if isinstance(folder, StorePath):  # what a store lacks, it says
        return False
    there = next((one for one in (folder, *folder.absolute().parents) if os.path.isdir(one)), folder)
    try:
        return shutil.disk_usage(there).free < MIN_BYTES
    except OSError:
        return True
