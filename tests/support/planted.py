"""A name put wherever a DICOM file can hold text, and the search for it in all that is written."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydicom.datadict import DicomDictionary

from xai_cam.images.dicom.header import WANTED

NAME = "Zqx^Planted"
"""Of the patient; nothing else has these letters."""

STEM = "zqx"

TEXT_KINDS = (
    *("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"),
    *("UN", "OB"),
)
LONG = ("OB", "OW", "SQ", "UC", "UN", "UR", "UT")
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
UNDEFINED = 0xFFFFFFFF


def element(tag: int, kind: str, value: bytes, length: int | None = None) -> bytes:
    """An element of a little-endian file that names kinds."""
    value += b"\0" * (len(value) % 2)
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if tag >> 16 == 0xFFFE:
        return head + struct.pack("<L", length) + value
    form, filled = ("<L", b"\0\0") if kind in LONG else ("<H", b"")
    return head + kind.encode() + filled + struct.pack(form, length) + value


def named(tag: int, kind: str) -> bytes:
    """An element whose value is the name, with the tag behind it."""
    return element(tag, kind, f"{NAME}{tag:08X}".encode())


def planted_file(path: Path, body: bytes, syntax: str = "1.2.840.10008.1.2.1", meta: bytes = b"") -> Path:
    """A DICOM file with the name in its preamble, in all that describes it, and in all tags of text.

    `body` holds what describes the pixels, and the pixels.
    """
    head = (NAME * 20).encode()[:128] + b"DICM"
    head += element(0x00020010, "UI", syntax.encode()) + meta
    head += b"".join(named(tag, kind) for tag, kind in _text_tags() if tag >> 16 == 2 and tag != 0x00020010)
    elements = {tag: named(tag, kind) for tag, kind in _text_tags() if tag >> 16 > 2}
    elements |= dict(_private())
    before = b"".join(data for tag, data in sorted(elements.items()) if tag < 0x7FE00000)
    behind = b"".join(data for tag, data in sorted(elements.items()) if tag > 0x7FE00010)
    path.write_bytes(head + before + body + behind)
    return path


def _text_tags() -> Iterator[tuple[int, str]]:
    """Every tag of the standard that holds text or may, but those that are read for the pixels."""
    for tag, (kind, *_) in DicomDictionary.items():
        if kind in TEXT_KINDS and tag not in WANTED and tag not in PIXELS:
            yield tag, kind


def _private() -> Iterator[tuple[int, bytes]]:
    """Private elements, and sequences in each other, of lengths that are given or not."""
    yield 0x00090010, named(0x00090010, "LO")
    for number, kind in enumerate(TEXT_KINDS):
        yield 0x00091000 + number, named(0x00091000 + number, kind)
    for tag, length in ((0x00081140, None), (0x00081115, UNDEFINED), (0x00091099, UNDEFINED)):
        inner = named(0x00100010, "PN") + named(0x00091001, "UT")
        for _ in range(3):
            ends = element(0xFFFEE00D, "", b"") if length else b""
            item = element(0xFFFEE000, "", inner + ends, length)
            closed = element(0xFFFEE0DD, "", b"") if length else b""
            inner = element(tag, "SQ", item + closed, length)
        yield tag, inner


def found_in(files: Iterable[Path]) -> list[str]:
    """The files that hold the name, as it is or within what they have compressed."""
    return [str(path) for path in files if path.is_file() and holds(path.read_bytes(), path.suffix)]


def holds(data: bytes, suffix: str = "") -> bool:
    """Whether bytes hold the name, in any of the usual ways to write letters."""
    return any(any(form in part.lower() for form in _forms()) for part in _unpacked(data, suffix))


def _forms() -> list[bytes]:
    return [STEM.encode(), STEM.encode("utf-16-le"), STEM.encode("utf-16-be"), STEM.encode().hex().encode()]


def _unpacked(data: bytes, suffix: str) -> Iterator[bytes]:
    """Bytes, and what lies compressed in them, wherever it begins: chunks of PNG and PDF, pages, tables."""
    yield data
    for start in (match.start() for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data)):
        try:
            yield zlib.decompressobj().decompress(data[start:], 1 << 24)
        except zlib.error:
            continue
    for match in re.finditer(rb"base64,([A-Za-z0-9+/=]{8,})", data):
        yield base64.b64decode(match[1] + b"==")
    if suffix == ".parquet":
        from pyarrow import BufferReader, parquet

        yield repr(parquet.read_table(BufferReader(data)).to_pylist()).encode()
