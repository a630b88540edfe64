"""Volumes and films: arrays of slices (D, H, W, c) -> what a model gets, and slices that are drawn on.

They are read as a picture is whose slices stand one below the other, so that all have one scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xai_cam.errors import ImageError, UnfitImageError
from xai_cam.images.bands import BANDS_OF_PICTURE, bytes_of_bands, picture_of_bands
from xai_cam.images.fitting import fit_picture
from xai_cam.images.opening import BOMB, MAX_SIDE
from xai_cam.images.picture import Picture, Region
from xai_cam.images.reading import Reading, check_channels
from xai_cam.images.resampling import DEFAULT_FILTER, resample

ONE_FILE = "a volume is slices x height x width, with its channels last"


def volume_of(array: np.ndarray) -> np.ndarray:
    """An array as slices (D, H, W, c).

    Raises
    ------
    ImageError
        It has another number of sides.
    """
    return array.reshape(volume_sides(array.shape))


def volume_sides(shape: Sequence[int]) -> tuple[int, int, int, int]:
    """Slices, height, width and channels of an array of a shape.

    Raises
    ------
    ImageError
        It is not that of one volume.
    """
    said = " x ".join(map(str, shape)) or "a single number"
    sides = tuple(shape[1:] if len(shape) == 5 and shape[0] == 1 else shape)
    if len(sides) == 5:
        raise ImageError(f"it holds {sides[0]:,} volumes ({said}): save each in a file of its own")
    if len(sides) == 3:
        sides = (*sides, 1)
    if len(sides) != 4 or 0 in sides:
        raise ImageError(f"its shape is {said}: {ONE_FILE}")
    return sides[0], sides[1], sides[2], sides[3]


def check_volume_size(size: Sequence[int], channels: int, reading: Reading) -> None:
    """Refuse a volume that is too large to be meant, by what its header says; or one for another model.

    Raises
    ------
    ImageError
    """
    sides, most = f"{' x '.join(f'{side:,}' for side in size)} places", reading.max_pixels
    if reading.planes is None:
        raise UnfitImageError(f"it is a volume of {sides}, and no picture: save slices of it")
    if max(*size, channels) > MAX_SIDE:
        raise ImageError(f"it has {sides}, and no side may have more than {MAX_SIDE:,}")
    if most is not None and math.prod(size) * -(-channels // BANDS_OF_PICTURE) > most:
        raise ImageError(f"it has {sides}, more than {most:,}: {BOMB}, use a larger `max_pixels`")
    check_channels(channels, reading.channels)


def bytes_of_volume(size: Sequence[int], channels: int, itemsize: int) -> int:
    """The most memory that a volume takes on its way, by its header alone."""
    planes, height, width = size
    return bytes_of_bands(planes * height, width, channels, itemsize)


def picture_of_volume(stored: np.ndarray, reading: Reading, notes: tuple[str, ...] = ()) -> Picture:
    """Slices (D, H, W, c) of numbers as a picture of as many slices.

    Raises
    ------
    ImageError
        They hold NaN or infinity, or other channels than the model takes.
    """
    planes, height, width, channels = stored.shape
    found = picture_of_bands(stored.reshape(planes * height, width, channels), reading, notes)
    pixels, values = (one.reshape(planes, height, *one.shape[1:]) for one in (found.pixels, found.values))
    return replace(found, pixels=pixels, values=values)


def fit_volume(
    picture: Picture, size: Sequence[int], channels: int, fit: str, resize_with: str = DEFAULT_FILTER
) -> tuple[np.ndarray, Region]:
    """The part of a volume that the model sees, at the model's size, (D, H, W, channels) float32.

    Each slice is fitted as a picture is; then their number becomes the model's, by the same filter along the
    third direction. The bilinear one makes that trilinear.
    """
    planes = len(picture.pixels)
    fitted = [
        fit_picture(
            replace(picture, pixels=picture.pixels[number], values=picture.values[number]),
            (size[1], size[2]),
            channels,
            fit,
            resize_with,
        )
        for number in range(planes)
    ]
    values, (_, region) = np.stack([slice_ for slice_, _ in fitted]), fitted[0]
    if planes != size[0]:
        values = resample(values.reshape(planes, -1), (size[0], values[0].size), resize_with)
    return values.reshape(*size, channels), Region.of([(0, planes), *region.spans])
