"""A variant's mean over images of a curve: probabilities while pixels are exchanged, or boxes that fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MeanCurve:
    """A variant's mean curve, with its 95 % band.

    `fractions`, `mean`, `low` and `high` are (points,); the band is the mean +- 1.96 standard errors, at each
    point. Of deletion and insertion `fractions` are shares of the pixels, from 0 to 1, and `mean` is the
    probability; of a pooled measure they are thresholds, from 0 on, and `mean` is the share of images, in %.
    """

    variant: str
    fractions: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def mean_curve(variant: str, of_images: Sequence[Sequence[np.ndarray]]) -> MeanCurve | None:
    """The mean over images of the means over an image's curves; None where there is none.

    Curves are (steps + 1,), or (levels, thresholds), of which the mean over levels is taken.
    """
    curves = [np.mean(of_image, axis=0, dtype=np.float64) for of_image in of_images if len(of_image)]
    if not curves:
        return None
    table = np.stack(curves)
    pooled = table.ndim == 3
    table = table.mean(axis=1) if pooled else table
    mean, points = table.mean(axis=0), table.shape[1]
    error = table.std(axis=0, ddof=1) / math.sqrt(len(table)) if len(table) > 1 else 0 * mean
    fractions = np.arange(points) / points if pooled else np.linspace(0, 1, points)
    return MeanCurve(variant, fractions, mean, mean - 1.96 * error, mean + 1.96 * error)
