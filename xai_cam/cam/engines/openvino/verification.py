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

JUMPS = 0.002
"""Share of the positions of an image's gradient that may be off by any amount: see `gradient_difference`."""

LOOSE = 100
"""By how much farther off the gradient of an image may be as a whole."""

T = TypeVar("T")


class UnlikeError(Exception):
    """Two engines disagree."""


@dataclass(frozen=True)
class Agreeing(Generic[T]):
    """A verified result, its largest difference from TensorFlow, and the graph's key in the cache."""

    result: T
    off: float
    key: str


def agreeing(
    concrete: Any,
    weights: str,
    cache: Cache | None,
    make: Callable[[Any], T],
    off_by: Callable[[T], float],
    most: Callable[[Cache | None], float] = lambda _: TOLERANCE,
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
    most : callable
        How far it may be, by where the graph was looked for.

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
            if off <= most(kept):
                return Agreeing(made, off, key)
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
    raise UnlikeError(f"its answers differ from TensorFlow's by {off:.1e} of the largest")


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


def gradient_difference(found: np.ndarray, exact: np.ndarray) -> float:
    """How far gradients (count, n, …) of n images are off, over the largest of each; infinite if NaN differ.

    A ReLU or a maximum has a gradient that jumps. Where a number lies at the jump but for rounding, two
    engines that compute alike may take different sides, and all positions that lead there differ: a few of
    the image, and of few images, since one number in a million or so lies so close. A fault of a conversion,
    in contrast, is one of every image, and of many positions: at the least those of an edge of the map.

    So positions that differ most, up to a share of `JUMPS`, are left out in each image, and of what is left
    of the images the median counts, as long as no image is off as a whole: its gradient's distance to the
    exact one, over the length of that, counts as well, a hundred times less.
    """
    worst = 0.0
    for some, right in zip(found, exact, strict=True):
        of_images = [_off_by(one, other) for one, other in zip(some, right, strict=True)]
        near, far = zip(*of_images, strict=True)
        worst = max(worst, float(np.median(near)), max(far) / LOOSE)
    return worst


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
