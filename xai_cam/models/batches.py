"""Arrays in batches of one size, for models that take no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np


def full_batches(size: int, *arrays: np.ndarray) -> Iterator[tuple[int, list[np.ndarray]]]:
    """The rows of some arrays, `size` at a time, each time with how many of them are real.

    A last batch that is short is filled up with its own rows, from the first on.
    """
    for start in range(0, len(arrays[0]), size):
        parts = [array[start : start + size] for array in arrays]
        yield len(parts[0]), [fill(part, size) for part in parts]


def fill(part: np.ndarray, size: int | None) -> np.ndarray:
    """So many rows: those of an array, from the first on and over again; None: as many as there are."""
    return part if size in (None, len(part)) else np.resize(part, (size, *part.shape[1:]))


def in_full_batches(
    run: Callable[..., Sequence[np.ndarray]], size: int, *arrays: np.ndarray, axes: Sequence[int] = ()
) -> list[np.ndarray]:
    """The answers of a function that takes batches of one size only, for any number of rows.

    Parameters
    ----------
    run : callable
        (arrays of `size` rows) -> answers.
    size : int
        Rows of a batch.
    *arrays : arrays
        Of as many rows each.
    axes : sequence of int
        The axis of each answer that runs over the rows; default: the first of all.
    """
    found = []
    for count, parts in full_batches(size, *arrays):
        answers = run(*parts)
        along = axes or (0,) * len(answers)
        found.append([np.take(one, range(count), axis) for one, axis in zip(answers, along, strict=True)])
    along = axes or (0,) * len(found[0])
    return [np.concatenate(parts, axis) for parts, axis in zip(zip(*found, strict=True), along, strict=True)]
