"""Signs in the results of a run that the model is fed wrongly, or that a layer has too few places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.status import is_nearly_flat
from xai_cam.images.labels import name_of
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import LayerInfo

FEWEST_IMAGES = 5
"""Fewer images may well be answered alike."""

SAME_ANSWER = 0.05
"""Probabilities of one class that lie no further apart are one answer."""

COARSE = 4
"""A grid of no more rows and no more columns says little of places."""


@dataclass
class SameAnswer:
    """Whether a model answers all images of a run alike: one class, with nearly one probability."""

    images: int = 0
    classes: set[int] = field(default_factory=set)
    lowest: float = np.inf
    highest: float = -np.inf

    def add(self, predicted: int, probability: float) -> None:
        """Take in an image's class, and the probability of it; NaN where the model gives none."""
        self.images += 1
        self.classes.add(predicted)
        # NaN stays: whatever comes after it, the span is none.
        self.lowest = float(np.minimum(self.lowest, probability))
        self.highest = float(np.maximum(self.highest, probability))

    def join(self, other: SameAnswer) -> None:
        """Take in what another has seen of other images."""
        self.images += other.images
        self.classes |= other.classes
        self.lowest = float(np.minimum(self.lowest, other.lowest))
        self.highest = float(np.maximum(self.highest, other.highest))

    def describe(self, labels: Sequence[str] | None = None) -> str | None:
        """A line on it, once there are enough images; None where the answers differ."""
        low, high = self.lowest, self.highest
        if self.images < FEWEST_IMAGES or len(self.classes) > 1 or not high - low <= SAME_ANSWER:
            return None
        return (
            f"All {self.images:,} images get one answer: {name_of(min(self.classes), labels)}, with a "
            f"probability from {low:.3g} to {high:.3g}. Unless they show the same, the model may be fed "
            "wrongly: check `preprocess`."
        )


def describe_predictions(
    scores: Iterable[np.ndarray], predicted: Iterable[int], truth: Iterable[int], labels: Sequence[str] | None
) -> str | None:
    """A line on predictions that are all one answer, by their probabilities (N,); None if all are right."""
    answers, all_right = SameAnswer(), True
    for of_classes, chosen, true in zip(scores, predicted, truth, strict=True):
        answers.add(int(chosen), float(of_classes[chosen]))
        all_right &= chosen == true
    return None if all_right else answers.describe(labels)


@dataclass
class Signs:
    """What the maps of a run show together.

    `of_places` says that the model answers at every place of a picture: most of it is always background, and
    one answer to all images means nothing.
    """

    of_places: bool = False
    answers: SameAnswer = field(default_factory=SameAnswer)
    flat: dict[str, None] = field(default_factory=dict)

    def add(self, name: str, explanations: Iterable[Explanation], again: bool = False) -> None:
        """Take in maps of an image.

        Parameters
        ----------
        name : str
            Of the image: its path, or another name that no other has.
        explanations : iterable of Explanation
            Its maps, without those of baselines.
        again : bool
            Whether the image's prediction was taken in before.
        """
        for i, one in enumerate(explanations):
            if i == 0 and not again and not self.of_places:
                predicted, probability = one.ranking[0]
                known = np.isfinite(one.probability)
                self.answers.add(predicted, probability if known else np.nan)
            if one.status == "ok" and is_nearly_flat(one.cam):
                self.flat[name] = None

    def join(self, other: Signs) -> None:
        """Take in what another has seen of other images."""
        self.answers.join(other.answers)
        self.flat |= other.flat

    def describe(self, labels: Sequence[str] | None = None) -> list[str]:
        """A line for each sign that shows."""
        lines = [self.answers.describe(labels)]
        if self.flat:
            count, first = len(self.flat), ", ".join(Path(name).name for name in islice(self.flat, 3))
            images = f"{count:,} images ({first}, …)" if count > 3 else first
            lines.append(
                f"The maps of {images} are nearly the same everywhere: the layer does not tell positions "
                "apart, or the model is fed wrongly. Name another `layer`, or check `preprocess`."
            )
        return [line for line in lines if line]


def describe_grid(network: NetworkFacts, targets: Sequence[LayerInfo]) -> str | None:
    """A line on target layers of very few places, with an earlier layer of more; None if one has enough."""
    if not targets or not all(_is_coarse(info) for info in targets):
        return None
    target = max(targets, key=lambda info: info.order)
    grid = " x ".join(map(str, (target.maps_shape or (0, 0, 0))[:-1]))
    line = f"The grid of {target.path} has only {grid} places, so that its maps are coarse."
    finer = _finer(network, target)
    if finer is None or finer.maps_shape is None:
        return line
    size = " x ".join(map(str, finer.maps_shape[:-1]))
    return f'{line} An earlier one has {size}: `layer="{finer.path}"`.'


def _is_coarse(info: LayerInfo) -> bool:
    return info.maps_shape is not None and max(info.maps_shape[-3:-1]) <= COARSE


def _finer(network: NetworkFacts, target: LayerInfo) -> LayerInfo | None:
    """The last layer before the target whose grid is not coarse; none before the first convolution."""
    starts = [info.order for info in network.layers if info.is_convolution]
    earlier = [
        info
        for info in network.spatial_layers()
        if min(starts, default=0) <= info.order < target.order
        and not (_is_coarse(info) or info.is_padding or info.kind == "InputLayer")
    ]
    return max(earlier, key=lambda info: info.order, default=None)
