"""Arrays of bands (H, W, c) -> what a model gets, and three of them as the picture that is drawn on.

Numbers stay what they are: which of them is white is known by their type, by a window, or not at all.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from xai_cam.errors import ImageError
from xai_cam.images.opening import BOMB, MAX_SIDE
from xai_cam.images.picture import Picture, decode_image
from xai_cam.images.reading import Reading, check_channels
from xai_cam.images.showing import say_shown, show, shown_bands

BANDS_OF_PICTURE = 3
"""So many bands weigh as much as the pixels of a picture do."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Grey of red, green and blue, by ITU-R 601, as Pillow has it."""


OF_ONE = (1, 3, 4)
"""Channels of pictures: of arrays for models that any picture fits."""

FIRST = "Arrays of {shape} are read as channels first: {bands} bands of {height} x {width} pixels."


def check_bands_size(height: int, width: int, bands: int, max_pixels: int | None) -> None:
    """Refuse an array that is too large to be meant, by what its header says.

    Raises
    ------
    ImageError
    """
    sides = f"{height:,} x {width:,} pixels"
    if not height * width * bands:
        raise ImageError(f"it has {sides} in {bands:,} bands: it is empty")
    if max(height, width, bands) > MAX_SIDE:
        raise ImageError(f"it has {sides} and {bands:,} bands, and no side may have more than {MAX_SIDE:,}")
    weight = height * width * -(-bands // BANDS_OF_PICTURE)
    if max_pixels is not None and weight > max_pixels:
        of = (
            f"{sides} in {bands:,} bands, which weigh as much as {weight:,}"
            if weight > height * width
            else sides
        )
        raise ImageError(f"it has {of}, more than {max_pixels:,}: {BOMB}, use a larger `max_pixels`")


def bytes_of_bands(height: int, width: int, bands: int, itemsize: int) -> int:
    """The most memory that an array takes on its way, by its header alone."""
    return height * width * (bands * (itemsize + 4) + itemsize + 8 + 3)


def picture_of_bands(stored: np.ndarray, reading: Reading, notes: tuple[str, ...] = ()) -> Picture:
    """An array (H, W, c) of numbers as a picture.

    Raises
    ------
    ImageError
        It holds NaN or infinity, or has other bands than the model takes or the picture is to show.
    """
    _check_finite(stored)
    bands = stored.shape[2]
    if reading.of_pictures and bands == 4 and stored.dtype == np.uint8 and not reading.show_bands:
        return decode_image(Image.fromarray(stored))  # RGB with transparency
    check_channels(bands, reading.channels)
    highest = int(stored.max()) if stored.dtype.kind in "iu" and stored.dtype.itemsize > 1 else None
    white = white_of(stored, by_range=reading.of_pictures)
    values = _plain(stored)
    if (levels := reading.levels) and not (levels.deep_only and values.dtype == np.uint8):
        values, white = np.stack([levels.apply(stored[..., b]) for b in range(bands)], axis=2), 255.0
    elif values.dtype != np.uint8:
        _check_finite(values)  # beyond what 32 bits hold
    pixels, shown = _pixels(values, white, reading)
    if bands != reading.channels and reading.channels is not None:
        values = values[..., 0] if bands == 1 else values if values.dtype == np.uint8 else values @ LUMA
    notes = (*notes, *([say_shown(shown, bands)] if shown else []))
    return Picture(pixels, values, highest, white, notes, describe_range(stored), shown)


def as_bands(array: np.ndarray, channels: int | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """An array as bands (H, W, c), and what has to be said of how it was read."""
    height, width, bands = sides_of(array.shape, channels)
    if array.shape[-3:] == (height, width, bands) or array.ndim == 2:
        return array.reshape(height, width, bands), ()
    shape = " x ".join(map(str, array.shape))
    note = FIRST.format(shape=shape, bands=bands, height=height, width=width)
    return np.moveaxis(array.reshape(bands, height, width), 0, 2), (note,)


def sides_of(shape: tuple[int, ...], channels: int | None) -> tuple[int, int, int]:
    """Height, width and bands of an array of a shape.

    The last side has the bands, unless the first alone fits the model; without one, it is first where it
    is by far the shortest.
    """
    said = " x ".join(map(str, shape)) or "a single number"
    if len(shape) == 4 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) == 4:
        raise ImageError(f"it holds {shape[0]:,} images ({said}): save each in a file of its own")
    if len(shape) not in (2, 3) or 0 in shape:
        raise ImageError(f"its shape is {said}: an image is height x width x bands")
    if len(shape) == 2:
        return shape[0], shape[1], 1
    return (shape[1], shape[2], shape[0]) if _is_first(shape, channels) else (shape[0], shape[1], shape[2])


def _is_first(shape: tuple[int, ...], channels: int | None) -> bool:
    """Whether the first of three sides has the bands."""
    fitting = OF_ONE if channels is None or channels in (1, 3) else (channels,)
    if shape[2] in fitting:
        return False
    return shape[0] in fitting or (shape[0] < min(shape[1:]) and shape[2] >= shape[1] / 4)


def white_of(stored: np.ndarray, by_range: bool) -> float | None:
    """The stored number that stands for white; None where it is not known.

    Floats are taken to be scaled already, so that it is 1.

    Parameters
    ----------
    stored : array
        Numbers.
    by_range : bool
        Whether it is taken from the largest number, as of pictures: at most 1 (of floats), 255, 65535.
    """
    if stored.dtype.kind == "b" or stored.dtype == np.uint8:
        return 255.0
    if not by_range:
        return 1.0 if stored.dtype.kind == "f" else None
    if stored.dtype == np.uint16:
        return 65535.0
    low, high = float(stored.min()), float(stored.max())
    whites = (1.0, 255.0, 65535.0) if stored.dtype.kind == "f" else (255.0, 65535.0)
    return None if low < 0 else next((white for white in whites if high <= white), None)


def describe_range(stored: np.ndarray) -> str:
    """What its numbers are, and from where to where they run."""
    kind = "floats" if stored.dtype.kind == "f" else f"whole numbers of {8 * stored.dtype.itemsize} bits"
    return f"{kind} from {stored.min():.6g} to {stored.max():.6g}"


def _pixels(values: np.ndarray, white: float | None, reading: Reading) -> tuple[np.ndarray, tuple[int, ...]]:
    """What is shown, and the numbers of the bands that it is; none of an ordinary picture."""
    bands = values.shape[2]
    plain = reading.of_pictures or values.dtype == np.uint8
    if plain and bands in (1, 3) and white is not None and not reading.show_bands:
        levels = values if values.dtype == np.uint8 else np.rint(values * (255 / white)).clip(0, 255)
        return np.broadcast_to(levels.astype(np.uint8), (*values.shape[:2], 3)), ()
    numbers = shown_bands(bands, reading.show_bands)
    return show(values, numbers), numbers


def _plain(stored: np.ndarray) -> np.ndarray:
    """Bytes as they are, all others as float32."""
    if stored.dtype.kind == "b":
        return stored * np.uint8(255)
    with np.errstate(over="ignore"):
        return stored if stored.dtype == np.uint8 else stored.astype(np.float32)


def _check_finite(values: np.ndarray) -> None:
    """Refuse NaN and infinity, and name the first band that holds some.

    Raises
    ------
    ImageError
    """
    if values.dtype.kind != "f":
        return
    for number in range(values.shape[2]):
        band = values[..., number]
        if wrong := int(band.size - np.isfinite(band).sum()):
            what = "NaN" if np.isnan(band).any() else "infinity, or numbers beyond 32 bits"
            raise ImageError(
                f"band {number + 1} of {values.shape[2]} holds {what} in {wrong:,} of {band.size:,} pixels: "
                "fill them with numbers"
            )
