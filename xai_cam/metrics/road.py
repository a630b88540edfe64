"""ROAD, remove and debias: the probability while pixels are replaced by what stands around them.

A pixel that is set to one colour tells by its shape where it was; one that is filled in from its neighbours,
with a little noise, does not (Rong et al. 2022, arXiv:2202.00449). Where the authors count the right answers
of a test set, the measures here are of one map: the mean probability of its class.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from xai_cam.metrics.draws import draws_of, span_of
from xai_cam.metrics.imputation import imputed
from xai_cam.metrics.perturbation import DECIMALS

PERCENTS = range(10, 100, 10)
"""Of the pixels that are removed."""

PICTURES = 2 * len(PERCENTS)
"""A map: the most salient removed, then the least salient."""

NOISE = 0.01
"""Standard deviation of what is added to filled-in pixels, as a share of the image's range of values."""


def road_picture(image: np.ndarray, saliency: np.ndarray, place: int) -> np.ndarray:
    """One of the `PICTURES` (H, W, c) float32 of an image and a map (H, W).

    The noise at a pixel is the same in all of them, and for all maps of an image: they differ by what is
    removed, and by nothing else.
    """
    removed = _removed(image, saliency)[place]
    noise = NOISE * span_of(image) * draws_of(image, 1).standard_normal(image.shape, np.float32)
    return np.where(removed[..., None], imputed(image, removed) + noise, image).astype(np.float32)


def road_marks(image: np.ndarray, saliency: np.ndarray) -> list[bytes]:
    """What tells the pictures of an image apart, whichever map they are of: the pixels that are removed."""
    return [
        hashlib.blake2b(np.packbits(removed).tobytes(), digest_size=16).digest()
        for removed in _removed(image, saliency)
    ]


def judge_road(_: float, probabilities: np.ndarray) -> Mapping[str, float]:
    """Means over `PERCENTS` with the most (MoRF) and the least salient (LeRF) removed; (LeRF - MoRF) / 2."""
    most, least = (float(half.mean()) for half in np.split(np.asarray(probabilities, np.float64), 2))
    return {"road": (least - most) / 2, "road_morf": most, "road_lerf": least}


def _removed(image: np.ndarray, saliency: np.ndarray) -> np.ndarray:
    """(PICTURES, H, W) bool. Equally salient pixels go in a random order, the same for all maps of the image.

    So do those of the authors, who add noise to the map. In raster order, the many zeros of a map would be
    removed from above, in one piece that cannot be filled in.
    """
    ties = draws_of(image, 0).random(saliency.size)
    order = np.lexsort((ties, -saliency.round(DECIMALS).ravel()))
    rank = np.empty(order.size, int)
    rank[order] = np.arange(order.size)
    counts = [order.size * percent // 100 for percent in PERCENTS]  # less than all
    most, least = [rank < count for count in counts], [rank >= rank.size - count for count in counts]
    return np.reshape(most + least, (PICTURES, *saliency.shape))
