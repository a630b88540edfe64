"""Bytes of a DICOM file from its beginning to its end: as they lie in it, or inflated on the way."""

from __future__ import annotations

import zlib
from typing import IO, Protocol

from xai_cam.errors import ImageError

BLOCK = 1 << 16

MAX_INFLATED = 1 << 31
"""Bytes that a deflated file may have: to pass over them takes seconds."""

ENDS_EARLY = "the DICOM file is damaged: it ends where more is announced"


class Stream(Protocol):
    """Bytes that are read in their order."""

    @property
    def place(self) -> int:
        """How many bytes lie before the next one."""

    def read(self, count: int) -> bytes:
        """The next bytes, so many.

        Raises
        ------
        ImageError
            There are fewer.
        """

    def skip(self, count: int) -> None:
        """Pass over so many bytes.

        Raises
        ------
        ImageError
            There are fewer.
        """

    def peek(self, count: int) -> bytes:
        """The next bytes, so many at most, which stay the next ones."""

    def at_end(self) -> bool:
        """Whether no byte is left."""


class FileStream:
    """The bytes of an opened file of known size."""

    def __init__(self, file: IO[bytes], size: int, place: int = 0) -> None:
        self._file, self._size, self.place = file, size, place
        file.seek(place)

    def read(self, count: int) -> bytes:
        """The next bytes, so many."""
        if count > self._size - self.place:
            raise ImageError(ENDS_EARLY)
        data = self._file.read(count)
        if len(data) != count:
            raise ImageError(ENDS_EARLY)  # it was cut off meanwhile
        self.place += count
        return data

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        if count > self._size - self.place:
            raise ImageError(ENDS_EARLY)
        self.place += count
        self._file.seek(self.place)

    def peek(self, count: int) -> bytes:
        """The next bytes, so many at most, which stay the next ones."""
        data = self._file.read(min(count, self._size - self.place))
        self._file.seek(self.place)
        return data

    def at_end(self) -> bool:
        """Whether no byte is left."""
        return self.place >= self._size


class InflatedStream:
    """What a deflated part of a file holds; never more of it in memory than is asked for, and a block."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._inflate, self.place = file, zlib.decompressobj(-zlib.MAX_WBITS), 0
        self._block, self._next = b"", 0

    def read(self, count: int) -> bytes:
        """The next bytes, so many."""
        parts, missing = [], count
        while missing:
            part = self._block[self._next : self._next + missing] or self._more()
            parts.append(part[:missing])
            self._pass(len(parts[-1]))
            missing -= len(parts[-1])
        return b"".join(parts)

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        while count:
            some = min(count, len(self._block) - self._next or len(self._more()))
            self._pass(some)
            count -= some

    def peek(self, count: int) -> bytes:
        """The next bytes, so many at most, which stay the next ones."""
        while len(self._block) - self._next < count and (more := self._inflated()):
            self._block, self._next = self._block[self._next :] + more, 0
        return self._block[self._next : self._next + count]

    def at_end(self) -> bool:
        """Whether no byte is left."""
        return self._next == len(self._block) and not self.peek(1)

    def _pass(self, count: int) -> None:
        self._next += count
        self.place += count
        if self.place > MAX_INFLATED:
            raise ImageError(
                f"it holds more than {MAX_INFLATED:,} bytes when it is inflated: a decompression bomb"
            )

    def _more(self) -> bytes:
        """The next block, which takes the place of one that was read."""
        self._block, self._next = self._inflated(), 0
        if not self._block:
            raise ImageError(ENDS_EARLY)
        return self._block

    def _inflated(self) -> bytes:
        try:
            while not self._inflate.eof:
                data = self._inflate.unconsumed_tail or self._file.read(BLOCK)
                found = self._inflate.decompress(data, BLOCK)
                if found or not data:
                    return found
        except zlib.error as error:
            raise ImageError("the DICOM file is damaged: its deflated part cannot be inflated") from error
        return b""
