"""Pixels -> a PNG file with a text in it: by OpenCV's encoder, a large one strip by strip."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xai_cam.files.strips import Strips, is_large, strips_of

SIGNATURE = b"\x89PNG\r\n\x1a\n"

RGB_OF_8_BITS = bytes((8, 2, 0, 0, 0))
"""The end of IHDR: depth, kind of colours, and the only methods of compressing, filtering and interlacing."""

HEADER = 33
"""Bytes of the signature and of IHDR, always the first chunk (PNG specification, 5.6); texts may follow."""

BANDS, BAND = 4, 2
"""Number of bands of a picture, and rows of each, that the coding is chosen by."""


@dataclass(frozen=True)
class Coding:
    """How pixels are made small: differences to the left in Huffman's code, or repetitions of the pixels."""

    differences: bool

    @property
    def of_opencv(self) -> list[int]:
        """The same as OpenCV's encoder takes it."""
        import cv2

        # Without a level the encoder keeps differences to the left, with one it chooses filters row by row
        if self.differences:
            return [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
        repetitions = [cv2.IMWRITE_PNG_COMPRESSION, 3]
        if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # OpenCV 4.12
            repetitions += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
        return repetitions

    def filtered(self, pixels: np.ndarray) -> np.ndarray:
        """Rows as they are compressed: the number of the filter, then the bytes (PNG specification, 9)."""
        rows, width = pixels.shape[:2]
        lines = np.empty((rows, 1 + 3 * width), np.uint8)
        lines[:, 0] = self.differences
        within = lines[:, 1:].reshape(rows, width, 3)
        within[:] = pixels
        if self.differences:
            within[:, 1:] -= pixels[:, :-1]
        return lines

    def compressor(self) -> zlib._Compress:
        """Deflate, with the search for repetitions or without."""
        if self.differences:
            return zlib.compressobj(1, strategy=zlib.Z_HUFFMAN_ONLY)
        return zlib.compressobj(3)


def encode_png(pixels: np.ndarray | Strips, key: str, text: str) -> bytes:
    """A PNG file of (H, W, 3) uint8 RGB, or (H, W) grey, that holds `text` under `key` (an iTXt chunk).

    In photographs, and maps blended into them, hardly anything is repeated, and to search for repetitions
    takes most of an encoder's time: differences to the left, in Huffman's code, are as small. In charts,
    drawings and maps alone the pixels themselves repeat. Bands across the picture show which is smaller.
    """
    import cv2

    if isinstance(pixels, Strips):
        return _encode_strips(pixels, key, text)
    if pixels.ndim == 3:
        if is_large(pixels.shape):
            return _encode_strips(strips_of(pixels), key, text)
        pixels = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR)
    coding = _coding_of(Strips((pixels.shape[0], pixels.shape[1]), lambda top, bottom: pixels[top:bottom]))
    data = cv2.imencode(".png", pixels, coding.of_opencv)[1].tobytes()
    return data[:HEADER] + _text_chunk(key, text) + data[HEADER:]


def _coding_of(picture: Strips) -> Coding:
    """The coding that is smaller for some bands across a picture."""
    import cv2

    height = picture.size[0]
    starts = np.linspace(0, max(height - BAND, 0), BANDS + 2).astype(int)[1:-1]
    bands = np.concatenate([picture.rows(start, min(start + BAND, height)) for start in starts])
    codings = Coding(differences=True), Coding(differences=False)
    return min(codings, key=lambda coding: len(cv2.imencode(".png", bands, coding.of_opencv)[1]))


def _encode_strips(picture: Strips, key: str, text: str) -> bytes:
    """The file of a picture of which no more than a strip is there at a time."""
    file, (height, width) = io.BytesIO(), picture.size
    file.write(SIGNATURE + _chunk(b"IHDR", struct.pack(">II", width, height) + RGB_OF_8_BITS))
    file.write(_text_chunk(key, text))
    for data in _compressed(picture, _coding_of(picture)):
        if data:
            file.write(_chunk(b"IDAT", data))
    file.write(_chunk(b"IEND", b""))
    return file.getvalue()


def _compressed(picture: Strips, coding: Coding) -> Iterator[bytes]:
    compressor = coding.compressor()
    for _, strip in picture:
        yield compressor.compress(coding.filtered(strip).data)
    yield compressor.flush()


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
