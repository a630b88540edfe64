"""One frame of a DICOM file, decoded: checked against what the file holds before memory is taken.

pydicom decompresses it, and is given the frame's bytes and the numbers that describe them, nothing else.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import IO, Any, BinaryIO, cast

import numpy as np

from xai_cam.errors import ImageError, MissingReaderError
from xai_cam.extras import is_there
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.images.dicom.codestreams import check_codestream
from xai_cam.images.dicom.elements import DAMAGED, PIXELS, UNDEFINED
from xai_cam.images.dicom.header import LENGTHS, OFFSETS, YBR, Header
from xai_cam.images.dicom.streams import Stream
from xai_cam.images.dicom.syntaxes import MODULES
from xai_cam.images.opening import BOMB
from xai_cam.installation import install_command

MAX_DEFLATION = 1032
"""Bytes that one deflated byte may stand for, at most."""

KEYWORDS = dict(zip(PIXELS, ("FloatPixelData", "DoubleFloatPixelData", "PixelData"), strict=True))


def check_size(header: Header, size: int, max_pixels: int | None) -> None:
    """Refuse a file that declares more pixels than it may have, or than its bytes can hold.

    Raises
    ------
    ImageError
    """
    rows, columns = header.rows, header.columns
    if max_pixels is not None and rows * columns > max_pixels:
        raise ImageError(
            f"it has {columns:,} x {rows:,} pixels, more than {max_pixels:,}: {BOMB}, use a larger "
            "`max_pixels`"
        )
    if header.syntax.compressed:
        return
    needed = -(-header.frames * _bits(header) // 8)
    held = size * MAX_DEFLATION if header.syntax.deflated else size - header.pixels.place
    declared = header.pixels.length
    if needed > held or (declared != UNDEFINED and needed > declared):
        several = f"{header.frames:,} frames of " if header.frames > 1 else ""
        raise ImageError(
            f"{DAMAGED}: it declares {several}{columns:,} x {rows:,} pixels, and has bytes for fewer"
        )


def decoding_bytes(header: Header, size: int) -> int:
    """The most memory that decoding a frame of a file of so many bytes takes."""
    numbers = header.values * max(1, header.allocated // 8)
    colours = 24 if header.colours in YBR else 3  # converted as floating-point numbers
    scratch = header.rows * header.columns * (colours if header.samples == 3 else 5)
    return 2 * numbers + scratch + (size if header.syntax.compressed else 0)


def decoded_frame(file: IO[bytes], stream: Stream, header: Header, frame: int) -> np.ndarray:
    """Numbers of a frame, counted from 0: (H, W) or, of colours, (H, W, 3) RGB; `stream` is at the pixels.

    Raises
    ------
    ImageError
        It is damaged, or compressed in a way that nothing here reads.
    """
    if header.allocated == 1 and not header.syntax.compressed:
        return _single_bits(stream, header, frame)
    from pydicom.pixels.decoders.base import get_decoder

    decoder = get_decoder(header.syntax.uid)
    if not decoder.is_available:
        raise MissingReaderError(f"its pixels are compressed: {_cure(header)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            source, frame, frames = _bytes_of_frame(file, stream, header, frame)
            return np.asarray(
                decoder.as_array(cast(BinaryIO, source), index=frame, **_described(header, frames))[0]
            )
        except ImageError:
            raise
        except Exception as error:  # of whichever package decodes it
            if ran_out_of_memory(error):
                raise
            # Without the error itself, whose words are not ours.
            raise _undecodable(header) from None


def _single_bits(stream: Stream, header: Header, frame: int) -> np.ndarray:
    """A frame of single bits, which may begin and end within a byte."""
    first, count = frame * header.values, header.values
    stream.skip(first // 8)
    data = np.frombuffer(stream.read(-(-(first + count) // 8) - first // 8), np.uint8)
    bits = np.unpackbits(data, bitorder="little")
    return bits[first % 8 :][:count].reshape(header.rows, header.columns)


def _bytes_of_frame(
    file: IO[bytes], stream: Stream, header: Header, frame: int
) -> tuple[IO[bytes], int, int]:
    """Where a frame is read from, its number there, and how many there are."""
    if header.syntax.deflated:
        length = _bits(header) // 8
        stream.skip(frame * length)
        return BytesIO(stream.read(length)), 0, 1
    file.seek(header.pixels.place)
    if header.syntax.compressed:
        check_codestream(header, _codestream(file, header, frame))
        file.seek(header.pixels.place)
    return file, frame, header.frames


def _described(header: Header, frames: int) -> dict[str, Any]:
    """The numbers and words by which pydicom decodes a frame."""
    described = {
        "rows": header.rows,
        "columns": header.columns,
        "samples_per_pixel": header.samples,
        "photometric_interpretation": header.colours,
        "number_of_frames": frames,
        "bits_allocated": header.allocated,
        "pixel_keyword": KEYWORDS[header.tag],
        "pixel_vr": header.pixels.kind or "OW",
    }
    if not header.floats:
        described |= {"bits_stored": header.stored, "pixel_representation": int(header.signed)}
    if header.samples == 3:
        described["planar_configuration"] = header.planar
    if extended := _extended_offsets(header):
        described["extended_offsets"] = extended
    return described


def _codestream(file: IO[bytes], header: Header, frame: int) -> bytes:
    """The compressed bytes of a frame."""
    from pydicom.encaps import get_frame

    return bytes(
        get_frame(file, frame, number_of_frames=header.frames, extended_offsets=_extended_offsets(header))
    )


def _extended_offsets(header: Header) -> tuple[bytes, bytes] | None:
    """Where frames begin and how long they are, in a file that is too long for the usual table."""
    offsets, lengths = (
        header.elements[tag].value if tag in header.elements else b"" for tag in (OFFSETS, LENGTHS)
    )
    return (offsets, lengths) if offsets and len(offsets) == len(lengths) else None


def _bits(header: Header) -> int:
    """Bits of a frame as it lies in a file that is not compressed."""
    # Of two pixels beside each other there, only the first has its two numbers of colour.
    numbers = header.values * 2 // 3 if header.colours == "YBR_FULL_422" else header.values
    return numbers * header.allocated


def _cure(header: Header) -> str:
    """Which packages read a compressed file, and how to get them."""
    command = install_command(header.syntax.reader.split())
    return f"{header.syntax.name} is read by {header.syntax.reader.replace(' ', ' and ')}, run `{command}`"


def _undecodable(header: Header) -> ImageError:
    """The error for a frame that pydicom fails at."""
    if not header.syntax.compressed:
        return ImageError(f"{DAMAGED}: its pixels are not as it says")
    if not header.syntax.reader or all(map(is_there, MODULES[header.syntax.reader])):
        return ImageError(f"{DAMAGED}: its pixels ({header.syntax.name}) cannot be decompressed")
    return MissingReaderError(f"its pixels cannot be decompressed with what is installed: {_cure(header)}")
