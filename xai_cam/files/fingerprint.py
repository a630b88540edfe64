"""A file's SHA-256, and whether the file is still the one that was hashed when something was made of it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from xai_cam.files.writing import sha256

COARSE = 3.0
"""Seconds within which two changes of a file may have one time, on the coarsest of disks."""

Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Fingerprint:
    """The hash of a file, and what the system knew of the file meanwhile.

    Attributes
    ----------
    sha256 : str
        In hexadecimal.
    stamp : tuple of int, optional
        Identity, size and times of the file; None where it changed while it was hashed.
    recent : bool
        Whether it had just been changed, so that its times may not tell another change.
    """

    sha256: str
    stamp: Stamp | None
    recent: bool

    def holds(self, path: Path) -> bool:
        """Whether the file has not been changed or replaced since it was hashed, not even for a while.

        A change that was taken back counts, since something may have been read in between; so does a change
        of the file's rights, which leaves the same times.
        """
        try:
            if self.stamp is None or _stamp(path) != self.stamp:
                return False
            return not self.recent or sha256(path) == self.sha256
        except OSError:
            return False


def fingerprint(path: Path) -> Fingerprint:
    """The hash of a file as it is now.

    Raises
    ------
    OSError
    """
    before, now = _stamp(path), time.time()
    found = sha256(path)
    changed = max(before[-2:]) / 1e9
    return Fingerprint(found, before if _stamp(path) == before else None, now - changed < COARSE)


def _stamp(path: Path) -> Stamp:
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
