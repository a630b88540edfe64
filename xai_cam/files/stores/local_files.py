"""What is fetched from a store, on this machine: where it goes, and whose fault it is if that fails."""

from __future__ import annotations

import errno
from pathlib import Path, PurePath
from typing import Any, TypeVar

from xai_cam.errors import OutputError
from xai_cam.files.stores.answers import status_of

P = TypeVar("P", bound=PurePath)

FETCHES = 3
"""How often an object is fetched that is replaced each time."""

REPLACED = "it was replaced each time while it was fetched"

NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
TOO_MANY = (errno.EMFILE, errno.ENFILE)
"""How a system says that files are open, as many as may be."""


def get_file(files: Any, place: str, file: Path) -> None:
    """Write the content of an object to a file, by the library of its store.

    Raises
    ------
    OutputError
        The disk of this machine is full, or it opens no more files: no other attempt helps, and the store is
        not to blame.
    """
    try:
        files.get_file(place, str(file))
    except OSError as error:
        if error.errno not in NO_ROOM + TOO_MANY or status_of(error) is not None:
            raise
        helps = "Let it open more files" if error.errno in TOO_MANY else "Free space there"
        reason = f"Cannot write to {file.parent}, for what is fetched from a store: {error.strerror}."
        raise OutputError(f"{reason} {helps}.") from error


def place_in(folder: P, name: str) -> P:
    """Where an object goes that has this name, with slashes, below the one that is fetched.

    Raises
    ------
    OSError
        By the rules of this system that is not in the folder.
    """
    below = type(folder)(name)
    if below.anchor or ".." in below.parts:
        raise OSError(errno.EINVAL, "its name cannot be that of a file on this system", name)
    return folder / below
