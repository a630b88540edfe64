"""DICOM files that were damaged, or made to take all memory or time, cost themselves alone, and little."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from support.dicom_files import dicom_file, table
from support.planted import element
from xai_cam.errors import ImageError
from xai_cam.images.dicom.reading import read_dicom
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Reading

SYNTAXES = {
    "explicit": "1.2.840.10008.1.2.1",
    "implicit": "1.2.840.10008.1.2",
    "big endian": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99",
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG": "1.2.840.10008.1.2.4.50",
}
SMOOTH = np.add.outer(np.arange(0, 96, 4), np.arange(0, 128, 4)).astype(np.uint8)
EVERY = 80
"""Damaged files of each syntax."""


def read(path: Path, frame: int | None = None) -> Picture:
    return read_dicom(path, lambda _: None, Reading(frame=frame, max_pixels=4_000_000))


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A file with some bytes changed, put in, left out or cut off, most of them before its pixels."""
    spoilt = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        end = min(len(spoilt), 1_500) if chance.random() < 0.9 else len(spoilt)
        place, way = chance.randrange(128, max(end, 129)), chance.random()
        if way < 0.6:
            spoilt[place : place + 1] = bytes([chance.choice([0, 127, 128, 255, chance.randrange(256)])])
        elif way < 0.8:
            del spoilt[place : place + chance.randrange(1, 20)]
        elif way < 0.9:
            spoilt[place:place] = chance.randbytes(4)
        else:
            del spoilt[place + 1 :]
    return bytes(spoilt)


@pytest.mark.parametrize("name", SYNTAXES)
def test_anything_changed_anywhere(name: str, tmp_path: Path) -> None:
    """A picture, or an error of ours: nothing else, and levels are from 0 to 255."""
    stored = SMOOTH if name == "JPEG" else np.stack([SMOOTH, SMOOTH]).astype(np.int16)
    whole = dicom_file(
        tmp_path / "whole.dcm",
        stored,
        SYNTAXES[name],
        **{"WindowCenter": "40", "WindowWidth": "400", "RescaleSlope": "1", "RescaleIntercept": "-9"},
        VOILUTSequence=[table(list(range(64)), 0, 8)],
        PixelSpacing=["1", "2"],
    ).read_bytes()
    chance, path, good = random.Random(name), tmp_path / "a.dcm", 0
    for _ in range(EVERY):
        path.write_bytes(damaged(whole, chance))
        try:
            values = read(path, chance.choice([None, 1, 2])).values
        except ImageError:
            continue
        good += 1
        assert values.min() >= 0 and values.max() <= 255
    assert 5 < good < EVERY - 5


def header(rows: int, columns: int, frames: int = 1) -> bytes:
    """What describes grey pixels of 16 bits."""
    numbers = {0x02: 1, 0x10: rows, 0x11: columns, 0x0100: 16, 0x0101: 16, 0x0102: 15, 0x0103: 0}
    found = {tag: element(0x00280000 | tag, "US", struct.pack("<H", value)) for tag, value in numbers.items()}
    found[0x04] = element(0x00280004, "CS", b"MONOCHROME2 ")
    found[0x08] = element(0x00280008, "IS", str(frames).encode())
    return b"".join(found[tag] for tag in sorted(found))


def bomb(kind: str) -> tuple[str, bytes]:
    """The transfer syntax and the elements of a file that would take gigabytes, or minutes."""
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    start = b"\x81\0" * 99
    if kind == "pixels":
        return "explicit", header(1_900, 2_000, 500) + element(0x7FE00010, "OW", start, 0xFFFFFFF0)
    if kind == "a value":
        return "explicit", element(0x00281201, "OW", start, 0x7FFFFFF0) + header(9, 9)
    if kind == "deflated pixels":
        data = header(1_900, 2_000, 500) + element(0x7FE00010, "OW", bytes(1 << 22), 0xFFFFFFF0)
        return "deflated", deflate.compress(data) + deflate.flush()
    if kind == "deflated elements":
        data = element(0x00091001, "OB", b"", 1 << 26) + bytes(1 << 26) + header(9, 9)
        return "deflated", deflate.compress(data) + deflate.flush()
    if kind == "elements":
        return "deflated", deflate.compress(bytes(1 << 20)) + deflate.flush()
    items = element(0xFFFEE000, "", b"") + element(
        0xFFFEE000, "", struct.pack("<16L", 1, 64, *[0] * 14) + start
    )
    return "RLE", header(1_900, 2_000) + element(0x7FE00010, "OB", items, 0xFFFFFFFF)


@pytest.fixture
def counted() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    "kind", ["pixels", "a value", "deflated pixels", "deflated elements", "elements", "RLE"]
)
def test_bombs_take_neither_memory_nor_time(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.images.dicom.elements.MAX_ELEMENTS", 1 << 16)
    syntax, data = bomb(kind)
    meta = element(0x00020010, "UI", SYNTAXES[syntax].encode())
    path = tmp_path / "a.dcm"
    path.write_bytes(bytes(128) + b"DICM" + meta + data)
    size, started = path.stat().st_size, time.process_time()
    assert size < 100_000
    tracemalloc.reset_peak()
    with pytest.raises(ImageError):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    assert time.process_time() - started < 10
