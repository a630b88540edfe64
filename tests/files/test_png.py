"""PNG files by their specification (ISO/IEC 15948): read here chunk by chunk and row by row."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from xai_cam.files import png
from xai_cam.files.png import encode_png
from xai_cam.files.strips import strips_of


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kinds and contents; every length and checksum must be right."""
    assert data[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert zlib.crc32(kind + content) == checksum
        found.append((kind, content))
        at += 12 + length
    return found


def paeth(a: int, b: int, c: int) -> int:
    return min((a, b, c), key=lambda one: abs(a + b - c - one))  # of equal ones the first


def pixels_of(data: bytes) -> np.ndarray:
    """The pixels of an RGB file, each byte put together as section 9 of the specification says."""
    chunks = chunks_of(data)
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [8, 2, 0, 0, 0]
    raw = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    assert len(raw) == height * (1 + 3 * width)
    rows = [[0] * (3 * width)]
    for top in range(height):
        kind, *line = raw[top * (1 + 3 * width) : (top + 1) * (1 + 3 * width)]
        row: list[int] = []
        for i, value in enumerate(line):
            a, b, c = (row[i - 3], rows[-1][i], rows[-1][i - 3]) if i >= 3 else (0, rows[-1][i], 0)
            row.append((value + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256)
        rows.append(row)
    return np.array(rows[1:], np.uint8).reshape(height, width, 3)


RNG = np.random.default_rng(0)
RAMP = np.linspace(0, 255, 37)[:, None] * np.ones((1, 23))
PICTURES = {
    "photograph": np.clip(RAMP[..., None] + RNG.normal(0, 9, (37, 23, 3)), 0, 255).astype(np.uint8),
    "noise": RNG.integers(0, 256, (20, 31, 3), dtype=np.uint8),
    "one pixel": np.array([[[1, 200, 3]]], np.uint8),
    "one column": RNG.integers(0, 256, (9, 1, 3), dtype=np.uint8),
    "one row": RNG.integers(0, 256, (1, 9, 3), dtype=np.uint8),
    "white": np.full((12, 40, 3), 255, np.uint8),
    "drawing": np.kron(RNG.integers(0, 256, (3, 4, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8)),
    "a part of another": RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)[5:30:2, ::-1],
}


@pytest.fixture(params=["isal", "zlib"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which library compresses: the quicker one need not be there."""
    if request.param == "zlib":
        monkeypatch.setattr(png, "_isal", lambda: None)
    else:
        pytest.importorskip("isal")
    return str(request.param)


@pytest.mark.parametrize("name", PICTURES)
def test_every_reader_finds_the_pixels(name: str, library: str) -> None:
    pixels = PICTURES[name]
    data = encode_png(pixels, "tool", "text")
    assert (pixels_of(data) == pixels).all()
    with Image.open(io.BytesIO(data)) as image:
        image.verify()
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB" and (np.asarray(image) == pixels).all()
    assert (cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1] == pixels).all()
    assert [kind for kind, _ in chunks_of(data)] == [b"IHDR", b"iTXt", b"IDAT", b"IEND"]


def test_grey_is_kept_as_grey() -> None:
    pixels = PICTURES["noise"][..., 0]
    with Image.open(io.BytesIO(encode_png(pixels, "tool", "text"))) as image:
        assert image.mode == "L" and (np.asarray(image) == pixels).all()


@pytest.mark.parametrize("name", ["photograph", "drawing"])
def test_the_text_is_kept_as_it_is(name: str) -> None:
    text = '{"class": "чайка, \U0001f426", "empty": ""}'
    data = encode_png(PICTURES[name], "xai-cam", text)
    # Keyword, 0, not compressed, method 0, no language, 0, no translated keyword, 0, text (11.3.3.4).
    assert dict(chunks_of(data))[b"iTXt"] == b"xai-cam\0\0\0\0\0" + text.encode()
    with Image.open(io.BytesIO(data)) as image:
        assert image.text == {"xai-cam": text}


def test_a_library_that_cannot_be_imported_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    png._isal.cache_clear()
    try:
        assert (
            png._isal() is None
            and (pixels_of(encode_png(PICTURES["noise"], "", "")) == PICTURES["noise"]).all()
        )
    finally:
        png._isal.cache_clear()


def test_sizes_are_near_those_of_a_search(library: str) -> None:
    """A photograph costs little without the search for repetitions, and a drawing is not coded without."""
    for name, most in (("photograph", 1.0), ("drawing", 1.0), ("map", 1.5)):
        pixels, buffer = np.tile(PICTURES.get(name, PICTURES["noise"]), (4, 4, 1)), io.BytesIO()
        if name == "map":
            levels = cv2.resize(PICTURES["noise"][:7, :7, 0], (300, 200), interpolation=cv2.INTER_LINEAR)
            pixels = cv2.applyColorMap(levels, cv2.COLORMAP_JET)
        if name == "photograph":
            pixels = cv2.resize(PICTURES["photograph"], (300, 200), interpolation=cv2.INTER_LINEAR)
            pixels = np.clip(pixels + RNG.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
        assert len(encode_png(pixels, "", "")) <= most * len(buffer.getvalue()) + 100


@pytest.mark.parametrize("strip", [1, 37, 1 << 20])
@pytest.mark.parametrize("kind", ["noise", "flat"])
def test_a_picture_is_encoded_strip_by_strip(
    kind: str, strip: int, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever coding is smaller, the pixels and the text come back, by Pillow and by OpenCV."""
    shape, chance = (9, 37, 3), np.random.default_rng(0)
    pixels = chance.integers(0, 256, shape, np.uint8) if kind == "noise" else np.full(shape, 200, np.uint8)
    monkeypatch.setattr("xai_cam.files.strips.STRIP_PIXELS", strip)
    monkeypatch.setattr(png, "FILTERED_BYTES", 2 * 3 * strip)
    data = encode_png(pixels, "key", "a text: 猫")
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(image, pixels)
        assert image.info["key"] == "a text: 猫"
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), 1)[..., ::-1], pixels)
    np.testing.assert_array_equal(pixels_of(data), pixels)
    assert data == encode_png(strips_of(pixels), "key", "a text: 猫")
