"""Which scaling was the model trained with? Every named one is tried on images of known class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from xai_cam.models.classifier import Classifier
from xai_cam.models.preprocessing import COLOUR_ONLY, SCALINGS, Preprocessing

MAX_IMAGES = 200
CHANNEL_ORDERS = ("rgb", "bgr")
SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class ScalingScore:
    """How well a model does with one scaling: share of right images, and mean -log p of the true class.

    `log_loss` is NaN where the model gives no probabilities, or no numbers at all for some image.
    """

    preprocess: str
    channel_order: str
    accuracy: float
    log_loss: float


@dataclass
class ScalingScores:
    """All scalings, the best first; the classes of the images that were tried; why others could not be."""

    trials: list[ScalingScore] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)
    failures: dict[Path, str] = field(default_factory=dict)


def choose_images(truth: Sequence[int], most: int = MAX_IMAGES) -> list[int]:
    """Positions of at most `most` images, as many of each class as there are, chosen by a fixed seed."""
    order = np.random.default_rng(0).permutation(len(truth))
    met: dict[int, int] = {}
    turns = []
    for position in order:
        turn = met[truth[position]] = met.get(truth[position], 0) + 1
        turns.append(turn)
    chosen = order[np.argsort(turns, kind="stable")[:most]]
    return sorted(int(position) for position in chosen)


def try_preprocessing(classifier: Classifier, paths: Iterable[Path], truth: Iterable[int]) -> ScalingScores:
    """Score every scaling and order of channels on the same pictures.

    Sorted by accuracy, then by log loss. Grey models have no order of channels to try.
    """
    channels = classifier.network.input_shape[-1]
    orders = CHANNEL_ORDERS if channels == 3 else CHANNEL_ORDERS[:1]
    names = [name for name in SCALINGS if channels == 3 or name not in COLOUR_ONLY]
    tallies = {Preprocessing(name, order, "tried"): _Tally() for name in names for order in orders}
    tried, classes = ScalingScores(), iter(truth)
    for batch, pixels in classifier.read_batches(paths):
        said = dict(zip(batch, classes, strict=False))
        tried.failures |= {p: v for p, v in zip(batch, pixels, strict=True) if isinstance(v, str)}
        good = [values for values in pixels if not isinstance(values, str)]
        right = np.array([said[path] for path in batch if path not in tried.failures], int)
        tried.truth += right.tolist()
        for preprocessing, tally in tallies.items():
            if good:
                tally.add(*classifier.score(good, preprocessing), right)
    known = classifier.network.head.has_probabilities
    if tried.truth:
        trials = [_trial(p, tally, len(tried.truth), known) for p, tally in tallies.items()]
        tried.trials = sorted(trials, key=lambda t: (-t.accuracy, np.nan_to_num(t.log_loss, nan=np.inf)))
    return tried


@dataclass
class _Tally:
    right: int = 0
    loss: float = 0.0

    def add(self, scores: np.ndarray, predicted: np.ndarray, truth: np.ndarray) -> None:
        finite = np.isfinite(scores).all(axis=1)
        self.right += int((finite & (predicted == truth)).sum())
        of_truth = np.maximum(scores[np.arange(len(truth)), truth], SMALLEST_PROBABILITY)
        self.loss += float(-np.log(np.where(finite, of_truth, np.nan)).sum())


def _trial(preprocessing: Preprocessing, tally: _Tally, images: int, known: bool) -> ScalingScore:
    loss = tally.loss / images if known else float("nan")
    return ScalingScore(preprocessing.name, preprocessing.channel_order, tally.right / images, loss)
