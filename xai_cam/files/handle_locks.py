"""Locks on open files, which end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import os

TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""How a system says that another process holds a lock."""

FAR = 1 << 30
"""A byte behind what any lock file holds: Windows lets nobody read a byte that is locked."""


def try_lock(handle: int, shared: bool = False) -> bool | None:
    """True if an open file is now locked, False if another has it, None if there are no locks here.

    The lock lasts until the file is closed. Windows has no shared ones: there is none then.
    """
    try:
        try:
            import fcntl
        except ImportError:
            return _try_lock_of_windows(handle, shared)
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in TAKEN else None
    return True


def _try_lock_of_windows(handle: int, shared: bool) -> bool | None:
    import msvcrt  # its functions are unknown to mypy on other systems

    os.lseek(handle, FAR, os.SEEK_SET)
    msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    if not shared:
        return True
    os.lseek(handle, FAR, os.SEEK_SET)
    msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
    return None
