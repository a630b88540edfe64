"""A box around an object, as it was drawn, and what becomes of it in the picture that it was drawn in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xai_cam.errors import ImageError, InputError

Corners = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels, x to the right and y down: the box ends where the pixels x1 and y1 begin."""

FARTHEST = 1e7
"""Limit of where a corner may lie, in pixels; no picture is so large."""


MAX_BOXES = 10_000
"""Of a picture."""


class TrueBox(NamedTuple):
    """A box around an object.

    Attributes
    ----------
    corners : (x0, y0, x1, y1)
        In pixels of the picture as it is shown, turned as its EXIF asks.
    kind : str
        What the object is: the name or the index of a class; empty where nobody said.
    where : str
        Where it was read, for messages: `line 5`.
    """

    corners: Corners
    kind: str = ""
    where: str = ""


@dataclass(frozen=True)
class Drawn:
    """The boxes of one picture.

    Attributes
    ----------
    boxes : tuple of TrueBox
    size : (H, W), optional
        Of the picture that they were drawn in, where the file says so.
    """

    boxes: tuple[TrueBox, ...]
    size: tuple[int, int] | None = None

    def within(self, size: Sequence[int]) -> tuple[TrueBox, ...]:
        """The boxes in a picture of this size (H, W): what of them lies outside is cut off.

        Raises
        ------
        ImageError
            They are too many, were drawn in a picture of another size, or one has nothing in common with it.
        """
        height, width = size
        if len(self.boxes) > MAX_BOXES:
            raise ImageError(
                f"it has {len(self.boxes):,} boxes, and no more than {MAX_BOXES:,} are taken of one picture; "
                "leave the smallest out"
            )
        if self.size is not None and self.size != (height, width):
            turned = " without the turn that its EXIF asks for" if self.size == (width, height) else ""
            raise ImageError(
                f"its boxes were drawn in a picture of {self.size[0]} x {self.size[1]} pixels{turned}, and "
                f"it has {height} x {width}; draw them in the picture as it is shown"
            )
        return tuple(_clipped(box, height, width) for box in self.boxes)


def joined(several: Sequence[Drawn]) -> Drawn:
    """All boxes of one picture, that are told in several places."""
    sizes = (one.size for one in several if one.size is not None)
    return Drawn(tuple(box for one in several for box in one.boxes), next(sizes, None))


def _clipped(box: TrueBox, height: int, width: int) -> TrueBox:
    x0, y0, x1, y1 = box.corners
    x0, x1, y0, y1 = max(x0, 0.0), min(x1, float(width)), max(y0, 0.0), min(y1, float(height))
    if x0 >= x1 or y0 >= y1:
        raise ImageError(
            f"its box {in_words(box.corners)} ({box.where}) lies outside of it, which has {height} x {width} "
            "pixels; draw the boxes in pixels of the picture itself"
        )
    return box._replace(corners=(x0, y0, x1, y1))


def in_words(corners: Iterable[float]) -> str:
    """`10, 20, 30, 40`."""
    return ", ".join(f"{side:.10g}" for side in corners)


def check_corners(corners: Corners, source: Any, where: str) -> None:
    """Refuse corners that are no box.

    Raises
    ------
    InputError
    """
    x0, y0, x1, y1 = corners
    if not all(abs(side) <= FARTHEST for side in corners):  # nor one that is no number
        raise InputError(
            f"{source} has the box {in_words(corners)} ({where}), which no picture is large enough for. Give "
            "it in pixels."
        )
    if x0 >= x1 or y0 >= y1:
        what = "is empty" if x0 == x1 or y0 == y1 else "ends before it begins"
        raise InputError(
            f"{source} has the box {in_words(corners)} ({where}), which {what}. Give its left, upper, right "
            "and lower edge, in this order."
        )


def covered(boxes: Iterable[Corners], size: Sequence[int]) -> np.ndarray:
    """The pixels (H, W) bool whose middle lies in one of some boxes."""
    mask = np.zeros((size[0], size[1]), bool)
    for x0, y0, x1, y1 in boxes:
        left, top, right, bottom = (max(0, int(np.ceil(side - 0.5))) for side in (x0, y0, x1, y1))
        mask[top:bottom, left:right] = True
    return mask


def around(mask: np.ndarray) -> tuple[Corners, ...]:
    """The box around all pixels of a mask (H, W) bool; none of one without any."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return ()
    return ((float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)),)
