"""Pictures as callers bring them: files, folders, globs, Pillow's images, arrays of pixels, or lists."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xai_cam.errors import ImageError, NoImagesError
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.provenance import is_own_output
from xai_cam.images.arrays import as_array, is_dataset
from xai_cam.images.bands import as_bands, picture_of_bands
from xai_cam.images.finding import find_images
from xai_cam.images.grey_levels import scale_deep_grey
from xai_cam.images.opening import DAMAGE, no_such_frame
from xai_cam.images.picture import Picture, decode_bands, decode_image, deep_grey
from xai_cam.images.readers import read_file
from xai_cam.images.reading import Reading
from xai_cam.images.showing import reshown
from xai_cam.images.volumes import picture_of_volume, volume_of

log = logging.getLogger(__name__)

AS_USUAL = Reading()

CHANNELS = (1, 3, 4)
"""Of an array of pixels: grey, RGB, RGB with transparency."""

AS_USUAL = Reading()


@dataclass(frozen=True)
class PictureSource:
    """One picture to read; `path` is None for one that is not a file, `name` is its name in errors."""

    name: str
    path: Path | None
    image: Any = None

    def read(self, reading: Reading = AS_USUAL) -> Picture:
        """The picture, decoded.

        Raises
        ------
        ImageError
            It cannot be read; the message begins with its name.
        InputError
            What is asked for makes no sense.
        """
        with self.named():
            if self.path is not None:
                return read_file(self.path, lambda _: None, reading)
            if reading.frame_index:
                raise ImageError(no_such_frame(1, reading.frame_index))
            return reshown(self._decode(reading), reading.show_bands)

    def _decode(self, reading: Reading) -> Picture:
        if not is_pillow(self.image):
            return decode_array(self.image, reading)
        if not reading.of_pictures:
            return decode_bands(self.image, reading.channels or 0)
        return decode_image(self.image, reading.levels)

    @contextmanager
    def named(self) -> Iterator[None]:
        """What goes wrong with the picture is said with its name in front."""
        try:
            yield
        except ImageError as error:
            raise ImageError(f"{self.name}: {error.message}.") from error
        except DAMAGE as error:
            if ran_out_of_memory(error):
                raise ImageError(f"{self.name}: {TOO_LITTLE}.") from error
            raise ImageError(f"{self.name}: the picture is damaged ({error}).") from error


def find_sources(
    images: Any,
    recursive: bool = False,
    follow_links: bool = False,
    shape: Callable[[], Sequence[int] | None] = lambda: None,
) -> list[PictureSource]:
    """All pictures that a caller's argument stands for, in its order; those in a folder sorted by name.

    Parameters
    ----------
    images : path, image, array, tensor, dataset, or a sequence of these
        A path may be that of a folder, or a glob. Arrays are (H, W), (H, W, c) or (n, H, W, c) pixels.
    recursive : bool
        Whether to go into the sub-folders of folders.
    follow_links : bool
        Whether to follow there links that lead out of the folder; those that are left out are logged.
    shape : callable
        Tells the shape of the model's input; called where an array may be one picture or volume, or several.

    Raises
    ------
    ImageError
        There is no such file, or a folder cannot be listed.
    NoImagesError
        There is no picture at all.
    InputError
        Something is not a picture.
    """
    several = list(images) if isinstance(images, list | tuple) else [images]
    found = [source for one in several for source in _sources(one, recursive, follow_links, shape)]
    if not found:
        named = f" in {images}" if isinstance(images, str | os.PathLike) else ""
        deeper = "" if recursive else ", use `recursive=True` for sub-folders,"
        raise NoImagesError(
            f"No image found{named}. Name files, folders or globs{deeper} or give images or arrays."
        )
    return [
        source if source.path else PictureSource(f"Image {number}", None, source.image)
        for number, source in enumerate(found)
    ]


def is_pillow(image: Any) -> bool:
    """Whether this is an image of Pillow's."""
    return isinstance(image, Image.Image)


def _sources(
    one: Any, recursive: bool, follow_links: bool, shape: Callable[[], Sequence[int] | None]
) -> Iterator[PictureSource]:
    if isinstance(one, str | os.PathLike):
        found = find_images(
            [os.fspath(one)], recursive, is_own_output=is_own_output, follow_links=follow_links
        )
        for path, reason in found.failures.items():
            raise ImageError(f"{path}: {reason}.")
        for line in found.notices_on_passed_over:
            log.warning(line)
        yield from (PictureSource(str(image.path), image.path) for image in found.images)
    elif is_pillow(one):
        yield PictureSource("", None, one)
    else:
        pixels = as_array(one)
        if is_dataset(one) or _is_stack(pixels, shape):
            yield from (PictureSource("", None, picture) for picture in pixels)
        else:
            yield PictureSource("", None, pixels)


def _is_stack(pixels: np.ndarray, shape: Callable[[], Sequence[int] | None]) -> bool:
    """Whether an array holds several pictures or volumes, and is not one.

    (n, H, W) are several grey ones, and not one of many channels: these are fewer than pixels.
    """
    if pixels.ndim < 3:
        return False
    of_model = shape() if pixels.ndim > 3 else None
    if of_model is not None and len(of_model) == 4:
        return pixels.ndim == 5 or (pixels.ndim == 4 and pixels.shape[-1] not in (*CHANNELS, of_model[-1]))
    if pixels.ndim == 4:
        return True
    if pixels.shape[-1] in CHANNELS or 4 * pixels.shape[-1] <= min(pixels.shape[:2]):
        return False
    of_model = shape()
    if of_model is None:
        return True
    return len(of_model) == 3 and Reading(channels=of_model[-1]).of_pictures


def decode_array(pixels: np.ndarray, reading: Reading = AS_USUAL) -> Picture:
    """A picture from an array of pixels, (H, W) grey or (H, W, c) grey, RGB or RGB with transparency.

    For a model that takes other channels it is one of bands: see `picture_of_bands`.

    8 bits are taken as they are. 16 bits are divided by 257; other numbers within [0, 1] are multiplied by
    255, within [0, 255] kept, within [0, 65535] divided by 257, as for grey files. Colours are rounded to 8
    bits. A window is for grey alone.

    Raises
    ------
    ImageError
        Another shape, or numbers that are in none of these ranges.
    """
    if reading.planes is not None:
        return picture_of_volume(volume_of(pixels), reading)
    if not reading.of_pictures:
        bands, notes = as_bands(pixels, reading.channels)
        return picture_of_bands(bands, reading, notes)
    window = reading.levels
    plane = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels
    if not pixels.size or plane.ndim not in (2, 3) or (plane.ndim == 3 and plane.shape[-1] not in CHANNELS):
        shape = " x ".join(map(str, pixels.shape))
        raise ImageError(
            f"pixels of shape {shape} are not a picture; give height x width x 1, 3 or 4 channels"
        )
    if plane.dtype.kind == "b":
        plane = plane * np.uint8(255)
    if plane.dtype.kind in "iu" and plane.dtype.itemsize > 2 and plane.min() >= 0 and plane.max() <= 255:
        plane = plane.astype(np.uint8)  # of integers, 1 is no white
    if plane.ndim == 2 and window and not (window.deep_only and plane.dtype == np.uint8):
        return deep_grey(plane, plane.dtype == np.uint16, window)
    if plane.dtype == np.uint8:
        return decode_image(Image.fromarray(np.ascontiguousarray(plane)))
    if plane.ndim == 2:
        return deep_grey(plane, plane.dtype == np.uint16, None)
    levels = np.rint(scale_deep_grey(plane, plane.dtype == np.uint16)).astype(np.uint8)
    return decode_image(Image.fromarray(levels))
