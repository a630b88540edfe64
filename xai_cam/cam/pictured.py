"""The picture that a map is of: found through a reference to the images explained, never a copy of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.images.picture import Region

RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
"""What images are commonly scaled to, the narrowest first; values within one of them are drawn by it."""


@dataclass(frozen=True, eq=False)
class Pictured:
    """A picture to draw a map on.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 RGB
        The original picture; of an array that was explained, the array as a picture.
    region : Region
        The rectangle of it that the model saw.
    path : Path or None
        The file that it was read from.
    note : str
        What was done to make a picture of an array; empty for an original one.
    """

    pixels: np.ndarray
    region: Region
    path: Path | None = None
    note: str = ""


class Source:
    """The images that were explained, by reference.

    It stays behind where an explanation is pickled (it becomes None), so that a map of a few cells does not
    drag a data set along.

    Parameters
    ----------
    images : Prepared or (n, H, W, c) array
        What `prepare` returned, or images as the model takes them.
    """

    def __init__(self, images: Any) -> None:
        self._images = images

    @property
    def identity(self) -> int:
        """Tells these images from those of another call."""
        return id(self._images)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    def __copy__(self) -> Source:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Source:
        return self

    def __getitem__(self, number: int) -> Pictured:
        """The picture of the image of that number."""
        if hasattr(self._images, "regions"):
            given = self._images
            return Pictured(given.pixels[number], given.regions[number], given.paths[number])
        pixels, note = as_picture(self._images[number], self._range)
        return Pictured(pixels, Region.whole(pixels.shape[:-1]), None, note)

    def path(self, number: int) -> Path | None:
        """The file of the image of that number; nothing is drawn."""
        return self._images.paths[number] if hasattr(self._images, "paths") else None

    @cached_property
    def paths(self) -> frozenset[Path]:
        """The files of all images that were explained, which nothing may replace."""
        return frozenset(path for path in getattr(self._images, "paths", ()) if path is not None)

    @cached_property
    def _range(self) -> tuple[float, float] | None:
        """The scaling of all images together, so that a dark one among them stays dark."""
        return range_of(self._images)


def pictured(explanations: list[list[Any]], images: Any) -> list[list[Any]]:
    """The explanations of each image, told where their pictures are."""
    source = Source(images)
    return [[replace(one, source=source) for one in of_image] for of_image in explanations]


def range_of(values: np.ndarray) -> tuple[float, float] | None:
    """The first of `RANGES` that holds all values; None if none does."""
    low, high = (float(end) for end in (values.min(initial=0), values.max(initial=0)))
    return next((ends for ends in RANGES if ends[0] <= low and high <= ends[1]), None)


def as_picture(values: np.ndarray, ends: tuple[float, float] | None) -> tuple[np.ndarray, str]:
    """An array that a model takes, (H, W, c), as a picture (H, W, 3) uint8, and what was done in a few words.

    Parameters
    ----------
    values : (H, W, c) array
        One channel is grey, three are taken as RGB; of others the mean is shown.
    ends : (float, float), optional
        The values that become black and white; None: the image's own lowest and highest.
    """
    done = []
    plane = np.asarray(values, np.float32)
    if plane.shape[-1] not in (1, 3):
        done.append(f"the mean of {plane.shape[-1]} channels")
        plane = plane.mean(axis=-1, keepdims=True)
    low, high = ends or (float(plane.min()), float(plane.max()))
    if ends != (0.0, 255.0):
        done.append(f"{low:.3g} drawn black, {high:.3g} white")
    levels = np.rint((plane - low) * (255 / ((high - low) or 1))).clip(0, 255).astype(np.uint8)
    return np.repeat(levels, 3 // levels.shape[-1], axis=-1), f"array: {', '.join(done)}" if done else ""
