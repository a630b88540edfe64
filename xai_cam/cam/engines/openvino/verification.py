"""A graph run by OpenVINO is used once it agrees with TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from xai_cam.cam.engines.openvino.converted import Prepare, convert
from xai_cam.files.cache import Cache
from xai_cam.files.memory import ran_out_of_memory

TOLERANCE = 1e-3
"""Largest difference from TensorFlow's answers that is taken, over the largest of them."""

MOVED = 1 / 3
"""Share of the weight of channels that may lie elsewhere in less than f32.

Sound graphs in bf16 moved 0.27 of that of four channels at worst, 0.14 of that of all, which changed maps by
up to 0.12 of their maximum; scores that have little to do with the exact ones move more than half.
"""

UNLIKE = "its answers differ from TensorFlow's by {:.1e} of the largest"

JUMPS = 0.002
"""Share of the positions of an image's gradient that may be off by any amount: see `gradient_difference`."""

LOOSE = 100
"""By how much farther off the gradient of an image may be as a whole."""

T = TypeVar("T")


class UnlikeError(Exception):
    """Two engines disagree."""


@dataclass(frozen=True)
class Agreeing(Generic[T]):
    """A verified result, its largest difference from TensorFlow, and the graph's key in the cache.

    The key is empty where what lies there may be another graph than the one that was verified.
    """

    result: T
    off: float
    key: str


def agreeing(
    concrete: Any,
    weights: str,
    cache: Cache | None,
    make: Callable[[Any], T],
    off_by: Callable[[T], float],
    most: float = TOLERANCE,
    unlike: str = UNLIKE,
    prepare: Prepare = lambda concrete: concrete,
) -> Agreeing[T]:
    """A verified result of converting a traced function.

    Parameters
    ----------
    concrete, weights, prepare
        As for `convert`.
    cache : Cache, optional
        What is kept there and is off is dropped, and converted anew.
    make : callable
        The converted graph -> what answers by it.
    off_by : callable
        That -> how far it is from TensorFlow, as `difference` has it.
    most : float
        How far it may be.
    unlike : str
        What is said of one that is further off, with `{}` for how far.

    Raises
    ------
    UnlikeError
        It is further off.
    RuntimeError
        OpenVINO cannot convert it, or not run it.
    """
    off = float("inf")
    for kept in dict.fromkeys((cache, None)):
        graph, key = convert(concrete, weights, kept, prepare)
        try:
            made, off = _tried(graph, make, off_by)
            if off <= most:
                return Agreeing(made, off, key if kept else "")
            del made
        except (RuntimeError, LookupError, ValueError) as error:
            if not kept or ran_out_of_memory(error):  # what is kept is not to blame for that
                raise RuntimeError(str(error)) from error
            off = float("inf")
        if kept:
            del graph  # it has the files mapped, which Windows does not delete
            kept.drop(key)
    if not np.isfinite(off):
        raise UnlikeError("its answers are not finite where TensorFlow's are, or the other way round")
    raise UnlikeError(unlike.format(off))


def _tried(graph: Any, make: Callable[[Any], T], off_by: Callable[[T], float]) -> tuple[T, float]:
    """What answers by a graph, and how far it is from TensorFlow; where that fails nothing is left of it."""
    made = make(graph)
    return made, off_by(made)


def difference(found: np.ndarray, exact: np.ndarray) -> float:
    """The largest difference over the largest value, row by row; infinite if NaN differ."""
    worst = 0.0
    for some, right in zip(np.atleast_2d(found), np.atleast_2d(exact), strict=True):
        if not np.array_equal(np.isfinite(some), np.isfinite(right)):
            return float("inf")
        finite = np.isfinite(right)
        if finite.any():
            largest = np.abs(right[finite]).max()
            off = np.abs(some[finite] - right[finite]).max()
            worst = max(worst, float(off / largest) if largest > 0 else float(off))
    return worst


def moved(found: np.ndarray, exact: np.ndarray) -> float:
    """The share of the channels' weight that lies on others, by their scores (2, b, m) of m classes.

    As Score-CAM weighs them, by the softmax of their logits. Differences of the scores themselves tell less:
    where these are near 0 the smallest is as large as they are, and maps are as they were. A single channel,
    of a model that takes one input at a time, is weighed beside itself as it is. Infinite if NaN differ.
    """
    if exact.shape[1] == 1:  # alone it has all the weight, whatever its score
        found, exact = np.concatenate([found, exact], 1), np.concatenate([exact, exact], 1)
    if not np.array_equal(np.isfinite(found), np.isfinite(exact)):
        return float("inf")
    right, mine = _weights(exact[0]), _weights(found[0])
    return float(np.abs(right - mine).sum(0).max() / 2)


def _weights(scores: np.ndarray) -> np.ndarray:
    """The softmax over the first axis; what is not finite has no weight."""
    lowest = np.where(np.isfinite(scores), scores, -np.inf).astype(np.float64)
    powers = np.exp(lowest - np.maximum(lowest.max(0), -1e300))
    return np.asarray(powers / np.maximum(powers.sum(0), 1))


def gradient_difference(found: np.ndarray, exact: np.ndarray) -> float:
    """How far gradients (count, n, …) of n images are off, over the largest of each; infinite if NaN differ.

    A ReLU or a maximum has a gradient that jumps. Where a number lies at the jump but for rounding, two
    engines that compute alike may take different sides, and all positions that lead there differ: a few of
    the image, and of few images, since one number in a million or so lies so close. A fault of a conversion,
    in contrast, is one of every image, and of many positions: at the least those of an edge of the map.

    So positions that differ most, up to a share of `JUMPS`, are left out in each image, and of what is left
    of the images the median counts, as long as no image is off as a whole: its gradient's distance to the
    exact one, over the length of that, counts as well, a hundred times less. And jumps of several images do
    not coincide: a position that is off in all of them counts by the least.
    """
    worst = 0.0
    for some, right in zip(found, exact, strict=True):
        of_images = [_off_by(one, other) for one, other in zip(some, right, strict=True)]
        near, far = zip(*of_images, strict=True)
        worst = max(worst, float(np.median(near)), max(far) / LOOSE, _off_in_all(some, right))
    return worst


def _off_in_all(found: np.ndarray, exact: np.ndarray) -> float:
    """How far the worst position is off in all of several images; of one image 0."""
    count = len(found)
    if count < 2:
        return 0.0
    largest = np.abs(np.nan_to_num(exact)).reshape(count, -1).max(1)
    if not largest.all():  # without a gradient it is as it should be, or `_off_by` tells
        return 0.0
    off = np.abs(found.astype(float) - exact).reshape(count, -1) / largest[:, None]
    return float(np.nan_to_num(off).min(0).max(initial=0))


def _off_by(found: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    """How far the gradient of one image is off but for jumps, and as a whole."""
    finite = np.isfinite(exact)
    if not np.array_equal(np.isfinite(found), finite):
        return float("inf"), float("inf")
    right, off = exact[finite].astype(float), np.abs(found[finite].astype(float) - exact[finite])
    largest, length = np.abs(right).max(initial=0), np.linalg.norm(right)
    if not off.size:
        return 0.0, 0.0
    counted = np.sort(off)[: -int(off.size * JUMPS) or None][-1]
    whole = np.linalg.norm(off)
    return (counted / largest, whole / length) if largest > 0 else (float(off.max()), float(off.max()))
