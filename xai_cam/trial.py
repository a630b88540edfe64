"""Which scaling was the model trained with? Every named one is tried on images of known class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.classifier import Classifier
from xai_cam.preprocessing import COLOUR_ONLY, SCALINGS, Preprocessing

MOST_IMAGES = 200
CHANNEL_ORDERS = ("rgb", "bgr")
SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class Trial:
    """How well a model does with one scaling: share of right images, and mean -log p of the true class.

    `log_loss` is NaN where the model gives no probabilities.
    """

    preprocess: str
    channel_order: str
    accuracy: float
    log_loss: float


def choose_images(truth: Sequence[int], most: int = MOST_IMAGES) -> list[int]:
    """Positions of at most `most` images, as many of each class as there are, chosen by a fixed seed."""
    order = np.random.default_rng(0).permutation(len(truth))
    met: dict[int, int] = {}
    turns = []
    for position in order:
        turn = met[truth[position]] = met.get(truth[position], 0) + 1
        turns.append(turn)
    chosen = order[np.argsort(turns, kind="stable")[:most]]
    return sorted(int(position) for position in chosen)


def try_preprocessing(
    classifier: Classifier, pixels: Sequence[np.ndarray], truth: Sequence[int]
) -> list[Trial]:
    """Score every scaling and order of channels on the same pictures.

    Parameters
    ----------
    pixels : n arrays (H, W, channels) in [0, 255]
    truth : n class indices

    Returns
    -------
    trials : list of Trial
        The best first: by accuracy, then by log loss; grey models have no order of channels to try.
    """
    channels = classifier.network.input_shape[-1]
    orders = CHANNEL_ORDERS if channels == 3 else CHANNEL_ORDERS[:1]
    names = [name for name in SCALINGS if channels == 3 or name not in COLOUR_ONLY]
    trials = [_try(classifier, Preprocessing(n, o, "tried"), pixels, truth) for n in names for o in orders]
    return sorted(trials, key=lambda trial: (-trial.accuracy, np.nan_to_num(trial.log_loss)))


def _try(
    classifier: Classifier, preprocessing: Preprocessing, pixels: Sequence[np.ndarray], truth: Sequence[int]
) -> Trial:
    scores, predicted = classifier.score(pixels, preprocessing)
    right = scores[np.arange(len(truth)), truth]
    known = classifier.network.head.has_probabilities
    loss = float(np.mean(-np.log(np.maximum(right, SMALLEST_PROBABILITY)))) if known else float("nan")
    accuracy = float(np.mean(predicted == np.asarray(truth)))
    return Trial(preprocessing.name, preprocessing.channel_order, accuracy, loss)
