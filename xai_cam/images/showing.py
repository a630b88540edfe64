"""Bands of an image as the picture that is drawn on: which, and how they are stretched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai_cam.errors import UnfitImageError
from xai_cam.images.picture import Picture

STRETCH = (2, 98)
"""Percentiles of a band that are shown as black and white."""

SAMPLES = 1 << 20
"""Pixels of a band, about, that percentiles are taken from: every so many-th of a larger one."""


def shown_bands(bands: int, show_bands: tuple[int, ...] | None) -> tuple[int, ...]:
    """Numbers of the bands that are shown, from 1: those asked for, else the first three, or the first.

    Raises
    ------
    ImageError
        There is none of a number that was asked for.
    """
    if show_bands is None:
        return (1, 2, 3) if bands > 2 else (1,)
    if max(show_bands) > bands:
        raise UnfitImageError(f"`show_bands` names band {max(show_bands)}, and it has {bands}")
    return show_bands


def show(values: np.ndarray, numbers: tuple[int, ...]) -> np.ndarray:
    """Bands of these numbers as a picture (H, W, 3) uint8, each stretched from its 2nd to 98th percentile."""
    planes = [_stretched(values[..., number - 1]) for number in numbers]
    return np.stack(planes if len(planes) == 3 else planes * 3, axis=2)


def say_shown(numbers: tuple[int, ...], bands: int) -> str:
    """A sentence on which bands are shown."""
    low, high = STRETCH
    named = ", ".join(map(str, numbers))
    which = f"Bands {named} of {bands} are shown as red, green and blue, each"
    if len(numbers) == 1:
        which = f"Band {named} of {bands} is shown as grey,"
    return f"{which} stretched from its {low}nd to its {high}th percentile; `show_bands` chooses others."


def reshown(picture: Picture, show_bands: tuple[int, ...] | None) -> Picture:
    """A picture that shows the bands that are asked for, if there are any and it does not yet.

    Raises
    ------
    ImageError
        It has no such band.
    """
    if not show_bands or picture.shown:
        return picture
    values = picture.values if picture.values.ndim == 3 else picture.values[..., None]
    numbers = shown_bands(values.shape[2], show_bands)
    notes = (*picture.notes, say_shown(numbers, values.shape[2]))
    return replace(picture, pixels=show(values, numbers), notes=notes, shown=numbers)


def _stretched(band: np.ndarray) -> np.ndarray:
    step = max(1, int((band.size / SAMPLES) ** 0.5))
    sample = band[::step, ::step]
    low, high = (float(end) for end in np.percentile(sample, STRETCH))
    if not low < high:
        low, high = float(band.min()), float(band.max())
    share = (band.astype(np.float64) - low) / ((high - low) or 1.0)
    return np.rint(255 * share.clip(0, 1)).astype(np.uint8)
