"""Locks between processes: one at a time looks at a file and writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def locked(handle: int, wanted: bool = True) -> Iterator[None]:
    """Wait until no other process holds a lock on an open file or folder, and hold it.

    Where the system or the disk has no such locks (Windows, some network drives), nothing is held.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    if wanted:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if wanted:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)
