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
"""How a system says that a disk is full, or that this user may take no more of it."""

TOO_MANY = (errno.EMFILE, errno.ENFILE)
"""How a system says that files are open, as many as may be."""


class NotTakenError(OutputError):
    """This machine does not take what is fetched: the store is not to blame, and no other attempt helps.

    Attributes
    ----------
    folder : Path
        Where it was to be.
    """

    folder = Path()


def get_file(files: Any, place: str, file: Path) -> None:
    """Write the content of an object to a file, by the library of its store.

    Raises
    ------
    NotTakenError
        The disk of this machine is full, or it opens no more files.
    OSError
        Of the store, as far as one can tell.
    """
    try:
        files.get_file(place, str(file))
    except OSError as error:
        if error.errno not in NO_ROOM + TOO_MANY or status_of(error) is not None:
            raise
        raise not_taken(file.parent, error) from error


def not_taken(folder: Path, error: OSError) -> NotTakenError:
    """The error that says why nothing could be put into a folder of this machine, and what helps."""
    if error.errno in TOO_MANY:
        helps = "Let it open more files"
    elif error.errno in NO_ROOM:
        helps = "Free space there"
    else:
        helps = "Mend that, or name another by the variable TMPDIR"
    reason = f"Cannot write to {folder}, for what is fetched from a store: {error.strerror or error}."
    found = NotTakenError(f"{reason} {helps}.")
    found.folder = folder
    return found


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
