"""From where on a pixel of a map counts: a share of the maximum, Otsu's threshold, or a percentile."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from xai_cam.errors import InputError

SHARE = 0.15
"""Share of a map's maximum from which a pixel counts: that of Selvaraju et al. 2017, sec. 4.1."""

OTSU = "otsu"
BINS = 256

PERCENTILE = re.compile(r"[pP](\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Threshold:
    """A threshold on a map M (H, W) in the pixels of a picture; what equals it is above it.

    Attributes
    ----------
    share : float, optional
        M >= share max M; above 0 and at most 1.
    percentile : float, optional
        M >= the percentile of M over the pixels that the model saw, between two of them linearly; from 0 to
        100. With neither, Otsu's threshold (see `otsu_share`).
    """

    share: float | None = None
    percentile: float | None = None

    @classmethod
    def of(cls, given: float | str) -> Threshold:
        """A threshold by what callers say: `0.15`, `otsu`, `p80`.

        Raises
        ------
        InputError
            It is none of them.
        """
        text = str(given).strip()
        if text.lower() == OTSU:
            return cls()
        found = PERCENTILE.fullmatch(text)
        if found and float(found[1]) <= 100:
            return cls(percentile=float(found[1]))
        try:
            share = math.nan if isinstance(given, bool) else float(text)
        except ValueError:
            share = math.nan
        if not 0 < share <= 1:
            raise InputError(
                f"`threshold` is {given!r}. Give a number above 0 and up to 1 (a share of the map's "
                f"maximum), {OTSU}, or a percentile such as p80."
            )
        return cls(share)

    def __str__(self) -> str:
        if self.share is not None:
            return f"{self.share:.12g}"
        return OTSU if self.percentile is None else f"p{self.percentile:.12g}"

    def above(self, placed: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Where a map is at or above the threshold, (H, W) bool; never where it is 0.

        Parameters
        ----------
        placed : (H, W) float32, >= 0
            The map M in the pixels of the picture; its maximum is above 0.
        seen : (H, W) bool
            What the model saw of the picture.
        """
        top = placed.max()
        if self.share is not None:
            return np.asarray(placed >= self.share * top)
        if self.percentile is not None:
            return np.asarray((placed >= np.percentile(placed[seen], self.percentile)) & (placed > 0))
        scaled = placed / top
        share = otsu_share(scaled[seen])
        return np.zeros(placed.shape, bool) if share is None else np.asarray(scaled >= share)


def otsu_share(values: np.ndarray) -> float | None:
    """Otsu's threshold of values in [0, 1]; None where all of them fall into one bin.

    Of the 256 bins [i/256, (i+1)/256), the last with 1 in it, those up to k are one class and those above it
    the other. With w their shares of the values and m the means of their bins' numbers, k maximises the
    variance between them, w0 w1 (m0 - m1)^2; the lowest k of several. The threshold is (k + 1) / 256, where
    the upper class begins. Otsu 1979, doi:10.1109/TSMC.1979.4310076.

    Parameters
    ----------
    values : (n,) float32
        In [0, 1].
    """
    bins = np.minimum((values * np.float32(BINS)).astype(np.int64), BINS - 1)
    counts = np.bincount(bins, minlength=BINS).astype(np.float64)
    total, moments = counts.sum(), np.cumsum(counts * np.arange(BINS))
    below = np.cumsum(counts)[:-1]
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = moments[:-1] / below - (moments[-1] - moments[:-1]) / above
        between = np.where((below > 0) & (above > 0), below * above * apart**2, 0.0)
    best = int(between.argmax())
    return (best + 1) / BINS if between[best] > 0 else None
