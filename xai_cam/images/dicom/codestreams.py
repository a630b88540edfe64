"""Compressed pixels of DICOM files: what they hold by their own heads, before anything decompresses them.

A head is read from its first byte on, as the decoders read it: nothing in a comment can pass for one.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import DAMAGED
from xai_cam.images.dicom.header import Header
from xai_cam.images.dicom.syntaxes import OPENJPEG
from xai_cam.images.opening import BOMB, MAX_SCANS, START_OF_SCAN

START_OF_JPEG = b"\xff\xd8\xff"
START_OF_JPEG_2000 = b"\xff\x4f\xff\x51"
START_OF_JP2 = b"\0\0\0\x0cjP  \r\n\x87\n"

START_OF_FRAME = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG and JPEG-LS behind which the size stands."""

BEFORE_FRAME = frozenset((0xC4, 0xCC, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xF8, 0xFE))
"""Those that may stand before: each has a length. What has none would be passed over in different ways."""

MAX_RUN = 64
"""Bytes that one byte of RLE may stand for, at most."""

SEGMENTS, RLE_HEAD = 15, 64
"""Segments that RLE has, at most, and bytes before them."""

PADDING = 1024
"""Bytes that a segment may hold besides its pixels."""


class Size(NamedTuple):
    """What compressed pixels are by their own head."""

    rows: int
    columns: int
    samples: int


def check_codestream(header: Header, data: bytes) -> None:
    """Refuse compressed pixels of another size than the file says, and those that cost far more.

    Raises
    ------
    ImageError
    """
    if not header.syntax.reader:
        _check_runs(header, data)
        return
    size = _size_of_jpeg_2000(data) if header.syntax.reader == OPENJPEG else _size_of_jpeg(data)
    if size != (header.rows, header.columns, header.samples):
        raise ImageError(f"{DAMAGED}: its compressed pixels have another size than it says")
    if len(START_OF_SCAN.findall(data)) > MAX_SCANS:
        raise ImageError(f"its pixels are compressed in more than {MAX_SCANS} scans: {BOMB}, save it anew")


def _size_of_jpeg(data: bytes) -> Size | None:
    """By the head of a JPEG or JPEG-LS."""
    place = 2 if data.startswith(START_OF_JPEG) else len(data)
    while place + 10 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in START_OF_FRAME:
            return Size(*struct.unpack_from(">HHB", data, place + 5))
        if marker == 0xFF:  # filled up
            place += 1
        elif marker in BEFORE_FRAME and length >= 2:
            place += 2 + length
        else:
            break
    return None


def _size_of_jpeg_2000(data: bytes) -> Size | None:
    """By the head of a JPEG 2000, bare or in the boxes of a JP2, which have to say the same."""
    if not data.startswith(START_OF_JP2):
        return _size_of_codestream(data, 0)
    start = _place_in_boxes(data)
    boxes = data[: start or 0]
    # A decoder takes the picture's size from the boxes, and as many bands as a palette has.
    if boxes.count(b"ihdr") != 1 or boxes.count(b"jp2h") != 1 or b"pclr" in boxes:
        return None
    said = boxes[boxes.index(b"ihdr") + 4 :][:10]
    found = _size_of_codestream(data, len(boxes))
    return found if len(said) == 10 and found == Size(*struct.unpack(">LLH", said)) else None


def _place_in_boxes(data: bytes) -> int | None:
    """Where the codestream lies within the boxes of a JP2."""
    place = 0
    while place + 16 <= len(data):
        length, kind = struct.unpack_from(">L4s", data, place)
        head = 8
        if length == 1:
            head, length = 16, int.from_bytes(data[place + 8 : place + 16], "big")
        if kind == b"jp2c":
            return place + head
        if length < head:
            break
        place += length
    return None


def _size_of_codestream(data: bytes, start: int) -> Size | None:
    if not data.startswith(START_OF_JPEG_2000, start) or len(data) < start + 42:
        return None
    right, bottom, left, top = struct.unpack_from(">4L", data, start + 8)
    (samples,) = struct.unpack_from(">H", data, start + 40)
    return Size(bottom - top, right - left, samples)


def _check_runs(header: Header, data: bytes) -> None:
    """Refuse RLE whose segments hold fewer bytes than a frame, or far more."""
    pixels = header.rows * header.columns
    if len(data) * MAX_RUN < header.values * header.allocated // 8:
        raise ImageError(f"{DAMAGED}: its compressed pixels are too few")
    if len(data) < RLE_HEAD:
        raise ImageError(f"{DAMAGED}: its compressed pixels break off")
    count, *starts = struct.unpack_from(f"<{1 + SEGMENTS}L", data)
    if count != header.samples * header.allocated // 8 or count > SEGMENTS:
        raise ImageError(f"{DAMAGED}: its compressed pixels have another size than it says")
    ends = [*starts[1:count], len(data)]
    for start, end in zip(starts[:count], ends, strict=True):
        if _is_longer(data, start, min(end, len(data)), pixels + PADDING):
            raise ImageError(f"{DAMAGED}: its compressed pixels are more than it says")


def _is_longer(data: bytes, place: int, end: int, most: int) -> bool:
    """Whether a segment stands for more bytes than so many, or has more steps than that."""
    if end - place > 2 * most:
        return True
    held = 0
    while place < end and held <= most:
        step = data[place]
        if step > 128:
            held += 257 - step
            place += 2
        else:
            held += (step + 1) % 129  # 128 stands for nothing
            place += (step + 1) % 129 + 1
    return held > most
