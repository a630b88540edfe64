"""How an object comes to be there whole or not at all, in each kind of store.

In object stores it is there when the last byte of an upload is. Elsewhere it is written under a hidden name,
and renamed. Where a library renames by copying there is neither, and nothing is written.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable
from contextlib import suppress
from inspect import unwrap
from typing import Any

WHOLE_UPLOADS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "oci", "hf", "memory"})
"""Stores where an object is there when all of it is, so that nothing needs a name of its own before."""

PART = ".xai-cam-{}.tmp"
"""Names of what is not whole yet; they are hidden, as all that begins with a dot."""

TRIAL = PART.format("trial")
"""What is written to find out whether one may write."""

NEITHER = "a store of this kind would show half of an output: its library can neither upload whole nor rename"


def check_whole(scheme: str, files: Any, url: str) -> None:
    """Refuse to write where an object could be there in part.

    Raises
    ------
    OSError
    """
    if scheme not in WHOLE_UPLOADS and not _renames(files):
        raise OSError(errno.ENOTSUP, NEITHER, url)


def put_and_rename(
    files: Any, folder: str, place: str, put: Callable[[str], object], check_free: Callable[[], None] | None
) -> None:
    """Write an object under a name of its own, and give it the final one.

    Parameters
    ----------
    files : fsspec.AbstractFileSystem
        Its library.
    folder, place : str
        Where it goes, as the library has it.
    put : callable
        Writes it to a path.
    check_free : callable, optional
        Raises an error if the place has been taken, where nothing may be replaced.
    """
    part = f"{folder.rstrip('/')}/{PART.format(secrets.token_hex(8))}"
    files.makedirs(folder, exist_ok=True)
    try:
        put(part)
        if check_free is not None:
            check_free()
        _rename(files, part, place, replace=check_free is None)
    except BaseException:
        with suppress(Exception):  # the store may fail at that too
            files.rm_file(part)
        raise


def _rename(files: Any, part: str, place: str, replace: bool) -> None:
    """Rename over what is there; some rename over nothing alone, and WebHDFS does not even say so."""
    try:
        files.mv(part, place)
        if not files.exists(part):
            return
    except ConnectionError:
        raise
    except Exception:
        if not replace or not files.exists(place):
            raise
    if not replace:
        raise FileExistsError(errno.EEXIST, "it was taken meanwhile", place)
    aside = f"{part}.old"
    files.mv(place, aside)
    try:
        files.mv(part, place)
    except BaseException:
        files.mv(aside, place)
        raise
    files.rm_file(aside)


def _renames(files: Any) -> bool:
    """Whether a library renames by a request of its own: what it has of `fsspec` copies, and deletes."""
    from fsspec.asyn import AsyncFileSystem
    from fsspec.spec import AbstractFileSystem

    renaming = unwrap(files.mv)
    own = type(getattr(renaming, "__self__", files)).mv
    return own not in (AbstractFileSystem.mv, AsyncFileSystem.mv)
