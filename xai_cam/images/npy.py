"""Arrays in `.npy` files: the header is looked at before memory is taken, and nothing is unpickled."""

from __future__ import annotations

import math
import os
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.images.bands import as_bands, bytes_of_bands, check_bands_size, picture_of_bands, sides_of
from xai_cam.images.opening import DAMAGE
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Admit, Reading, check_channels
from xai_cam.images.volumes import check_volume_size, picture_of_volume, volume_of, volume_sides

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Of version 3 are only arrays with named fields, which are no images."""

MAX_SIDE = 1 << 63


def read_npy(path: Path, admit: Admit, reading: Reading) -> Picture:
    """An array as an image; the arguments and errors as of `readers.read_file`."""
    try:
        with open_regular(path, buffering=0) as file:
            shape, in_columns, dtype = _header(file)
            array = _read(file, shape, in_columns, dtype, admit, reading)
        if reading.planes is not None:
            return picture_of_volume(volume_of(array), reading)
        bands, notes = as_bands(array, reading.channels)
        return picture_of_bands(bands, reading, notes)
    except OSError as error:
        raise ImageError(why_unreadable(path, error)) from error
    except MemoryError as error:
        raise ImageError(TOO_LITTLE) from error
    except (ValueError, TypeError, OverflowError) as error:
        raise ImageError("the array is damaged: its numbers are not as its header says") from error


def are_sides(shape: tuple[int, ...]) -> bool:
    """Whether a header's shape is one: no True, nothing below 0, nothing that no array has."""
    return all(type(side) is int and 0 <= side < MAX_SIDE for side in shape)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and type of an array of numbers."""
    try:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise ImageError("it is no array of numbers, but one with named fields")
        shape, in_columns, dtype = HEADERS[version](file)
    except (*DAMAGE, TokenError) as error:
        if ran_out_of_memory(error):
            raise ImageError(TOO_LITTLE) from error
        raise ImageError("the array is damaged: its header cannot be read") from error
    if not are_sides(shape):
        raise ImageError("the array is damaged: its header has sides that no array has")
    if dtype.hasobject:
        raise ImageError("it holds pickled objects, which are never opened: save an array of numbers")
    if dtype.kind not in "buif":
        raise ImageError(f"it holds {dtype}, not plain numbers: save integers or floats")
    return shape, in_columns, dtype


def _read(
    file: IO[bytes],
    shape: tuple[int, ...],
    in_columns: bool,
    dtype: np.dtype[Any],
    admit: Admit,
    reading: Reading,
) -> np.ndarray:
    """The numbers behind a header, if there are as many as it says and not too many."""
    if reading.planes is None:
        height, width, bands = sides_of(shape, reading.channels)
        check_bands_size(height, width, bands, reading.max_pixels)
        _check_bands(bands, reading)
    else:
        planes, height, width, bands = volume_sides(shape)
        check_volume_size((planes, height, width), bands, reading)
        height *= planes
    count = math.prod(shape)
    left = os.fstat(file.fileno()).st_size - file.tell()
    if count * dtype.itemsize > left:
        raise ImageError(f"the array is damaged: it ends after {left:,} of {count * dtype.itemsize:,} bytes")
    admit(bytes_of_bands(height, width, bands, dtype.itemsize))
    found = np.fromfile(file, dtype, count)
    if len(found) < count:
        raise ImageError("the array is damaged: it breaks off")
    return found.reshape(shape, order="F" if in_columns else "C")


def _check_bands(bands: int, reading: Reading) -> None:
    """Refuse other bands than the model takes, before they are read."""
    if not (reading.of_pictures and bands == 4):  # perhaps RGB with transparency
        check_channels(bands, reading.channels)
