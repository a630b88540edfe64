"""What it costs to have a traced function answered by OpenVINO: estimated by its size, then measured."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

AT_LEAST = 0.3
"""Seconds that the smallest conversion takes, with the first use of OpenVINO's reader."""

AN_OPERATION = 1e-4
"""Seconds more for each operation that TensorFlow has traced."""

BYTES = 50e6
"""Bytes of weights that are hashed, converted, written and compiled in a second."""

KEPT = 0.1
"""What is left of the cost where the converted graph is kept already: it is read and compiled."""


class Costs:
    """Seconds that conversions take on this machine.

    The estimate is of two cores without other work. Once a conversion was timed, those that follow are
    expected to take as many times their estimate as that has.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock, self._factor = clock, 1.0

    def of(self, concrete: Any, kept: bool = False) -> float:
        """Seconds for a traced function; `kept` says that its graph is in the cache."""
        return self._factor * _estimate(concrete) * (KEPT if kept else 1)

    @contextmanager
    def measured(self, concrete: Any, kept: bool = False) -> Iterator[None]:
        """Time the conversion inside a `with` block."""
        estimate, start = _estimate(concrete) * (KEPT if kept else 1), self._clock()
        yield  # what fails says nothing
        self._factor = (self._clock() - start) / estimate


def _estimate(concrete: Any) -> float:
    graph = concrete.graph
    weights = sum(math.prod(one.shape) * one.dtype.size for one in graph.variables)
    return AT_LEAST + AN_OPERATION * len(graph.get_operations()) + weights / BYTES
