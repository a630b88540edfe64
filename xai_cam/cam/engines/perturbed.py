"""Inputs that a graph makes of images: pixels of one picture among those of another, or dimmed ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

DIMMED = -1
"""In place of a step: nothing is exchanged, the picture is multiplied by its plane."""


@dataclass(frozen=True)
class Perturbed:
    """How inputs are made of n images, and which scores of them are asked for.

    Nothing is made before it is needed: `picture` and `plane` are asked for what a chunk is made of.

    Attributes
    ----------
    rows : (inputs, 5) int32
        The image, two pictures, a plane and a step. Where the plane is less than the step, a pixel is that of
        the first picture, elsewhere that of the second. Where the step is `DIMMED`, the second picture is
        multiplied by the plane. Inputs of an image stand together.
    picture, plane : callables
        A picture (H, W, c) and a plane (H, W) by their numbers, float32.
    columns : (n, m) int32
        The columns that are scored of the inputs of each image.
    riding : sequence of tuples
        What rides along with the inputs of each image, as of `questions.riding`.
    """

    rows: np.ndarray
    picture: Callable[[int], np.ndarray]
    plane: Callable[[int], np.ndarray]
    columns: np.ndarray
    riding: Sequence[tuple[np.ndarray, ...]]


class PerturbedScores:
    """The inputs in chunks of one size, and the scores computed so far.

    Parameters
    ----------
    asked : Perturbed
    names : sequence of str
        What a graph calls that which rides along.
    progress : callable
        Gets how many inputs are done, and how many there are, with every chunk.
    """

    def __init__(
        self,
        asked: Perturbed,
        names: Sequence[str] = (),
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._asked, self._names, self._progress = asked, names, progress
        self._pictures = _Table(lambda number: np.moveaxis(asked.picture(number), -1, 0))
        self._planes = _Table(asked.plane)
        self.found = np.full((len(asked.rows), asked.columns.shape[1]), np.nan, np.float32)

    def __len__(self) -> int:
        return len(self._asked.rows)

    def chunk(self, start: int, size: int) -> Mapping[str, np.ndarray]:
        """What a graph makes `size` inputs of, by its names; a short chunk repeats its inputs.

        Numbers in `rows` are those of the chunk's own tables, which hold what it needs and no more; pictures
        have their channels first.
        """
        rows = np.resize(self._asked.rows[start : start + size], (size, 5))
        images, of_images = _numbered(rows[:, 0])
        pictures, of_pictures = _numbered(rows[:, 1:3])
        planes, of_planes = _numbered(rows[:, 3])
        local = np.column_stack([of_images, of_pictures, of_planes, rows[:, 4]])
        riding = zip(*(self._asked.riding[image] for image in images), strict=True)
        return {
            "pictures": self._pictures.of(pictures),
            "planes": self._planes.of(planes),
            "rows": local.astype(np.int32),
            "classes": self._asked.columns[images],
            **dict(zip(self._names, map(np.stack, riding), strict=True)),
        }

    def fill(self, start: int, found: np.ndarray) -> int:
        """Store the scores (1, size, m) of a chunk, and return how many inputs it had."""
        place = self.found[start : start + found.shape[1]]
        place[:] = found[0, : len(place)]
        self._progress(start + len(place), len(self))
        return len(place)


class _Table:
    """Arrays that are made when a chunk needs them; those of the last chunk are kept."""

    def __init__(self, make: Callable[[int], np.ndarray]) -> None:
        self._make = make
        self._numbers: list[int] = []
        self._arrays = np.empty(0, np.float32)

    def of(self, numbers: list[int]) -> np.ndarray:
        """The arrays of these numbers, one on the other."""
        if numbers != self._numbers:
            known = dict(zip(self._numbers, self._arrays, strict=True))
            arrays = [known[k] if k in known else self._make(k) for k in numbers]
            self._numbers, self._arrays = numbers, np.stack(arrays)
        return self._arrays


def _numbered(values: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The values that there are, and for each place the number of its own among them."""
    found = sorted(set(values.ravel().tolist()))
    return found, np.searchsorted(found, values)
