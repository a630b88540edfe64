"""One frame of a DICOM file, decoded: checked against what the file holds before memory is taken.

pydicom decompresses it, and is given the frame's bytes and the numbers that describe them, nothing else.
"""

from __future__ import annotations

import struct
import warnings
from typing import IO, Any

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.extras import is_there, require
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.images.dicom.elements import DAMAGED, UNDEFINED
from xai_cam.images.dicom.header import LENGTHS, OFFSETS, PALETTE, YBR, Header
from xai_cam.images.dicom.streams import InflatedStream, Stream
from xai_cam.installation import install_command

MAX_DEFLATION = 1032
"""Bytes that one deflated byte may stand for, at most."""

START_OF_FRAME = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG and JPEG-LS behind which the size stands."""

START_OF_JPEG_2000 = b"\xff\x4f\xff\x51"


def check_size(header: Header, size: int, max_pixels: int | None) -> None:
    """Refuse a file that declares more pixels than it may have, or than its bytes can hold.

    Raises
    ------
    ImageError
    """
    rows, columns = header.rows, header.columns
    if max_pixels is not None and rows * columns > max_pixels:
        raise ImageError(
            f"it has {columns:,} x {rows:,} pixels, more than {max_pixels:,}: a decompression bomb, or, if it is "
            "meant so, use a larger `max_pixels`"
        )
    if header.syntax.compressed:
        return
    needed = -(-header.frames * _bits(header) // 8)
    held = size * (MAX_DEFLATION if header.syntax.deflated else 1)
    declared = header.pixels.length
    if needed > held or (declared != UNDEFINED and needed > declared):
        several = f"{header.frames:,} frames of " if header.frames > 1 else ""
        raise ImageError(
            f"{DAMAGED}: it declares {several}{columns:,} x {rows:,} pixels, and has bytes for fewer"
        )


def decoded_frame(file: IO[bytes], stream: Stream, header: Header, frame: int) -> np.ndarray:
    """Numbers of a frame, (H, W) or, of colours, (H, W, 3) RGB.

    Parameters
    ----------
    frame : int
        From 0 on.

    Raises
    ------
    ImageError
        It is damaged, or compressed in a way that nothing here reads.
    """
    if not header.syntax.compressed:
        return _native(stream, header, frame)
    require("pydicom")
    check_syntax(header)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _decompressed(file, header, frame)
        except ImageError:
            raise
        except Exception as error:  # of whichever package decodes it
            if ran_out_of_memory(error):
                raise
            raise ImageError(_undecodable(header)) from None


def check_syntax(header: Header) -> None:
    """Refuse compressed pixels that no installed package reads.

    Raises
    ------
    ImageError
    """
    if not _decoder(header).is_available:
        raise ImageError(f"its pixels are compressed ({header.syntax.name}): {_install(header)} reads them")


def _bits(header: Header) -> int:
    """Bits of a frame as it lies in a file that is not compressed."""
    half = 2 if header.colours == "YBR_FULL_422" else 3  # of two pixels, one number of each of two colours
    return header.values * header.allocated * half // 3 if header.samples == 3 else header.values * header.allocated


def _native(stream: Stream, header: Header, frame: int) -> np.ndarray:
    """A frame that is not compressed: its bytes alone are read."""
    bits = _bits(header)
    first, last = frame * bits, (frame + 1) * bits
    pair = 16 if header.syntax.encoding.order == ">" else 8  # bytes may be swapped there, two by two
    start = first // pair * pair // 8
    stream.skip(start)
    data = stream.read(-(-last // 8) - start)
    if header.allocated == 1:
        lowest_first = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return lowest_first[first - 8 * start :][: header.values].reshape(header.rows, header.columns)
    if header.syntax.encoding.order == ">" and header.allocated == 8 and header.pixels.kind == "OW":
        data = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2").astype("<u2").tobytes()
    data = data[first // 8 - start :][: bits // 8]
    return _array(header, data + b"\0" * (len(data) % 2))


def _decompressed(file: IO[bytes], header: Header, frame: int) -> np.ndarray:
    from pydicom.encaps import encapsulate, get_frame

    file.seek(header.pixels.place)
    tables = [header.elements[tag].value for tag in (OFFSETS, LENGTHS) if tag in header.elements]
    extended = (tables[0], tables[1]) if len(tables) == 2 and all(tables) else None
    data = get_frame(file, frame, number_of_frames=header.frames, extended_offsets=extended)
    _check_codestream(header, data)
    return _array(header, encapsulate([data]))
