"""Inputs that a graph makes of images: pixels of one picture among those of another, or dimmed ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

DIMMED = -1
"""In place of a step: nothing is exchanged, the picture is multiplied by its plane."""


class Rows(Protocol):
    """An array (inputs, 5) int32, or what gives parts of one."""

    def __len__(self) -> int:
        """How many inputs there are."""

    def __getitem__(self, part: slice, /) -> Any:
        """Some of the rows."""


@dataclass(frozen=True)
class Perturbed:
    """How inputs are made of n images, and which scores of them are asked for.

    Nothing is made before it is needed: `picture` and `plane` are asked for what a chunk is made of.

    Attributes
    ----------
    rows : (inputs, 5) int32, or Rows
        The image, two pictures, a plane and a step. Where the plane is less than the step, a pixel is that of
        the first picture, elsewhere that of the second. Where the step is `DIMMED`, the second picture is
        multiplied by the plane. Inputs of an image stand together.
    picture, plane : callables
        A picture (H, W, c) and a plane (H, W) by their numbers, float32.
    columns : (n, m) int32
        The columns that are scored of the inputs of each image.
    riding : sequence of tuples
        What rides along with the inputs of each image, as of `questions.riding`.
    score : str
        `probability`, which of a column that has none is its value, or `logit`.
    what : str
        What progress is called.
    """

    rows: Rows
    picture: Callable[[int], np.ndarray]
    plane: Callable[[int], np.ndarray]
    columns: np.ndarray
    riding: Sequence[tuple[np.ndarray, ...]]
    score: str = "probability"
    what: str = "perturbed scores"

    @property
    def question(self) -> str:
        """The name of the graph that scores them."""
        return "perturbed" if self.score == "probability" else "perturbed_logits"


class PerturbedScores:
    """The inputs in chunks of one size, and the scores computed so far.

    Parameters
    ----------
    asked : Perturbed
    names : sequence of str
        What a graph calls that which rides along.
    progress : callable
        Gets how many inputs are done, and how many there are, with every chunk.
    least : (int, int, int)
        How many images, pictures and planes the tables of a chunk have at least: they are filled up.
    """

    def __init__(
        self,
        asked: Perturbed,
        names: Sequence[str] = (),
        progress: Callable[[int, int], None] = lambda *_: None,
        least: Sequence[int] = (0, 0, 0),
    ) -> None:
        self._asked, self._names, self._progress, self._least = asked, names, progress, least
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
        images, pictures, planes = map(_filled, (images, pictures, planes), self._least)
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
            known: dict[int, np.ndarray] = dict(zip(self._numbers, list(self._arrays), strict=True))
            known |= {k: self._make(k) for k in dict.fromkeys(numbers) if k not in known}
            self._numbers, self._arrays = numbers, np.stack([known[k] for k in numbers])
        return self._arrays


def _numbered(values: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The values that there are, and for each place the number of its own among them."""
    found = sorted(set(values.ravel().tolist()))
    return found, np.searchsorted(found, values)


def _filled(numbers: list[int], least: int) -> list[int]:
    """The numbers, and the first of them again until there are as many."""
    return numbers + numbers[:1] * (least - len(numbers))


def widest(asked: Perturbed, size: int) -> tuple[int, ...]:
    """The most images, pictures and planes that a chunk of that size is made of."""
    chunks = [asked.rows[start : start + size] for start in range(0, len(asked.rows), size)]
    kinds = 0, slice(1, 3), 3
    return tuple(max((len(np.unique(chunk[:, kind])) for chunk in chunks), default=0) for kind in kinds)
