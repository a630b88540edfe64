"""Whether files could be written to a folder, found out without writing any, for a dry run."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from xai_cam.errors import OutputError
from xai_cam.files.names import check_name
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.writing import check_bucket


def check_creatable(folder: Path, argument: str = "`output`") -> None:
    """As `check_writable`, but nothing is made: of a folder that is not there, the one above it is looked at.

    Raises
    ------
    OutputError
        No file can be written to it.
    """
    if isinstance(folder, StorePath):
        return check_bucket(folder, argument)
    check_name(folder, argument)
    reason = _obstacle(folder)
    if reason:
        raise OutputError(
            f"Cannot write to the folder {folder}: {os.strerror(reason)}. Name another with {argument}."
        )


def check_table_place(path: Path, argument: str = "`results`") -> None:
    """Check that a table could be written to `path`, whose folder has to be there.

    Raises
    ------
    OutputError
    """
    if isinstance(path, StorePath):
        return check_bucket(path.parent, argument)
    if path.is_dir():
        reason = errno.EISDIR
    elif path.exists():
        reason = 0 if os.access(path, os.W_OK) else errno.EACCES
    else:
        reason = _obstacle(path.parent) if path.parent.is_dir() else errno.ENOENT
    if reason:
        raise OutputError(f"Cannot write {path}: {os.strerror(reason)}. Name another file in {argument}.")


def _obstacle(folder: Path) -> int:
    """The number of the error that the making of a file in a folder would end with; 0 for none."""
    above = (folder, *folder.absolute().parents)
    there = next((one for one in above if os.path.lexists(one)), folder)
    if not there.is_dir():
        return errno.EEXIST if there == folder else errno.ENOTDIR
    return 0 if os.access(there, os.W_OK | os.X_OK) else errno.EACCES
