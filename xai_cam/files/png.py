"""Pixels -> a PNG file, quickly where the pixels are a photograph's."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

SIGNATURE = b"\x89PNG\r\n\x1a\n"

STRIP_BYTES = 1 << 18
"""Rows are coded strip by strip: what is in between stays in the processor's cache, and small."""

BANDS, BAND = 4, 6
"""How many bands of a picture, and of how many rows, tell whether it is worth to search for repetitions."""

WORTH = 1.1
"""It is where the bands get larger than by this factor without."""

SUB = 1
"""The filter of a row that keeps differences to the pixel to the left (PNG specification, 9.2)."""


def encode_png(pixels: np.ndarray, key: str, text: str) -> bytes:
    """A PNG file of (H, W, 3) uint8 RGB, or (H, W) grey, that holds `text` under `key` (an iTXt chunk).

    In photographs, and maps blended into them, hardly anything is repeated: to search for it takes most of an
    encoder's time and does not pay. Their rows are kept as differences to the left and coded by Huffman's
    method alone: a few percent larger files in a quarter of the time. All others (charts, drawings, maps
    alone, grey) go through Pillow's encoder, which searches.
    """
    if pixels.ndim == 2 or _repeats(pixels):
        buffer, chunks = io.BytesIO(), PngImagePlugin.PngInfo()
        chunks.add_itxt(key, text)
        Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunks, compress_level=3)
        return buffer.getvalue()
    height, width = pixels.shape[:2]
    parts = (
        SIGNATURE,
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),  # 8 bits, RGB
        _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()),  # as it is, no language
        _chunk(b"IDAT", _compress(pixels, zlib.Z_HUFFMAN_ONLY)),
        _chunk(b"IEND", b""),
    )
    return b"".join(parts)


def _differences(pixels: np.ndarray) -> np.ndarray:
    """(H, 1 + 3 W) uint8: each row's filter, and its differences to the pixel to the left."""
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).reshape(height, 3 * width)
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0], rows[:, 1:4] = SUB, flat[:, :3]
    np.subtract(flat[:, 3:], flat[:, :-3], out=rows[:, 4:])
    return rows


def _repeats(pixels: np.ndarray) -> bool:
    """Whether a search for repetitions makes bands across the picture much smaller."""
    starts = np.linspace(0, max(len(pixels) - BAND, 0), BANDS + 2).astype(int)[1:-1]
    bands = np.concatenate([pixels[start : start + BAND] for start in starts])
    without, searched = zlib.Z_HUFFMAN_ONLY, zlib.Z_DEFAULT_STRATEGY
    return len(_compress(bands, without)) > WORTH * len(_compress(bands, searched))


def _compress(pixels: np.ndarray, strategy: int) -> bytes:
    """The rows of a picture, compressed; `strategy` is one of zlib's."""
    coder = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    step = max(1, STRIP_BYTES // (3 * pixels.shape[1]))
    strips = (pixels[top : top + step] for top in range(0, len(pixels), step))
    return b"".join([*(coder.compress(_differences(strip).data) for strip in strips), coder.flush()])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
