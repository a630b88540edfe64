"""A graph run by OpenVINO is used once it agrees with TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from xai_cam.cam.engines.openvino.converted import convert
from xai_cam.files.cache import Cache
from xai_cam.files.memory import ran_out_of_memory

TOLERANCE = 1e-3
"""Largest difference from TensorFlow's answers that is taken, over the largest of them."""

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
) -> Agreeing[T]:
    """A verified result of converting a traced function.

    Parameters
    ----------
    concrete, weights
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
        graph, key = convert(concrete, weights, kept)
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
