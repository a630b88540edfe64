"""Memory that Python's objects take while something is done."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

TIMES = 3


def exceeding(
    do: Callable[[], object], held: float = math.inf, peak: float = math.inf
) -> list[tuple[int, int]]:
    """What was held at the end, with the result, and at most, of several times; nothing if one stays within.

    Other threads, and Python's table of texts, which holds those of all tests, may take some meanwhile.
    """
    found: list[tuple[int, int]] = []
    for _ in range(TIMES):
        tracemalloc.start()
        try:
            result = do()
            found.append(tracemalloc.get_traced_memory())
        finally:
            tracemalloc.stop()
        del result
        if found[-1][0] < held and found[-1][1] < peak:
            return []
    return found
