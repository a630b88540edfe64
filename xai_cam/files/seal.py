"""A file's own SHA-256 within its provenance: whether the file is still what was written.

It is that of all bytes, the provenance among them, without the digits themselves; in a PNG also without the
checksum of the text that they stand in. No picture has to be decoded to know that its pixels were edited by a
program that kept the texts in it, or that the disk has damaged it.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from xai_cam.files.png import SIGNATURE, checksum_of_text, place_of_checksum
from xai_cam.files.regular import open_regular

KEY = "file_sha256"
DIGITS = 64
BLANK = "0" * DIGITS
HEXADECIMAL = re.compile(rb"[0-9a-f]{64}")

OPENING = b'{"' + KEY.encode() + b'": "'
"""Stands first in the provenance; within its texts, JSON has a backslash before each quote."""

BEHIND = (b"\x93NUMPY", b"RIFF")
"""What files begin with whose provenance stands at the end."""

END = 1 << 16
"""Bytes at the front of a file, or at its end, among which its provenance begins."""

LONGEST = 1 << 20
"""Bytes of a provenance at the end of a file; hardly any has as many as `END`."""

BLOCK = 1 << 20


def seal(data: bytes) -> bytes:
    """The same file with its hash in place of `BLANK`, which its provenance gives first, under `KEY`."""
    file = io.BytesIO(data)
    holes = _find_holes(file)
    assert holes is not None, "there is no provenance to seal"
    whole, end = memoryview(data), holes.in_order[-1].stop
    sealed = bytearray(whole[:end])
    sealed[holes.digits] = _hash(file, holes).encode()
    if holes.checksum:
        sealed[holes.checksum] = checksum_of_text(bytes(sealed[: holes.checksum.start]))
    return b"".join((sealed, whole[end:]))  # a large file is copied once


def is_intact(path: Path) -> bool:
    """Whether a file with provenance is, byte for byte, what was written."""
    try:
        with open_regular(path) as file:
            holes = _find_holes(file)
            if holes is None:
                return False
            file.seek(holes.digits.start)
            return file.read(DIGITS) == _hash(file, holes).encode()
    except OSError:
        return False


def read_end(file: IO[bytes], sought: bytes) -> tuple[int, bytes]:
    """Where the end of a file begins in which these bytes are, if any are there, and that end."""
    size = file.seek(0, io.SEEK_END)
    for length in (END, END + LONGEST):
        begin = file.seek(max(0, size - length))
        end = file.read(length)
        if begin == 0 or sought in end:
            break
    return begin, end


@dataclass(frozen=True)
class _Holes:
    """Parts of a file that its hash leaves out; a PNG has the second too."""

    digits: slice
    checksum: slice | None

    @property
    def in_order(self) -> list[slice]:
        return [self.digits, self.checksum] if self.checksum else [self.digits]


def _find_holes(file: IO[bytes]) -> _Holes | None:
    """None where a file has no provenance at the place where it is written."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    end = file.read(END)
    is_png, begin = end.startswith(SIGNATURE), 0
    checksum = place_of_checksum(end) if is_png else None
    if end.startswith(BEHIND):
        begin, end = read_end(file, OPENING)
        at = end.rfind(OPENING)
    else:
        at = end.find(OPENING)
    start = begin + at + len(OPENING)
    if at < 0 or not HEXADECIMAL.match(end, at + len(OPENING)):
        return None
    if is_png and (checksum is None or not start + DIGITS <= checksum.start < checksum.stop <= size):
        return None
    return _Holes(slice(start, start + DIGITS), checksum)


def _hash(file: IO[bytes], holes: _Holes) -> str:
    """The hash of all bytes outside of the holes, in hexadecimal."""
    found = hashlib.sha256()
    file.seek(0)
    for hole in holes.in_order:
        _take(file, found, hole.start - file.tell())
        file.seek(hole.stop)
    while block := file.read(BLOCK):
        found.update(block)
    return found.hexdigest()


def _take(file: IO[bytes], found: hashlib._Hash, size: int) -> None:
    while size > 0 and (block := file.read(min(size, BLOCK))):
        found.update(block)
        size -= len(block)
