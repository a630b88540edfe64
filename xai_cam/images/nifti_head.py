"""How NIfTI volumes are told from other files: by their first bytes, which gzip may have packed."""

from __future__ import annotations

import zlib

GZIP = b"\x1f\x8b"

LENGTHS = {b"\x5c\x01\0\0": 348, b"\0\0\x01\x5c": 348, b"\x1c\x02\0\0": 540, b"\0\0\x02\x1c": 540}
"""How a header begins, with its own length in either order of bytes, and that length."""

MAGIC = {348: (slice(344, 346), (b"n+", b"ni")), 540: (slice(4, 6), (b"n+", b"ni"))}
"""Where a header of each length says what it is: in one file with the numbers, or in one of two."""


def is_nifti(head: bytes, _name: str = "") -> bool:
    """Whether a file is a NIfTI volume, by its first bytes."""
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, max(LENGTHS.values()))
        except zlib.error:
            return False
    length = LENGTHS.get(head[:4])
    if length is None:
        return False
    where, words = MAGIC[length]
    return head[where] in words
