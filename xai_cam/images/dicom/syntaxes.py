"""Transfer syntaxes of DICOM: how a file's values are written, and how its pixels are compressed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import Encoding, Walk
from xai_cam.images.dicom.magic import MAGIC_BYTES, is_dicom
from xai_cam.images.dicom.streams import FileStream, InflatedStream, Stream

META, SYNTAX = 0x0002, 0x00020010

LIBJPEG, OPENJPEG = "pylibjpeg pylibjpeg-libjpeg", "pylibjpeg pylibjpeg-openjpeg"
"""What reads them, besides others, as pip is asked for it."""

MODULES = {LIBJPEG: ("pylibjpeg", "libjpeg"), OPENJPEG: ("pylibjpeg", "openjpeg")}
"""As Python imports it."""


@dataclass(frozen=True)
class Syntax:
    """How a file's values are written, and its pixels.

    `reader` are the packages that decompress them, empty where pydicom does without.
    """

    name: str
    uid: str
    encoding: Encoding = field(default_factory=Encoding)
    compressed: bool = False
    deflated: bool = False
    reader: str = ""


def _compressed(name: str, uid: str, reader: str) -> Syntax:
    return Syntax(name, f"1.2.840.10008.1.2.{uid}", compressed=True, reader=reader)


IMPLICIT = Syntax("Implicit VR Little Endian", "1.2.840.10008.1.2", Encoding(explicit=False))
EXPLICIT = Syntax("Explicit VR Little Endian", "1.2.840.10008.1.2.1")
BIG_ENDIAN = Syntax("Explicit VR Big Endian", "1.2.840.10008.1.2.2", Encoding(order=">"))

SYNTAXES = {
    syntax.uid: syntax
    for syntax in (
        IMPLICIT,
        EXPLICIT,
        BIG_ENDIAN,
        Syntax("Deflated Explicit VR Little Endian", "1.2.840.10008.1.2.1.99", deflated=True),
        _compressed("JPEG Baseline (8 bits)", "4.50", LIBJPEG),
        _compressed("JPEG Extended (12 bits)", "4.51", LIBJPEG),
        _compressed("JPEG Lossless, process 14", "4.57", LIBJPEG),
        _compressed("JPEG Lossless, first-order prediction", "4.70", LIBJPEG),
        _compressed("JPEG-LS Lossless", "4.80", LIBJPEG),
        _compressed("JPEG-LS Near-Lossless", "4.81", LIBJPEG),
        _compressed("JPEG 2000 Lossless", "4.90", OPENJPEG),
        _compressed("JPEG 2000", "4.91", OPENJPEG),
        _compressed("HTJ2K Lossless", "4.201", OPENJPEG),
        _compressed("HTJ2K Lossless RPCL", "4.202", OPENJPEG),
        _compressed("HTJ2K", "4.203", OPENJPEG),
        _compressed("RLE Lossless", "5", ""),
    )
}
"""Those that pydicom reads, alone or with another package."""

FILMS = {
    f"1.2.840.10008.1.2.4.{number}": name
    for numbers, name in (((100, 101), "MPEG-2"), ((102, 103, 104, 105, 106), "MPEG-4"), ((107, 108), "HEVC"))
    for number in numbers
}
"""Whose frames depend on each other."""


def opened_values(file: IO[bytes], size: int) -> tuple[Stream, Syntax]:
    """The elements of a file of so many bytes, behind those that describe the file, and how they are written.

    Raises
    ------
    ImageError
        Its transfer syntax is not one that can be read.
    """
    stream = FileStream(file, size)
    if is_dicom(stream.peek(MAGIC_BYTES)):
        stream.skip(MAGIC_BYTES)
    named = Walk(stream, EXPLICIT.encoding).read_group(META, {SYNTAX: None}).get(SYNTAX)
    if named is None:
        return stream, _guessed(stream.peek(8))
    uid = named.value.rstrip(b"\0 ").decode("latin-1")
    if uid in FILMS:
        raise ImageError(
            f"its frames are those of a film ({FILMS[uid]}), which pydicom does not read; save the wanted "
            "ones as pictures"
        )
    if uid not in SYNTAXES:
        raise ImageError(
            "its transfer syntax is none that pydicom reads; convert it to Explicit VR Little Endian"
        )
    syntax = SYNTAXES[uid]
    return (InflatedStream(file) if syntax.deflated else stream), syntax


def _guessed(head: bytes) -> Syntax:
    """The transfer syntax of a file that names none, by its first element."""
    if re.match(rb"[A-Z]{2}", head[4:6]) is None:
        return IMPLICIT
    return BIG_ENDIAN if head[:1] == b"\0" else EXPLICIT
