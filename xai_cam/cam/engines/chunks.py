"""Inputs and their classes in chunks of one size; a short one is filled up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

import numpy as np

Pair = tuple[np.ndarray, int] | tuple[np.ndarray, int, tuple[np.ndarray, ...]]
"""An input (H, W, c), the column that is scored, and what rides along with it, if anything does."""


def stack(chunk: list[Pair], size: int) -> list[np.ndarray]:
    """Inputs (size, H, W, c), columns (size,) and what rides along; a short chunk repeats its first pair."""
    images, columns, *riding = zip(*chunk, *[chunk[0]] * (size - len(chunk)), strict=True)
    others = [np.stack(one) for one in zip(*riding[0], strict=True)] if riding else []
    return [np.stack(images), np.array(columns, np.int32), *others]


def as_arrays(chunk: list[Pair], size: int, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """The same by the names that a graph has for them."""
    return dict(zip(names, stack(chunk, size), strict=True))


class Chunks:
    """Inputs with their classes, a chunk at a time; those that were not answered are not lost.

    Parameters
    ----------
    source : iterator of pairs
    size : int
        Inputs in a chunk.
    names : sequence of str
        What the graph calls its inputs.
    """

    def __init__(self, source: Iterator[Pair], size: int, names: Sequence[str]) -> None:
        self._source, self._size, self._names = source, size, names
        self._asked: deque[list[Pair]] = deque()

    def __iter__(self) -> Iterator[Mapping[str, np.ndarray]]:
        while chunk := list(islice(self._source, self._size)):
            self._asked.append(chunk)
            yield as_arrays(chunk, self._size, self._names)

    def answered(self) -> int:
        """How many inputs the next answer is of; they count as answered."""
        return len(self._asked.popleft())

    def left(self) -> Iterator[Pair]:
        """All inputs without an answer."""
        return chain(chain.from_iterable(self._asked), self._source)
