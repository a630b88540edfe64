"""Search for the scaling that the model was trained with: every named one, on images of known class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.cam.classifier import Classifier
from xai_cam.images.reading import OF_PICTURES
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.input.preprocessing import AS_STORED, COLOUR_ONLY, SCALINGS, WHITE, Preprocessing

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


def choose_images(truth: Sequence[int], most: int = MAX_IMAGES) -> list[int]:
    """Positions of at most `most` images, as many of each class as there are, chosen by a fixed seed."""
    order = np.random.default_rng(0).permutation(len(truth))
    seen: dict[int, int] = {}
    turns = []
    for position in order:
        turn = seen[truth[position]] = seen.get(truth[position], 0) + 1
        turns.append(turn)
    chosen = order[np.argsort(turns, kind="stable")[:most]]
    return sorted(int(position) for position in chosen)


class ScalingSearch:
    """Scores every scaling and order of channels on the same pictures, batch by batch.

    Grey models have no order of channels to try.

    Attributes
    ----------
    truth : list of int
        Classes of the images that were tried.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.truth: list[int] = []
        channels = classifier.network.input_shape[-1]
        orders = CHANNEL_ORDERS if channels == 3 else CHANNEL_ORDERS[:1]
        names = [name for name in SCALINGS if channels == 3 or name not in COLOUR_ONLY]
        stored = [name for name in AS_STORED if channels not in OF_PICTURES]
        tried = (Preprocessing(name, order, "tried", name in stored) for name in names for order in orders)
        self._tallies = {preprocessing: _Tally() for preprocessing in tried}
        classifier.computing.ahead.times = len(self._tallies)

    def add(
        self,
        pixels: Sequence[np.ndarray],
        truth: Sequence[int],
        extras: tuple[np.ndarray, ...] = (),
        whites: Sequence[float] | None = None,
    ) -> None:
        """Try every scaling on images (H, W, c) of known class; other inputs stay as they are.

        Of each image white is given, or 255.
        """
        given = [*zip(pixels, whites or [WHITE] * len(pixels), strict=True)]
        self.truth += truth
        classes = np.array(truth, int)
        for preprocessing, tally in self._tallies.items():
            scaled = np.stack([preprocessing.apply(*one) for one in given])
            tally.add(*self.classifier.score(Inputs(scaled, extras)), classes)

    @property
    def scores(self) -> list[ScalingScore]:
        """Of all scalings that were tried: by accuracy, then by log loss, the best first."""
        if not self.truth:
            return []
        known = self.classifier.network.head.has_probabilities
        found = [_score(p, tally, len(self.truth), known) for p, tally in self._tallies.items()]
        return sorted(found, key=lambda s: (-s.accuracy, np.nan_to_num(s.log_loss, nan=np.inf)))


@dataclass
class _Tally:
    right: int = 0
    loss: float = 0.0

    def add(self, scores: np.ndarray, predicted: np.ndarray, truth: np.ndarray) -> None:
        finite = np.isfinite(scores).all(axis=1)
        self.right += int((finite & (predicted == truth)).sum())
        of_truth = np.maximum(scores[np.arange(len(truth)), truth], SMALLEST_PROBABILITY)
        self.loss += float(-np.log(np.where(finite, of_truth, np.nan)).sum())


def _score(preprocessing: Preprocessing, tally: _Tally, images: int, known: bool) -> ScalingScore:
    loss = tally.loss / images if known else float("nan")
    return ScalingScore(preprocessing.name, preprocessing.channel_order, tally.right / images, loss)
