"""One frame of a DICOM file as a picture: its grey values through a window, or its colours.

Of the file's elements only those are read that describe pixels. Nothing of the patient gets into memory, and
so into no message, no picture and no table.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.images.dicom.elements import DAMAGED
from xai_cam.images.dicom.frames import check_size, decoded_frame, decoding_bytes
from xai_cam.images.dicom.header import BURNED_IN, OVERLAYS, PALETTE, Header, read_header, spacing_of
from xai_cam.images.dicom.levels import Levels, Rule, levels_of
from xai_cam.images.dicom.numbers import word
from xai_cam.images.dicom.palette import coloured, eight_bits
from xai_cam.images.frame_facts import FrameFacts
from xai_cam.images.opening import no_such_frame
from xai_cam.images.picture import Picture
from xai_cam.images.pixels import STRIP_PIXELS
from xai_cam.images.reading import Admit, Reading, check_channels

OTHER_DAMAGE = (
    *(ValueError, LookupError, ArithmeticError, TypeError, RecursionError),
    *(struct.error, zlib.error),
)


def read_dicom(path: Path, admit: Admit, reading: Reading) -> Picture:
    """A frame of a DICOM file as a picture.

    Raises
    ------
    ImageError
        It holds no picture, is damaged or too large, or is compressed in a way that nothing here reads.
    InputError
        What is asked for makes no sense.
    """
    try:
        with open_regular(path) as file:
            return _picture(file, admit, reading)
    except OSError as error:
        raise ImageError(why_unreadable(path, error)) from error
    except (*OTHER_DAMAGE, MemoryError) as error:
        if ran_out_of_memory(error):
            raise ImageError(TOO_LITTLE) from error
        # None of the checks knows it, and its own words may repeat what the file holds.
        raise ImageError(f"{DAMAGED}: it holds what no such file does") from None


def _picture(file: IO[bytes], admit: Admit, reading: Reading) -> Picture:
    asked, frame, size = reading.levels, reading.frame_index, file.seek(0, 2)
    header, stream = read_header(file, size, frame)
    check_channels(1 if header.grey else 3, reading.channels)
    check_size(header, size, reading.max_pixels)
    if frame >= header.frames:
        raise ImageError(no_such_frame(header.frames, frame))
    levels = levels_of(header, asked) if header.grey else Levels()
    admit(decoding_bytes(header, size))
    stored = decoded_frame(file, stream, header, frame)
    return Picture(
        *(_through(levels.rule, stored) if header.grey else _in_colour(header, stored)),
        facts=FrameFacts(
            frame + 1,
            levels.window,
            asked is not None and not levels.asked,
            _remarks(header, levels, reading.frame is not None),
        ),
    )


def _in_colour(header: Header, stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is drawn on, and what the model gets: the same 8 bits."""
    colours = coloured(header, stored) if header.colours == PALETTE else eight_bits(stored, header.stored)
    return colours, colours


def _through(rule: Rule, stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is drawn on, (H, W, 3) uint8, and what the model gets, (H, W) float32: grey values as levels."""
    if stored.dtype.kind == "f" and not np.isfinite(stored).all():
        raise ImageError("its values hold NaN, or are infinite")
    levels, shown = np.empty(stored.shape, np.float32), np.empty(stored.shape, np.uint8)
    rule = _by_table(rule, stored.dtype)
    rows = max(1, STRIP_PIXELS // stored.shape[1])
    with np.errstate(all="ignore"):  # of numbers without bounds, which a file may name
        for top in range(0, len(stored), rows):
            levels[top : top + rows] = part = rule(stored[top : top + rows])
            if np.isnan(part).any():
                raise ImageError(f"{DAMAGED}: its slope or its window has no bounds")
            shown[top : top + rows] = np.rint(part)
    return np.broadcast_to(shown[..., None], (*shown.shape, 3)), levels


def _by_table(rule: Rule, numbers: np.dtype[Any]) -> Rule:
    """The same for stored numbers of a kind: of those of at most 16 bits each is computed once."""
    if numbers.kind == "f" or numbers.itemsize > 2:
        return lambda stored: rule(stored.astype(np.float64))
    places = np.dtype(f"u{numbers.itemsize}")
    every = np.arange(2 ** (8 * numbers.itemsize)).astype(places).view(numbers)
    with np.errstate(all="ignore"):
        table = rule(every.astype(np.float64)).astype(np.float32)
    return lambda stored: table[np.ascontiguousarray(stored).view(places)]


def _remarks(header: Header, levels: Levels, frame_asked: bool) -> dict[str, str]:
    """What a user should know of the file; no word of it comes from the file."""
    found = {}
    if header.frames > 1 and not frame_asked:
        found["have several frames"] = (
            f"it has {header.frames:,} frames, of which the first is taken; `frame=N` takes another"
        )
    if header.grey and not levels.chosen:
        ends = levels.window.replace(":", " to ")
        found["name no window"] = (
            f"it names no window: all values that its {header.stored} bits can hold, {ends}, became "
            "black to white; `window=(low, high)` takes any two"
        )
    if sides := spacing_of(header.elements):
        found["have pixels that are not square"] = (
            f"its pixels are {sides[0] / sides[1]:.3g} times as high as wide; they are taken as they "
            "are stored, not resampled"
        )
    if any(tag in header.elements for tag in OVERLAYS):
        found["have overlays"] = "it has overlays, which are not drawn"
    if word(header.elements, BURNED_IN, ("YES",)):
        found["may show whose they are"] = (
            "it says that letters are burned into its pixels (BurnedInAnnotation): they may name the "
            "patient, and whatever is drawn of it shows them"
        )
    return found
