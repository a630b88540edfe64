"""Stored grey values -> levels from 0 to 255: by a rule for deep greys, or by a window that is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.errors import ImageError, InputError
from xai_cam.images.numbers import whole_number

DEPTHS = (8, 32)
"""The fewest and the most bits that can be asked for."""


@dataclass(frozen=True)
class GreyWindow:
    """Stored values that become 0 and 255; those beyond are clipped.

    `deep_only`: grey of 8 bits stays as it is.
    """

    low: float
    high: float
    deep_only: bool = False

    def apply(self, stored: np.ndarray) -> np.ndarray:
        """Stored values (H, W) as levels in [0, 255], float32.

        Raises
        ------
        ImageError
            NaN is among them.
        """
        if stored.dtype.kind == "f" and np.isnan(stored).any():
            raise ImageError("its grey values hold NaN")
        share = (stored.astype(np.float64) - self.low) / (self.high - self.low)
        return np.asarray(255 * np.clip(share, 0, 1), np.float32)


def grey_window(window: Sequence[float] | None, depth: int | None) -> GreyWindow | None:
    """The window that is asked for, by its ends or by the number of bits; None: none.

    Raises
    ------
    InputError
        Both are given, or one of them makes no sense.
    """
    if window is not None and depth is not None:
        raise InputError("`window` and `depth` both say which grey is white. Give one of them.")
    if depth is not None:
        bits = whole_number(depth)
        if bits is None or not DEPTHS[0] <= bits <= DEPTHS[1]:
            raise InputError(
                f"`depth` is {depth!r}. Give the number of bits, from {DEPTHS[0]} to {DEPTHS[1]}."
            )
        return GreyWindow(0, 2**bits - 1, deep_only=True)
    if window is None:
        return None
    try:
        low, high = (float(end) for end in window)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"`window` is {window!r}. Give two numbers: the values that become 0 and 255."
        ) from error
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(
            f"`window` runs from {low:g} to {high:g}. Give the lower value first, then the higher."
        )
    return GreyWindow(low, high)


def level_rule(sixteen_bits: bool, low: float, high: float) -> Callable[[np.ndarray], np.ndarray]:
    """How grey of more than 8 bits, from `low` to `high`, becomes levels in [0, 255], float32.

    65535 becomes 255 where it is known to have 16 bits. Others are taken by their largest value: within
    [0, 1] they are multiplied by 255, within [0, 255] kept, within [0, 65535] divided by 257.

    Raises
    ------
    ImageError
        The values fit none of the known ranges.
    """
    if sixteen_bits:
        return lambda values: values.astype(np.float32) / 257
    low, high = float(np.float32(low)), float(np.float32(high))
    if math.isfinite(low) and math.isfinite(high) and low >= 0:
        for limit, factor in ((1.0, 255.0), (255.0, 1.0), (65535.0, 1 / 257)):
            if high <= limit:
                scale = np.float32(factor)
                return lambda values: values.astype(np.float32) * scale
    raise ImageError(
        f"its grey values run from {low:g} to {high:g}; give `window=(low, high)`, or convert them to 8 or "
        "16 bits"
    )


def scale_deep_grey(values: np.ndarray, sixteen_bits: bool) -> np.ndarray:
    """Values of more than 8 bits as levels in [0, 255], float32, by the `level_rule`.

    Raises
    ------
    ImageError
        They fit none of the known ranges.
    """
    return level_rule(sixteen_bits, values.min(), values.max())(values)
