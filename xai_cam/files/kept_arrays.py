"""Arrays of numbers with a few facts, in the user's cache: as if there were none where they were damaged."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.files.cache import Cache
from xai_cam.files.kept_bytes import find_bytes, keep_bytes

FILE, KIND = "arrays.bin", "arrays 1"
KINDS = ("<f4", "<i4")
"""Numbers that are kept."""

MAX_BYTES = 1 << 26
"""Of a file; more is not kept."""


def keep_arrays(cache: Cache, key: str, facts: Any, arrays: Sequence[np.ndarray]) -> bool:
    """Whether arrays of `KINDS`, and facts that JSON has, could be kept by this key.

    What was kept by it before is dropped.
    """
    plain = [np.ascontiguousarray(one, one.dtype.newbyteorder("<")) for one in arrays]
    told = [facts, [[one.dtype.str, list(one.shape)] for one in plain]]
    body = json.dumps(told, allow_nan=False).encode() + b"\n" + b"".join(one.tobytes() for one in plain)
    return keep_bytes(cache, key, FILE, KIND, body, MAX_BYTES)


def find_arrays(cache: Cache, key: str) -> tuple[Any, list[np.ndarray]] | None:
    """Facts and arrays that were kept by this key; None where there are none, or they were changed."""
    body = find_bytes(cache, key, FILE, KIND, MAX_BYTES)
    if body is None:
        return None
    told, _, numbers = body.partition(b"\n")
    try:
        facts, shapes = json.loads(told)
        return facts, _cut(numbers, shapes)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None


def _cut(numbers: bytes, shapes: Sequence[tuple[str, list[int]]]) -> list[np.ndarray]:
    found, start = [], 0
    for kind, shape in shapes:
        dtype = np.dtype(KINDS[KINDS.index(kind)])
        end = start + math.prod(shape) * dtype.itemsize
        found.append(np.frombuffer(numbers[start:end], dtype).reshape(shape))
        start = end
    return found
