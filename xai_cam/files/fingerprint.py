"""The SHA-256 of files, and whether they are still those that were hashed when something was made of them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xai_cam.files.cache import Cache
from xai_cam.files.known_hashes import WORTH_IT, find_hash, keep_hash
from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath, release
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
            if isinstance(path, StorePath):  # nothing was read but what is held
                return not path.is_held or sha256(path) == self.sha256
            if self.stamp is None or _stamp(path) != self.stamp:
                return False
            return not self.recent or sha256(path) == self.sha256
        except OSError:
            return False


def fingerprint(path: Path, cache: Cache | None = None) -> Fingerprint:
    """The hash of a file as it is now.

    With a cache a large file that did not change since it was hashed last is not read again. One that has
    just been changed is: its times may not tell another change.

    Raises
    ------
    OSError
    """
    if isinstance(path, StorePath):
        return Fingerprint(_of_object(path), None, True)
    before = _stamp(path)
    recent = _is_recent(before)
    size = before[2]
    known = None if cache is None or recent or size < WORTH_IT else cache
    found = find_hash(known, path, before) if known is not None else None
    if found is not None:
        return Fingerprint(found, before, False)
    found = sha256(path)
    same = _stamp(path) == before
    if same and known is not None:
        keep_hash(known, path, before, found)
    return Fingerprint(found, before if same else None, recent)


def hash_of(path: Path) -> str:
    """The hash of a file as it is now; of an object, nothing of it is kept here but that.

    Raises
    ------
    OSError
    """
    was_here = isinstance(path, StorePath) and path.is_held
    try:
        return fingerprint(path).sha256
    finally:
        if not was_here:
            release(path)


@dataclass(frozen=True)
class Fingerprints:
    """Those of the files that one thing lies in.

    Attributes
    ----------
    found : dict of Path to Fingerprint
    """

    found: dict[Path, Fingerprint]

    @property
    def sha256(self) -> str:
        """The hash of the file; of several, that of the lines which `sha256sum` prints for them.

        They are named by what differs in their paths, and in the order of these names.
        """
        if len(self.found) == 1:
            return next(iter(self.found.values())).sha256
        folder = Path(os.path.commonpath([path.parent for path in self.found]))
        names = {path.relative_to(folder).as_posix(): one.sha256 for path, one in self.found.items()}
        lines = "".join(f"{names[name]}  {name}\n" for name in sorted(names))
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def hold(self, paths: Sequence[Path]) -> bool:
        """Whether these are the files, and none has been changed since; see `Fingerprint.holds`."""
        return set(paths) == set(self.found) and all(one.holds(path) for path, one in self.found.items())


def fingerprints(paths: Sequence[Path], cache: Cache | None = None) -> Fingerprints:
    """The hashes of files as they are now, see `fingerprint`.

    Raises
    ------
    OSError
    """
    return Fingerprints({path: fingerprint(path, cache) for path in paths})


def settled(path: Path) -> Stamp | None:
    """What tells that a file is still the one that it is now; None where it has just been changed.

    Raises
    ------
    OSError
    """
    stamp = _stamp(path)
    return None if _is_recent(stamp) else stamp


def _of_object(path: StorePath) -> str:
    """The hash of an object; it is fetched, and held, unless it is known what its listing stands for."""
    known = KnownObjects()
    found = None if path.is_held else known.sha256(path)
    if found is None:
        path.hold()
        found = known.keep_sha256(path, path.read_bytes())
    return found


def _is_recent(stamp: Stamp) -> bool:
    return time.time() - max(stamp[-2:]) / 1e9 < COARSE


def _stamp(path: Path) -> Stamp:
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
