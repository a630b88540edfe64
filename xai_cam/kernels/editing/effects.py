"""What a change of a model does to its answers, image by image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xai_cam.models.classifier import NOT_FINITE, Classifier

Score = Callable[[Sequence[np.ndarray]], tuple[np.ndarray, np.ndarray]]
"""Pictures (H, W, channels) in [0, 255] -> scores (n, N) and predicted classes (n,)."""


@dataclass(frozen=True)
class Effect:
    """One image before and after.

    Attributes
    ----------
    predicted, predicted_after : int
        The class chosen before and after.
    score, score_after : float
        Of the class chosen *before*: its probability where the model gives them, else its output.
    new_score : float
        Of the class chosen after.
    failure : str
        Why there are none of these.
    """

    path: Path
    predicted: int = -1
    predicted_after: int = -1
    score: float = float("nan")
    score_after: float = float("nan")
    new_score: float = float("nan")
    failure: str = ""

    @property
    def changed(self) -> bool:
        """Whether another class was chosen."""
        return self.predicted != self.predicted_after

    @property
    def change(self) -> float:
        """What the score of the class chosen before gained; below 0, it lost."""
        return self.score_after - self.score


def measure_effects(classifier: Classifier, after: Score, paths: Iterable[Path]) -> Iterator[Effect]:
    """Effects in the order of the paths; each image is read once and fed alike to both models.

    Parameters
    ----------
    classifier : Classifier
        The model before.
    after : callable
        Scores of the model after.
    """
    for batch, pixels in classifier.read_batches(paths):
        good = [picture for picture in pixels if not isinstance(picture, str)]
        pairs = iter(_compare(batch, pixels, classifier, after, good) if good else ())
        for path, picture in zip(batch, pixels, strict=True):
            yield Effect(path, failure=picture) if isinstance(picture, str) else next(pairs)


def _compare(
    batch: Sequence[Path],
    pixels: Sequence[np.ndarray | str],
    classifier: Classifier,
    after: Score,
    good: Sequence[np.ndarray],
) -> Iterator[Effect]:
    before, chosen = classifier.score(good, classifier.preprocessing)
    then, chosen_then = after(good)
    paths = [path for path, picture in zip(batch, pixels, strict=True) if not isinstance(picture, str)]
    for i, path in enumerate(paths):
        a, b = int(chosen[i]), int(chosen_then[i])
        if not (np.isfinite(before[i]).all() and np.isfinite(then[i]).all()):
            yield Effect(path, failure=NOT_FINITE)
        else:
            yield Effect(path, a, b, float(before[i, a]), float(then[i, a]), float(then[i, b]))


@dataclass(frozen=True)
class Total:
    """All images together: how many, how many of another class, how many failed, the mean change."""

    images: int
    changed: int
    failed: int
    mean_change: float


def sum_up(effects: Sequence[Effect]) -> Total:
    """The total; `mean_change` is NaN where every image failed."""
    good = [effect for effect in effects if not effect.failure]
    mean = float(np.mean([effect.change for effect in good])) if good else float("nan")
    return Total(len(good), sum(effect.changed for effect in good), len(effects) - len(good), mean)
