"""A picture -> the part of it that a model sees, at the model's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from xai_cam.images.picture import Picture, Region
from xai_cam.images.resampling import DEFAULT_FILTER, resample

FITS = ("stretch", "crop", "letterbox")

OVERSHOOTING = ("bicubic", "lanczos")
"""Filters that give numbers beyond those that are there, of floats."""

RGB, WHITE = 3, 255


def fit_picture(
    picture: Picture,
    size: Sequence[int],
    channels: int,
    fit: str = "stretch",
    resize_with: str = DEFAULT_FILTER,
) -> tuple[np.ndarray, Region]:
    """The part of a picture that the model sees, at the model's size.

    Parameters
    ----------
    picture : Picture
        Decoded.
    size : (H, W)
        The model's.
    channels : int
        1 (grey, by ITU-R 601), 3 (RGB), or as many as the picture has bands, each of which is resized by
        itself.
    fit : str
        `stretch` to the size; `crop` the centre to its shape; or `letterbox`, black bars around the whole.
    resize_with : str
        One of `FILTERS`.

    Returns
    -------
    values : (H, W, channels) float32
        As those of the picture, in [0, 255] of all but bands. The bars of a letterbox are 0.
    region : Region
        Where that lies in the original picture.
    """
    if fit == "letterbox":
        return _letterbox(picture, (size[0], size[1]), channels, resize_with)
    height, width = picture.size
    size = size[0], size[1]
    region = _centre(height, width, size) if fit == "crop" else Region(0, 0, height, width)
    return _resize(picture, size, region, channels, resize_with), region


def seen_part(
    picture: Picture,
    values: np.ndarray,
    size: Sequence[int],
    fit: str,
    resize_with: str,
    by: Callable[..., tuple[np.ndarray, Region]] = fit_picture,
) -> np.ndarray:
    """(h, w, 3) uint8: what is shown of the part that the model sees, as which `values` were fitted `by`."""
    white = picture.white or WHITE
    if picture.shown or values.shape[-1] not in (1, RGB):
        shown = replace(picture, values=picture.pixels, white=float(WHITE))
        values, white = by(shown, size, RGB, fit, resize_with)[0], WHITE
    pixels = np.rint(values * (WHITE / white)).clip(0, 255).astype(np.uint8)
    return pixels.repeat(RGB // pixels.shape[-1], axis=-1)


def shrunk(pixels: np.ndarray, region: Region, longest: int) -> tuple[np.ndarray, Region]:
    """A picture (H, W, 3) whose longer side has `longest` pixels at most, and the region in it."""
    height, width = pixels.shape[:2]
    share = longest / max(height, width)
    if share >= 1:
        return pixels, region
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    down, across = rows / height, columns / width
    sides = region.top * down, region.left * across, region.bottom * down, region.right * across
    return resample(pixels, (rows, columns), "area"), Region(*sides)


def _centre(height: int, width: int, size: tuple[int, int]) -> Region:
    """The largest part of a picture, around its centre, that has the shape of `size`."""
    scale = min(height / size[0], width / size[1])
    top, left = (height - size[0] * scale) / 2, (width - size[1] * scale) / 2
    return Region(top, left, top + size[0] * scale, left + size[1] * scale)


def _letterbox(
    picture: Picture, size: tuple[int, int], channels: int, resize_with: str
) -> tuple[np.ndarray, Region]:
    """The whole picture inside black bars, and the rectangle that it covers with them."""
    (height, width), (rows, columns) = picture.size, size
    scale = min(rows / height, columns / width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (rows - inner[0]) // 2, (columns - inner[1]) // 2
    values = np.zeros((rows, columns, channels), np.float32)
    whole = Region(0, 0, height, width)
    values[top : top + inner[0], left : left + inner[1]] = _resize(
        picture, inner, whole, channels, resize_with
    )
    step_y, step_x = height / inner[0], width / inner[1]
    region = Region(-top * step_y, -left * step_x, (rows - top) * step_y, (columns - left) * step_x)
    return values, region


def _resize(
    picture: Picture, size: tuple[int, int], region: Region, channels: int, resize_with: str
) -> np.ndarray:
    """Resize the part of a picture inside `region` to (h, w, channels) float32."""
    (height, width), source = picture.size, picture.values
    sides = max(region.top, 0), max(region.left, 0), min(region.bottom, height), min(region.right, width)
    part = picture.in_pixels(Region(*sides))
    box = part.left, part.top, part.right, part.bottom

    def resized(values: np.ndarray, mode: str | None = None) -> np.ndarray:
        found = resample(values, size, resize_with, box, mode)
        if values.dtype != np.uint8 and resize_with in OVERSHOOTING:
            found = found.clip(*(0, 255) if picture.white == WHITE else (values.min(), values.max()))
        return found.astype(np.float32)

    if source.ndim == 3 and (source.dtype != np.uint8 or source.shape[2] != RGB):
        return np.stack([resized(source[..., band]) for band in range(source.shape[2])], axis=2)
    values = resized(source, "L" if channels == 1 and source.ndim == 3 else None)
    return values if values.ndim == 3 else values[..., None].repeat(channels, axis=2)
