"""Pixels -> a PNG file, by OpenCV's encoder, with a text in it."""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"

HEADER = 33
"""Bytes of the signature and of IHDR, always the first chunk (PNG specification, 5.6); texts may follow."""

BANDS, BAND = 4, 2
"""Number of bands of a picture, and rows of each, that the coding is chosen by."""


def encode_png(pixels: np.ndarray, key: str, text: str) -> bytes:
    """A PNG file of (H, W, 3) uint8 RGB, or (H, W) grey, that holds `text` under `key` (an iTXt chunk).

    In photographs, and maps blended into them, hardly anything is repeated, and to search for repetitions
    takes most of an encoder's time: differences to the left, in Huffman's code, are as small. In charts,
    drawings and maps alone the pixels themselves repeat. Bands across the picture show which is smaller.
    """
    import cv2

    if pixels.ndim == 3:
        pixels = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR)
    # Without a level the encoder keeps differences to the left, with one it chooses filters row by row
    differences = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
    repetitions = [cv2.IMWRITE_PNG_COMPRESSION, 3]
    if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # OpenCV 4.12
        repetitions += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
    starts = np.linspace(0, max(len(pixels) - BAND, 0), BANDS + 2).astype(int)[1:-1]
    bands = np.concatenate([pixels[start : start + BAND] for start in starts])
    coding = min(differences, repetitions, key=lambda how: len(cv2.imencode(".png", bands, how)[1]))
    data = cv2.imencode(".png", pixels, coding)[1].tobytes()
    return data[:HEADER] + _text_chunk(key, text) + data[HEADER:]


def _text_chunk(key: str, text: str) -> bytes:
    """iTXt: not compressed, of no language (PNG specification, 11.3.3.4)."""
    content = b"iTXt" + key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(content) - 4) + content + _checksum(content)


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
