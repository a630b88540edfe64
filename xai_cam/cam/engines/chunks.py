"""Inputs and their classes in chunks of one size; a short one is filled up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import chain, islice

import numpy as np

Pair = tuple[np.ndarray, int]
"""An input (H, W, c) and its class."""


def stack(chunk: list[Pair], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (size, H, W, c) and classes (size,) of a chunk; a short one is filled up with its first pair."""
    inputs, classes = zip(*chunk, *[chunk[0]] * (size - len(chunk)), strict=True)
    return np.stack(inputs), np.array(classes, np.int32)


def as_arrays(chunk: list[Pair], size: int) -> Mapping[str, np.ndarray]:
    """The same by the names that a graph has for them."""
    return dict(zip(("images", "classes"), stack(chunk, size), strict=True))


class Chunks:
    """Inputs with their classes, a chunk at a time; those that were not answered are not lost.

    Parameters
    ----------
    source : iterator of pairs
    size : int
        Inputs in a chunk.
    """

    def __init__(self, source: Iterator[Pair], size: int) -> None:
        self._source, self._size = source, size
        self._asked: deque[list[Pair]] = deque()

    def __iter__(self) -> Iterator[Mapping[str, np.ndarray]]:
        while chunk := list(islice(self._source, self._size)):
            self._asked.append(chunk)
            yield as_arrays(chunk, self._size)

    def answered(self) -> int:
        """How many inputs the next answer is of; they count as answered."""
        return len(self._asked.popleft())

    def left(self) -> Iterator[Pair]:
        """All inputs without an answer."""
        return chain(chain.from_iterable(self._asked), self._source)
