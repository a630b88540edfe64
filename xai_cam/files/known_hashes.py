"""Hashes of large files in the user's cache, by what tells that a file is still the one that was hashed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from xai_cam.files.cache import Cache
from xai_cam.files.regular import open_regular

WORTH_IT = 8 << 20
"""Bytes from which on a look into the cache is faster than to hash a file."""

FILE = "sha256"
HASH = re.compile(rb"[0-9a-f]{64}")


def find_hash(cache: Cache, path: Path, stamp: Sequence[int]) -> str | None:
    """The SHA-256 that a file had when it had this stamp; None if nobody knows."""
    entry = cache.find(_key_of(path, stamp))
    if entry is None:
        return None
    try:
        with open_regular(entry / FILE) as file:
            found = file.read(65)
    except OSError:
        return None
    return found.decode() if HASH.fullmatch(found) else None


def keep_hash(cache: Cache, path: Path, stamp: Sequence[int], sha256: str) -> None:
    """Keep the hash of a file with this stamp, which must be old enough to tell another change."""

    def write(folder: Path) -> None:
        (folder / FILE).write_text(sha256, encoding="ascii")

    cache.keep(_key_of(path, stamp), write)


def _key_of(path: Path, stamp: Sequence[int]) -> str:
    named = f"{path.absolute()} {list(stamp)}".encode("utf-8", "surrogateescape")
    return f"hash-{hashlib.sha256(named).hexdigest()[:40]}"
