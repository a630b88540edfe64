"""What compressed pixels are is read from their heads as decoders read them; nothing passes for one."""

from __future__ import annotations

import io
import struct
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from xai_cam.errors import ImageError
from xai_cam.images.dicom.codestreams import check_codestream
from xai_cam.images.dicom.syntaxes import LIBJPEG, OPENJPEG

needs_jpeg_2000 = pytest.mark.skipif(
    not features.check_codec("jpg_2000"), reason="this Pillow reads no JPEG 2000"
)


def check(
    data: bytes, reader: str, rows: int = 8, columns: int = 16, samples: int = 1, allocated: int = 8
) -> None:
    header: Any = SimpleNamespace(
        syntax=SimpleNamespace(reader=reader),
        **{"rows": rows, "columns": columns, "samples": samples, "allocated": allocated},
        values=rows * columns * samples,
    )
    check_codestream(header, data)


def saved(kind: str, rows: int = 8, columns: int = 16, mode: str = "L", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (columns, rows)).save(file, kind, **options)
    return file.getvalue()


def head_of_jpeg(rows: int, columns: int) -> bytes:
    """The marker of a frame, its size, and one band."""
    return b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", rows, columns) + b"\x01\x01\x11\0"


def head_of_jpeg_2000(rows: int, columns: int) -> bytes:
    """The markers of a codestream and its size, and one band."""
    sides = (columns, rows, 0, 0, columns, rows, 0, 0)
    return b"\xff\x4f\xff\x51\0\x29\0\0" + struct.pack(">8LH", *sides, 1) + b"\7\1\1"


def refused(data: bytes, reader: str, words: str = "another size", **asked: int) -> None:
    with pytest.raises(ImageError, match=words):
        check(data, reader, **asked)


def test_jpeg() -> None:
    check(saved("JPEG"), LIBJPEG)
    check(saved("JPEG", mode="RGB"), LIBJPEG, samples=3)
    check(saved("JPEG", progressive=True, comment=b"x" * 999), LIBJPEG)
    check(b"\xff\xd8\xff\xff\xff" + head_of_jpeg(8, 16)[1:], LIBJPEG)  # filled up
    refused(saved("JPEG", mode="RGB"), LIBJPEG, samples=1)
    refused(saved("JPEG", rows=9), LIBJPEG)


@pytest.mark.parametrize(
    "between",
    [
        b"\xff\xfe\0\x30" + head_of_jpeg_2000(8, 16).ljust(46),
        b"\xff\xfe\0\x0d" + head_of_jpeg(8, 16),
        b"\xff\xd0",
        b"\xff\x01",
        b"\xff\xfe\0\0",
    ],
)
def test_nothing_before_the_frame_of_a_jpeg_passes_for_it(between: bytes) -> None:
    """A comment, a marker without a length, and a length that is none; all with a true head behind."""
    refused(b"\xff\xd8" + between + head_of_jpeg(8000, 8000) + head_of_jpeg(8, 16) * 9000, LIBJPEG)


@pytest.mark.parametrize("reader", [LIBJPEG, OPENJPEG])
def test_what_begins_otherwise(reader: str) -> None:
    other = head_of_jpeg_2000(8, 16) if reader == LIBJPEG else b"\xff\xd8" + head_of_jpeg(8, 16)
    for data in (saved("PNG"), saved("PNG") + other, other, b"\0" + other, b"", b"\xff\xd8\xff", b"\xff\x4f"):
        refused(data, reader)


@needs_jpeg_2000
def test_jpeg_2000() -> None:
    for bare in (True, False):
        check(saved("JPEG2000", no_jp2=bare), OPENJPEG)
        check(saved("JPEG2000", no_jp2=bare, mode="RGB"), OPENJPEG, samples=3)
        refused(saved("JPEG2000", no_jp2=bare, rows=9), OPENJPEG)
        refused(saved("JPEG2000", no_jp2=bare, mode="RGB"), OPENJPEG)
    check(head_of_jpeg_2000(8, 16), OPENJPEG)


@needs_jpeg_2000
def test_nothing_in_the_boxes_of_a_jp2_passes_for_its_codestream() -> None:
    small, large = saved("JPEG2000", no_jp2=False), saved("JPEG2000", no_jp2=False, rows=4000)
    at = large.index(b"jp2c") - 4
    fake = head_of_jpeg_2000(8, 16)
    box = struct.pack(">L4s", 8 + len(fake), b"free") + fake
    refused(large[:at] + box + large[at:], OPENJPEG)
    refused(small[: small.index(b"jp2c") - 4] + large[at:], OPENJPEG)  # boxes of 8, codestream of 4000 rows
    refused(large[:at] + small[small.index(b"jp2c") - 4 :], OPENJPEG)
    palette = struct.pack(">L4s", 12, b"pclr") + b"\0\1\xff\7"
    at = small.index(b"jp2c") - 4
    refused(small[:at] + palette + small[at:], OPENJPEG)
    refused(small[:at] + struct.pack(">L4s", 3, b"free") + small[at:], OPENJPEG)


def rle(*segments: bytes) -> bytes:
    starts = (64 + np.cumsum([0, *map(len, segments[:-1])])).tolist()
    return struct.pack("<16L", len(segments), *starts, *[0] * (15 - len(segments))) + b"".join(segments)


def test_rle() -> None:
    run, steps = b"\x81\5", b"\0\5" * 128  # one step for all pixels, or one for each
    check(rle(run), "")
    check(rle(steps), "")
    check(rle(run + b"\x80\0", steps), "", allocated=16)
    refused(rle(run, run), "", "another size")
    refused(rle(run * 10), "", "more than it says", rows=1, columns=64)
    refused(rle(run * 5_000_000), "", "more than it says")
    refused(rle(run, run * 20), "", "more than it says", allocated=16)
    refused(rle(b"\x80" * 5_000_000), "", "more than it says")
    refused(rle(run)[:60], "", "break off")
