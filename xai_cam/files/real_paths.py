"""Files as a set that can be asked for a name of any of them, in little memory however many they are."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

from xai_cam.files.names import as_on_disk, real_path

BYTES = 16
"""Of a digest: that two of a thousand million paths have the same is as likely as one in 10 ** 20."""


class RealPaths:
    """Real paths, as of `real_path`; of each, a digest of 16 bytes is kept.

    Parameters
    ----------
    paths : iterable of paths
        Whatever they are called; None and empty names count for nothing.
    """

    def __init__(self, paths: Iterable[Path | str | None] = ()) -> None:
        self._digests = b"".join(sorted({_digest(real) for real in _real(paths)}))

    def joined(self, paths: Iterable[Path | str | None]) -> RealPaths:
        """These and some more."""
        more = RealPaths(paths)
        both = {one._at(place) for one in (self, more) for place in range(len(one))}
        more._digests = b"".join(sorted(both))
        return more

    def __contains__(self, real: object) -> bool:
        """Whether a real path is that of one of the files."""
        wanted = _digest(str(real))
        place = bisect_left(range(len(self)), wanted, key=self._at)
        return place < len(self) and self._at(place) == wanted

    def __len__(self) -> int:
        return len(self._digests) // BYTES

    def __eq__(self, other: object) -> bool:
        """Whether the other is of the same files."""
        return isinstance(other, RealPaths) and self._digests == other._digests

    __hash__ = None  # type: ignore[assignment]

    def _at(self, place: int) -> bytes:
        return self._digests[place * BYTES : (place + 1) * BYTES]


def _digest(real: str) -> bytes:
    return blake2b(os.fsencode(real), digest_size=BYTES).digest()


def _real(paths: Iterable[Path | str | None]) -> Iterator[str]:
    """The real paths, each below that of its folder: one look a file, in place of one at every level."""
    folder_of = cache(os.path.realpath)
    for path in paths:
        if not path:
            continue
        folder, name = ("", "") if os.name == "nt" or "://" in str(path) else os.path.split(path)
        if name in {"", ".", ".."} or os.path.islink(path):
            yield real_path(path)
        else:
            yield as_on_disk(os.path.join(folder_of(folder), name))
