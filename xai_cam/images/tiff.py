"""TIFF files: pictures as Pillow reads them, and bands, which are its samples or its pages, as tifffile does.

Overviews, which are smaller copies, and masks of a file are passed over. What pages claim to hold is looked
at before memory is taken.
"""

from __future__ import annotations

import logging
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import UnidentifiedImageError

from xai_cam.errors import ImageError, MissingReaderError, words_of
from xai_cam.extras import command_for, is_there
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.images.bands import bytes_of_bands, check_bands_size, picture_of_bands
from xai_cam.images.frame_facts import FrameFacts
from xai_cam.images.opening import (
    BOMB,
    DAMAGE,
    FEW_PARTS,
    PIXELS_OF_PART,
    check_directory,
    no_such_frame,
    opened,
)
from xai_cam.images.picture import Picture, read_picture
from xai_cam.images.reading import Admit, Reading, check_channels
from xai_cam.images.volumes import check_volume_size, picture_of_volume

LIBRARIES = ("tifffile", "imagecodecs")
"""Of the extra; the second decompresses, and never more than a page has room for."""

MAX_PAGES = 4096

OF_TRANSPARENCY = {2: ("LA",), 4: ("RGBA", "RGBX")}
"""Channels -> modes in which Pillow reads a single page of so many bands."""

PAGES = "TIFF files of {pages} pages are read as {bands} bands, page by page."


def read_tiff(path: Path, admit: Admit, reading: Reading) -> Picture:
    """A TIFF as a picture or as bands; the arguments and errors as of `readers.read_file`."""
    there = all(map(is_there, LIBRARIES))
    if reading.of_pictures:
        try:
            return read_picture(path, admit, reading)
        except ImageError as error:
            if not isinstance(error.__cause__, UnidentifiedImageError):
                raise
    elif reading.planes is None and _is_single(path, reading, there):
        return read_picture(path, admit, reading)
    if not there:
        raise MissingReaderError(f"tifffile reads a TIFF of such bands: run `{command_for('tiff')}`")
    return _read_bands(path, admit, reading)


def _is_single(path: Path, reading: Reading, there: bool) -> bool:
    """Whether it is a single picture with transparency, which needs no more than Pillow.

    `there`: what is no transparency, but a fourth band, can be read as such.
    """
    modes = OF_TRANSPARENCY.get(reading.channels or 0, ())
    try:
        with opened(path, reading.max_pixels) as image:
            return image.mode in modes[: 1 if there else None] and getattr(image, "n_frames", 1) == 1
    except ImageError as error:
        if there or isinstance(error.__cause__, UnidentifiedImageError):
            return False
        raise


def _read_bands(path: Path, admit: Admit, reading: Reading) -> Picture:
    import tifffile

    try:
        with _silent(), open_regular(path) as file:
            check_directory(file)
            file.seek(0)
            with tifffile.TiffFile(file) as tiff:
                pages = _chosen(_pages_of(tiff), reading)
                _check(pages, reading)
                admit(_memory(pages))
                found = (np.concatenate if reading.planes is None else np.stack)(
                    [_bands_of(page) for page in pages], axis=2 if reading.planes is None else 0
                )
    except ImageError:
        raise
    except (*DAMAGE, tifffile.TiffFileError, AttributeError, AssertionError) as error:
        if ran_out_of_memory(error):
            raise ImageError(TOO_LITTLE) from error
        if isinstance(error, OSError) and error.errno:
            raise ImageError(why_unreadable(path, error)) from error
        raise ImageError(f"the TIFF is damaged, or of an unknown kind ({words_of(error, 100)})") from error
    if reading.planes is not None:
        return picture_of_volume(found, reading)
    facts = None if reading.frame is None else FrameFacts(reading.frame_index + 1)
    notes = (PAGES.format(pages=len(pages), bands=found.shape[2]),) if len(pages) > 1 else ()
    return replace(picture_of_bands(found, reading, notes), facts=facts)


def _pages_of(tiff: Any) -> list[Any]:
    """Its pages but for overviews and masks."""
    pages = list(islice(tiff.pages, MAX_PAGES + 1))
    if len(pages) > MAX_PAGES:
        raise ImageError(f"it has more than {MAX_PAGES:,} pages: {BOMB}, save fewer in a file")
    return [page for page in (one.aspage() for one in pages) if not (page.is_reduced or page.is_mask)]


def _chosen(pages: list[Any], reading: Reading) -> list[Any]:
    """All pages, or the one that is asked for.

    Raises
    ------
    ImageError
        There is none of that number.
    """
    if reading.frame is None:
        return pages
    if reading.frame_index >= len(pages):
        raise ImageError(no_such_frame(len(pages), reading.frame_index))
    return [pages[reading.frame_index]]


def _check(pages: list[Any], reading: Reading) -> None:
    """Refuse pages that do not make one image of bands, or a larger one than there may be.

    Raises
    ------
    ImageError
    """
    if not pages:
        raise ImageError("the TIFF has no page with an image")
    kinds = {(page.imagelength, page.imagewidth, str(page.dtype)) for page in pages}
    if len(kinds) > 1:
        raise ImageError(f"its {len(pages)} pages differ in size or type: bands are all alike")
    first = pages[0]
    if first.dtype is None or first.dtype.kind not in "buif" or first.imagedepth != 1:
        raise ImageError(
            f"it holds {first.dtype or 'numbers of several types'}, not plain numbers in a plane"
        )
    height, width, bands = first.imagelength, first.imagewidth, sum(page.samplesperpixel for page in pages)
    if reading.planes is not None:
        bands //= len(pages)
        check_volume_size((len(pages), height, width), bands, reading)
    else:
        check_bands_size(height, width, bands, reading.max_pixels)
    if not (reading.of_pictures and bands == 4):  # perhaps RGB with transparency
        check_channels(bands, reading.channels)
    for page in pages:
        _check_parts(page, reading.max_pixels)


def _check_parts(page: Any, max_pixels: int | None) -> None:
    """Refuse a page whose strips or tiles cost far more than its pixels do."""
    pixels = page.imagelength * page.imagewidth
    parts = math.prod(page.chunked)
    if parts > max(FEW_PARTS, pixels * page.samplesperpixel // PIXELS_OF_PART):
        raise ImageError(
            f"it lies in {parts:,} tiles or strips, far too many for its pixels: {BOMB}, save it anew"
        )
    tile = (page.tilelength or 0) * (page.tilewidth or 0)
    if max_pixels is not None and tile > max(max_pixels, pixels):
        raise ImageError(f"its tiles have {tile:,} pixels, more than {max_pixels:,}: {BOMB}, save it anew")


def _memory(pages: list[Any]) -> int:
    """The most bytes that reading takes: the pages, and all of them together."""
    first, bands = pages[0], sum(page.samplesperpixel for page in pages)
    size = first.dtype.itemsize
    whole = first.imagelength * first.imagewidth * bands * size
    return bytes_of_bands(first.imagelength, first.imagewidth, bands, size) + whole


def _bands_of(page: Any) -> np.ndarray:
    """A page as (H, W, samples), whether its samples lie beside or behind one another."""
    found, samples = np.asarray(page.asarray(maxworkers=1)), page.samplesperpixel
    height, width = page.imagelength, page.imagewidth
    if samples > 1 and int(page.planarconfig) == 2:
        return np.moveaxis(found.reshape(samples, height, width), 0, 2)
    return found.reshape(height, width, samples)


@contextmanager
def _silent() -> Iterator[None]:
    """What tifffile would log or warn of in this thread is in the error, or of no matter."""
    here, log = threading.get_ident(), logging.getLogger("tifffile")

    def other(record: logging.LogRecord) -> bool:
        return record.thread != here

    log.addFilter(other)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.removeFilter(other)
