"""Pixels -> a PNG file with a text in it, encoded a few rows at a time: a large picture is never there whole.

Most of a run's time on pictures goes into this. In photographs, and maps blended into them, hardly anything
is repeated, and to search for repetitions takes most of an encoder's time: differences to the mean of the
pixels above and to the left, in Huffman's code, are smaller. In charts, drawings and maps alone the pixels
themselves repeat.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from xai_cam.files.strips import Strips, strips_of

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB = 0, 2
"""Kinds of colours, as IHDR has them (PNG specification, 11.2.2)."""

AS_THEY_ARE, AVERAGE = 0, 3
"""Filters of a row: none; and less the mean of the pixels to the left and above (9.2)."""

HEADER = 33
"""Bytes of the signature and of IHDR, always the first chunk (PNG specification, 5.6); texts may follow."""

BANDS, BAND = 4, 5
"""Number of bands of a picture, and rows of each, that the coding is chosen by."""

FILTERED_BYTES = 1 << 17
"""Of rows that are filtered at a time: what is in between stays in the processor's cache."""


@dataclass(frozen=True)
class Coding:
    """How pixels are made small: differences in Huffman's code, or repetitions of the pixels."""

    differences: bool

    def filtered(self, pixels: np.ndarray, above: np.ndarray | None = None) -> np.ndarray:
        """Rows (h, w, …) as they are compressed: the number of the filter, then the bytes of the row.

        `above` is the row before the first one; at the top of a picture there is none.
        """
        depth = 1 if pixels.ndim == 2 else pixels.shape[2]
        rows = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
        lines = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        lines[:, 0], within = AVERAGE if self.differences else AS_THEY_ARE, lines[:, 1:]
        if not self.differences:
            within[:] = rows
            return lines
        before = np.zeros_like(rows[:1]) if above is None else above.reshape(1, -1)
        before = np.concatenate([before, rows[:-1]])
        np.subtract(rows[:, :depth], before[:, :depth] >> 1, out=within[:, :depth])
        left, before = rows[:, :-depth], before[:, depth:]
        mean = left ^ before  # (a + b) // 2 within eight bits: what both have, and half of what one has
        mean >>= 1
        mean += left & before
        np.subtract(rows[:, depth:], mean, out=within[:, depth:])
        return lines

    def compressor(self) -> Any:
        """Deflate, with the search for repetitions or without, for which `isal` takes half the time."""
        if not self.differences:
            return zlib.compressobj(3)
        quick = _isal()
        return zlib.compressobj(1, strategy=zlib.Z_HUFFMAN_ONLY) if quick is None else quick.compressobj(1)

    def compressed(self, strips: Iterable[np.ndarray]) -> Iterator[bytes]:
        """The data of the rows of all strips, from top to bottom, a piece for each."""
        compressor, above, piece = self.compressor(), None, b""
        for strip in strips:
            if piece:
                yield piece
            step, parts = max(1, FILTERED_BYTES // max(1, strip[0].size)), []
            for top in range(0, len(strip), step):
                rows = strip[top : top + step]
                parts.append(compressor.compress(self.filtered(rows, above).data))
                above = rows[-1]
            piece = b"".join(parts)
        yield piece + compressor.flush()


@cache
def _isal() -> Any | None:
    """Intel's library that compresses as zlib does, where it is installed."""
    try:
        from isal import isal_zlib
    except ImportError:
        return None
    return isal_zlib


def encode_png(pixels: np.ndarray | Strips, key: str, text: str) -> bytes:
    """A PNG file of (H, W, 3) uint8 RGB, or (H, W) grey, that holds `text` under `key` (an iTXt chunk)."""
    picture = pixels if isinstance(pixels, Strips) else strips_of(pixels)
    (height, width), colours = picture.size, GREY if getattr(pixels, "ndim", 3) == 2 else RGB
    file = io.BytesIO()
    file.write(SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)))
    file.write(_text_chunk(key, text))
    for data in _coding_of(picture).compressed(strip for _, strip in picture):
        file.write(_chunk(b"IDAT", data))
    file.write(_chunk(b"IEND", b""))
    return file.getvalue()


def _coding_of(picture: Strips) -> Coding:
    """The coding that is smaller for some bands across a picture."""
    height = picture.size[0]
    starts = np.linspace(0, max(height - BAND, 0), BANDS + 2).astype(int)[1:-1]
    bands = [picture.rows(start, min(start + BAND, height)) for start in starts]

    def size(coding: Coding) -> int:
        compressor = coding.compressor()
        parts = [
            coding.filtered(band[1:], band[0]) if height > 1 else coding.filtered(band) for band in bands
        ]
        return sum(len(compressor.compress(part.data)) for part in parts) + len(compressor.flush())

    return min(Coding(differences=True), Coding(differences=False), key=size)


def _text_chunk(key: str, text: str) -> bytes:
    """iTXt: not compressed, of no language (PNG specification, 11.3.3.4)."""
    return _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode())


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Length, kind, data and checksum (PNG specification, 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def place_of_checksum(data: bytes) -> slice | None:
    """Where the checksum of the text stands in a PNG of `encode_png`; None where it holds another chunk."""
    if data[HEADER + 4 : HEADER + 8] != b"iTXt":
        return None
    end = HEADER + 8 + int.from_bytes(data[HEADER : HEADER + 4], "big")
    return slice(end, end + 4)


def checksum_of_text(data: bytes) -> bytes:
    """The checksum of the text of a PNG, whose bytes are given up to it."""
    return _checksum(data[HEADER + 4 :])


def _checksum(content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(content))
