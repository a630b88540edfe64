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
    run: Callable[..., Sequence[np.ndarray]], size: int, *arrays: np.ndarray, first_axis: int = 0
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
    first_axis : int
        The axis of the first answer that runs over the rows; of all others it is the first.
    """

    def axis(number: int) -> int:
        return 0 if number else first_axis

    found = []
    for count, parts in full_batches(size, *arrays):
        answers = run(*parts)
        found.append([np.take(one, range(count), axis(i)) for i, one in enumerate(answers)])
    return [np.concatenate(parts, axis(i)) for i, parts in enumerate(zip(*found, strict=True))]
