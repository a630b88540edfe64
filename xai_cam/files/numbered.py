"""Whole numbers by the names of very many files, in little memory however long the names are."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

BYTES = 16
"""Of a digest, as of `real_paths.BYTES`."""


class Numbered:
    """A number for each name; of a name 16 bytes are kept, and 8 of its number.

    A dictionary would take some 200 bytes a name. A name that comes twice has its last number.

    Parameters
    ----------
    pairs : iterable of (str, int)
    """

    def __init__(self, pairs: Iterable[tuple[str, int]] = ()) -> None:
        digests, numbers = bytearray(), array("q")
        for name, number in pairs:
            digests += _digest(name)
            numbers.append(number)
        unsorted = np.frombuffer(digests, f"S{BYTES}")
        order = np.argsort(unsorted, kind="stable")
        self._digests, self._numbers = unsorted[order], np.asarray(numbers)[order]

    def __len__(self) -> int:
        """How many names there are; one that comes twice counts twice."""
        return len(self._numbers)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __getitem__(self, name: str) -> int:
        number = self.get(name)
        if number is None:
            raise KeyError(name)
        return number

    def get(self, name: str) -> int | None:
        """The number of a name; None where there is none."""
        digest = _digest(name)
        place = int(np.searchsorted(self._digests, np.bytes_(digest), side="right")) - 1
        # NumPy takes zeros at the end of a text for no part of it
        if place < 0 or bytes(self._digests[place]).ljust(BYTES, b"\0") != digest:
            return None
        return int(self._numbers[place])


def _digest(name: str) -> bytes:
    return blake2b(os.fsencode(name), digest_size=BYTES).digest()
