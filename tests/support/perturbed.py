"""Inputs that an engine is asked to make of images, made by loops, for models that see one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from xai_cam.cam.engines.perturbed import DIMMED, Perturbed


def inputs_of(asked: Perturbed) -> Iterator[tuple[np.ndarray, int]]:
    """Each input (H, W, c), and the number of its image."""
    for image, first, second, number, step in asked.rows.tolist():
        plane, below, above = asked.plane(number), asked.picture(first), asked.picture(second)
        made = np.empty(above.shape, np.float32)
        for place in np.ndindex(plane.shape):
            made[place] = below[place] if plane[place] < step else above[place]
            if step == DIMMED:
                made[place] = above[place] * plane[place]
        yield made, image


def one_by_one(probability: Callable[[np.ndarray, int], float]) -> Callable[[Perturbed], np.ndarray]:
    """A model's `Score` from the probability of a class of one image."""

    def score(asked: Perturbed) -> np.ndarray:
        found = [[probability(x, k) for k in asked.columns[image]] for x, image in inputs_of(asked)]
        return np.array(found).reshape(len(found), asked.columns.shape[1])

    return score


def mixed(images: np.ndarray, classes: Sequence[int], *riding: np.ndarray, repeated: int = 1) -> Perturbed:
    """Of each image: itself, some of its pixels among those of the next one, and itself dimmed, and so on."""
    count = len(images)
    steps = np.random.default_rng(6).integers(0, 4, (count, *images.shape[1:-1])).astype(np.float32)
    planes = [*steps, *steps / 4]
    rows = [
        row
        for i in range(count)
        for row in ([i, i, i, i, 0], [i, (i + 1) % count, i, i, 2], [i, i, i, count + i, DIMMED])
        for _ in range(repeated)
    ]
    return Perturbed(
        np.array(rows, np.int32),
        lambda number: np.asarray(images[number], np.float32),
        planes.__getitem__,
        np.tile(np.array(classes, np.int32), (count, 1)),
        [tuple(one[i] for one in riding) for i in range(count)],
    )
