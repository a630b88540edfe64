"""Gradients at inputs that are made of images, a chunk at a time: what is asked, and the walk over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class InputGradients:
    """Inputs made of n images, and the scores whose gradients ds/dx are asked for at each.

    Nothing is held beyond a chunk: an input is made when it is needed, and its gradients are handed on.

    Attributes
    ----------
    images : (inputs,) int
        The image that each is made of. Inputs of an image stand together.
    make : callable
        An input (H, W, c) float32 by its number.
    take : callable
        Gets, in order, an input's number, the gradients (m, H, W, c) there, and the scores (m,).
    columns : (n, m) int32
        The columns that are scored of the inputs of each image.
    riding : sequence of tuples
        What rides along with the inputs of each image, as of `questions.riding`.
    score : str
        `logit` or `probability`.
    what : str
        What progress is called.
    """

    images: np.ndarray
    make: Callable[[int], np.ndarray]
    take: Callable[[int, np.ndarray, np.ndarray], None]
    columns: np.ndarray
    riding: Sequence[tuple[np.ndarray, ...]]
    score: str
    what: str = "gradients at the input"


class GradientChunks:
    """The inputs in chunks of one size; all that is given has a row for each.

    Parameters
    ----------
    asked : InputGradients
    names : sequence of str
        What a graph calls that which rides along.
    progress : callable
        Gets how many inputs are done, and how many there are, with every chunk.
    """

    def __init__(
        self,
        asked: InputGradients,
        names: Sequence[str] = (),
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._asked, self._names, self._progress = asked, tuple(names), progress

    def __len__(self) -> int:
        return len(self._asked.images)

    def chunk(self, start: int, size: int) -> Mapping[str, np.ndarray]:
        """What a graph is given for `size` inputs; a short chunk repeats its last."""
        numbers = np.minimum(np.arange(start, start + size), len(self) - 1)
        made = {number: self._asked.make(number) for number in np.unique(numbers).tolist()}
        images = self._asked.images[numbers]
        riding = zip(*(self._asked.riding[image] for image in images), strict=True)
        return {
            "images": np.stack([made[number] for number in numbers.tolist()]),
            "classes": np.ascontiguousarray(self._asked.columns[images], np.int32),
            **dict(zip(self._names, map(np.stack, riding), strict=True)),
        }

    def fill(self, start: int, found: np.ndarray) -> int:
        """Hand on the answers (m, size, H W c + 1) of a chunk, and return how many inputs it had."""
        count = min(found.shape[1], len(self) - start)
        for i in range(count):
            gradients = found[:, i, :-1].reshape(len(found), *self._shape)
            self._asked.take(start + i, gradients, found[:, i, -1])
        self._progress(start + count, len(self))
        return count

    @property
    def _shape(self) -> tuple[int, ...]:
        if not hasattr(self, "_input_shape"):
            self._input_shape = self._asked.make(0).shape
        return self._input_shape
