"""A small trained model with pictures whose answer is known, to try things on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from xai_cam.errors import InputError
from xai_cam.images.labels import read_labels
from xai_cam.images.numbers import whole_number
from xai_cam.models.loading import load_model
from xai_cam.runs.demo import PICTURE_SIZE, labels_file, sample_model


class Sample(NamedTuple):
    """What `sample` returns.

    Attributes
    ----------
    model : keras.Model
        A classifier of six shapes, trained, which comes with the package.
    pictures : (n, 288, 288, 3) uint8 RGB
        One shape in each, among others that it does not know.
    labels : tuple of str
        Names of its classes.
    truth : list of str
        The shape in each picture.
    """

    model: Any
    pictures: np.ndarray
    labels: tuple[str, ...]
    truth: list[str]


def sample(count: int = 6, seed: int = 0) -> Sample:
    """A small trained model, pictures that it was not trained on, the names of its classes, and the truth.

    Everything is in the package or drawn: nothing is fetched.

    Parameters
    ----------
    count : int
        Number of pictures; the shapes take turns.
    seed : int
        What they are drawn from.

    Raises
    ------
    InputError
        The number is not a whole one from 1 on, or the seed is below 0.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, truth = xai_cam.sample(2)
    >>> pictures.shape, truth
    ((2, 288, 288, 3), ['circle', 'square'])
    """
    from xai_cam.sample_models.make_shapes import CLASSES, draw_scene

    number, start = whole_number(count), whole_number(seed)
    if number is None or start is None or number < 1 or start < 0:
        raise InputError(
            "A sample needs a `count` of at least 1 and a `seed` of at least 0. Give such numbers."
        )
    files = sample_model("shapes")
    truth = [CLASSES[(i + start) % len(CLASSES)] for i in range(number)]
    scenes = [
        draw_scene(np.random.default_rng([start, i]), [name], PICTURE_SIZE) for i, name in enumerate(truth)
    ]
    pictures = np.stack([scene.picture for scene in scenes])
    return Sample(
        load_model(files.model, files.weights), pictures, tuple(read_labels(labels_file(files))), truth
    )
