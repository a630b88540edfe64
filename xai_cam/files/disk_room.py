"""Whether an error tells of a disk that is full, where going on would be work for nothing."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from xai_cam.errors import causes_of
from xai_cam.files.stores.paths import StorePath

NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""How a system says that a disk is full, or that this user may take no more of it."""

MIN_BYTES = 16 << 20
"""A disk with as much room is not full: one file was too large for it, and others fit."""


def lacks_room(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that a disk or a quota has no room for a file."""
    return any(isinstance(one, OSError) and one.errno in NO_ROOM for one in causes_of(error))


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder, which need not be there yet, has next to no room."""
    if isinstance(folder, StorePath):  # what a store lacks, it says
        return False
    there = next((one for one in (folder, *folder.absolute().parents) if os.path.isdir(one)), folder)
    try:
        return shutil.disk_usage(there).free < MIN_BYTES
    except OSError:
        return True
