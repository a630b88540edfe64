"""Volumes in NIfTI files: the header is looked at before memory is taken, and nothing but numbers is read.

Axes are turned so that slices run from inferior to superior, rows from posterior to anterior, and columns
from left to right: the canonical axes of neuroimaging (R, A, S) the other way round. The header's scaling is
applied. Its texts, such as a description or an institute's notes, are never looked at.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.extras import require
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.images.nifti_head import GZIP, LENGTHS
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Admit, Reading
from xai_cam.images.volumes import bytes_of_volume, check_volume_size, picture_of_volume

MAX_OFFSET = 1 << 28
"""Bytes before the numbers, at most: they hold other programs' notes, which are passed over."""

STEP = 1 << 20

DAMAGED = "the volume is damaged"

ORDER = (
    "NIfTI volumes are read as slices (from inferior to superior) x rows (from posterior to anterior) x "
    "columns (from left to right)."
)


def read_nifti(path: Path, admit: Admit, reading: Reading) -> Picture:
    """A NIfTI file as a volume; the arguments and errors as of `readers.read_file`."""
    try:
        with open_regular(path) as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            with gzip.GzipFile(fileobj=file) if packed else file as plain:
                return picture_of_volume(_read(plain, admit, reading), reading, (ORDER,))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImageError(f"{DAMAGED}: it breaks off") from error
    except OSError as error:
        raise ImageError(why_unreadable(path, error)) from error
    except MemoryError as error:
        raise ImageError(TOO_LITTLE) from error
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise ImageError(f"{DAMAGED}: its header makes no sense") from error


def _read(file: Any, admit: Admit, reading: Reading) -> np.ndarray:
    """The numbers of a volume (D, H, W, c) as they are meant."""
    header = _header(file)
    dtype, shape = header.get_data_dtype(), tuple(int(side) for side in header.get_data_shape())
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) not in (3, 4) or min(shape) < 1:
        raise ImageError(f"its shape is {' x '.join(map(str, shape))}: a volume has three sides")
    colours = dtype.names is not None and set(dtype.names) <= set("RGBA")
    if not colours and (dtype.kind not in "buif" or dtype.itemsize > 8):
        raise ImageError(f"it holds {dtype}, not plain numbers: save integers or floats")
    channels = len(dtype.names) if colours else math.prod(shape[3:])
    check_volume_size(shape[2::-1], channels, reading)
    admit(bytes_of_volume(shape[2::-1], channels, dtype.itemsize))
    stored = _numbers(file, _offset(header), shape, dtype)
    turned = _canonical(stored, header.get_best_affine())
    if colours:
        turned = np.stack([turned[name] for name in dtype.names], axis=-1)
    return _scaled(turned.reshape(*turned.shape[:3], -1).transpose(2, 1, 0, 3), *header.get_slope_inter())


def _header(file: IO[bytes]) -> Any:
    """The header, without the texts behind it."""
    nibabel = require("nibabel")
    begin = file.read(4)
    length = LENGTHS.get(begin, 348)
    block = begin + file.read(length - 4)
    if len(block) < length:
        raise ImageError(f"{DAMAGED}: it breaks off")
    kind = nibabel.Nifti2Header if length == 540 else nibabel.Nifti1Header
    try:
        header = kind(block, check=False)
        if bytes(header["magic"])[:2] == b"ni":
            raise ImageError("its numbers lie in another file (.img): save the volume as one file (.nii)")
        header.get_data_dtype(), header.get_data_shape(), header.get_slope_inter(), header.get_best_affine()
        return header
    except (nibabel.spatialimages.HeaderDataError, KeyError, ValueError, TypeError, OverflowError) as error:
        if ran_out_of_memory(error):
            raise ImageError(TOO_LITTLE) from error
        raise ImageError(f"{DAMAGED}: its header makes no sense") from error


def _offset(header: Any) -> int:
    """How many bytes lie before the numbers."""
    offset = header["vox_offset"]  # a floating-point number in the first kind of NIfTI
    if not np.isfinite(offset):
        raise ImageError(f"{DAMAGED}: its header makes no sense")
    return int(offset)


def _numbers(file: IO[bytes], offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """The numbers behind a header, those along the first axis side by side."""
    left = offset - file.tell()
    if not 0 <= left <= MAX_OFFSET:
        raise ImageError(f"{DAMAGED}: its header makes no sense")
    while left > 0 and (passed := file.read(min(left, STEP))):
        left -= len(passed)
    count = math.prod(shape) * dtype.itemsize
    found = bytearray()
    while len(found) < count and (some := file.read(min(count - len(found), STEP))):
        found += some
    if len(found) < count:
        raise ImageError(f"{DAMAGED}: it ends after {len(found):,} of {count:,} bytes")
    return np.frombuffer(found, dtype).reshape(shape, order="F")


def _canonical(stored: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """A volume (x, y, z, …) with its axes turned to the right, to anterior and to superior."""
    nibabel = require("nibabel")
    if not np.isfinite(affine).all():
        raise ImageError("its header does not say how it lies: set its affine")
    orientation = nibabel.orientations.io_orientation(affine)
    if np.isnan(orientation).any():
        raise ImageError("its header says that it has no thickness: set its affine")
    return np.asarray(nibabel.orientations.apply_orientation(stored, orientation))


def _scaled(stored: np.ndarray, slope: float | None, intercept: float | None) -> np.ndarray:
    """Stored numbers as they are meant: times the header's slope, plus its intercept."""
    factor, shift = 1.0 if slope is None else slope, intercept or 0.0
    if (factor, shift) == (1.0, 0.0):
        return stored
    return (stored.astype(np.float64) * factor + shift).astype(np.float32)
