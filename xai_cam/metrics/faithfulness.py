"""Faithfulness of a map: how the class's probability changes when the image is changed as the map says.

Common to all: Y is the probability of the class explained for the preprocessed image (H, W, c), never a
logit; of a segmentation the mean over the region explained. A value of a regression is no number in [0, 1]:
of it only the drop is defined, relative to its size. The map, divided by its maximum, is resized to H x W
bilinearly with half-pixel centres, as masks are. Perturbed images are made one at a time, in one stream over
all maps and images, for the model behind a `Score` to take in chunks of its own size: no more than a chunk
is ever held.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_cam.cam.engines.chunks import Pair
from xai_cam.metrics.perturbation import at_size, blurred, replaced, salient_first

Score = Callable[[Iterable[Pair]], np.ndarray]
"""Takes preprocessed inputs (H, W, c), each with its class and what rides along; gives probabilities."""

STEPS = 32


@dataclass(frozen=True)
class Metric:
    """A row of the table: what is measured, which values are the better ones, who proposed it."""

    name: str
    title: str
    better: Literal["lower", "higher"]
    summary: str
    paper: str
    unit: str


CHATTOPADHAY = "Chattopadhay et al. 2018, arXiv:1710.11063"
PETSIUK = "Petsiuk et al. 2018, arXiv:1806.07421"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "drop",
            "average drop",
            "lower",
            "how much of its probability the class loses in the image multiplied by the map",
            CHATTOPADHAY,
            "%",
        ),
        Metric(
            "increase",
            "average increase",
            "higher",
            "share of images whose class is more probable in the image multiplied by the map",
            CHATTOPADHAY,
            "%",
        ),
        Metric(
            "deletion",
            "deletion",
            "lower",
            "area under the probability while pixels are removed, most salient first",
            PETSIUK,
            "",
        ),
        Metric(
            "insertion",
            "insertion",
            "higher",
            "area under the probability while pixels are put into the blurred image, most salient first",
            PETSIUK,
            "",
        ),
        Metric(
            "energy_pointing",
            "energy pointing",
            "higher",
            "share of the map's sum that lies inside the object's mask",
            "Wang et al. 2020, arXiv:1910.01279",
            "",
        ),
        Metric(
            "pointing_game",
            "pointing game",
            "higher",
            "share of images whose most salient pixel lies inside the object's mask",
            "Zhang et al. 2016, arXiv:1608.00507",
            "%",
        ),
    )
}


@dataclass(frozen=True)
class Faithfulness:
    """Faithfulness of one map. NaN: not defined, for the reason given with each.

    Attributes
    ----------
    probability, masked_probability : float
        Y, and O: of the image multiplied by the map. O of a blank map is that of the zero input.
    drop : float
        100 * max(0, Y - O) / Y, over abs(Y) of a value; NaN where Y is 0.
    increase : float
        100 where O > Y, else 0.
    deletion, insertion : float
        Areas under the curves; NaN where they were not asked for, or the map is the same everywhere:
        it puts pixels in no order.
    deletion_curve, insertion_curve : tuple of (steps + 1) floats
        Probabilities from the first pixel to the last; empty where the area is NaN.

    All but `probability` are NaN where the map or Y is not finite. Of a value all but `drop` are.
    """

    probability: float
    masked_probability: float
    drop: float
    increase: float
    deletion: float
    insertion: float
    deletion_curve: tuple[float, ...]
    insertion_curve: tuple[float, ...]


@dataclass(frozen=True)
class Case:
    """An image (H, W, c), preprocessed, and the maps to be measured on it.

    For each map (h, w), >= 0, on whatever scale: the class it explains and that class's probability Y.
    `riding` is what goes to the model with the image, if anything does. `of_values` says of which maps Y is
    a value of a regression; default: of none.
    """

    image: np.ndarray
    saliency_maps: Sequence[np.ndarray]
    classes: Sequence[int]
    probabilities: Sequence[float]
    riding: tuple[np.ndarray, ...] | None = None
    of_values: Sequence[bool] = ()


def measure(
    score: Score,
    image: np.ndarray,
    saliency_maps: Sequence[np.ndarray],
    classes: Sequence[int],
    probabilities: Sequence[float],
    steps: int = STEPS,
    curves: bool = True,
) -> list[Faithfulness]:
    """Faithfulness of each map of one image; `measure_batch` has the parameters."""
    return measure_batch(score, [Case(image, saliency_maps, classes, probabilities)], steps, curves)[0]


def measure_batch(
    score: Score, cases: Sequence[Case], steps: int = STEPS, curves: bool = True
) -> list[list[Faithfulness]]:
    """Faithfulness of each map of each image: 1 + 2 * steps probabilities a map, from one stream.

    Parameters
    ----------
    score : Score
        The model.
    cases : sequence of Case
        The images with their maps.
    steps : int
        Steps of the deletion and insertion curves, at least 1: after step i, round(i / steps * H * W)
        pixels are removed or put in.
    curves : bool
        Whether deletion and insertion are wanted; without, a map costs one probability.
    """
    probes = [
        [
            _MapProbe(
                np.asarray(case.image, np.float32),
                cam,
                target,
                probability,
                steps if curves and not of_value else 0,
                of_value,
            )
            for cam, target, probability, of_value in zip(
                case.saliency_maps,
                case.classes,
                case.probabilities,
                case.of_values or [False] * len(case.classes),
                strict=True,
            )
        ]
        for case in cases
    ]
    pairs = (
        (x, probe.target) if case.riding is None else (x, probe.target, case.riding)
        for case, of_image in zip(cases, probes, strict=True)
        for probe in of_image
        for x in probe.inputs()
    )
    scores = iter(np.asarray(score(pairs), np.float64).tolist())
    return [[probe.judge([next(scores) for _ in range(probe.count)]) for probe in row] for row in probes]


@dataclass(frozen=True)
class _MapProbe:
    """One map of one image: the inputs to be scored, and the verdict on their scores."""

    image: np.ndarray
    saliency_map: np.ndarray
    target: int
    probability: float
    steps: int
    of_value: bool = False

    @property
    def defined(self) -> bool:
        return bool(np.isfinite(self.saliency_map).all() and math.isfinite(self.probability))

    @property
    def ordered(self) -> bool:
        """Whether there are curves: they were asked for, and some pixels are more salient than others."""
        return self.steps > 0 and self.saliency_map.max() > self.saliency_map.min()

    @property
    def count(self) -> int:
        """How many inputs there are. The whole image is not among them: its probability is Y."""
        return (1 + 2 * self.steps * self.ordered) if self.defined else 0

    def inputs(self) -> Iterator[np.ndarray]:
        """Inputs (H, W, c), each an array of its own."""
        if not self.defined:
            return
        saliency = at_size(self.saliency_map, self.image.shape[:-1])
        yield self.image * saliency[..., None]
        if self.ordered:
            order = salient_first(saliency)
            counts = [round(i / self.steps * order.size) for i in range(self.steps + 1)]
            means = self.image.mean(axis=tuple(range(self.image.ndim - 1)), dtype=np.float64).astype(
                np.float32
            )
            yield from replaced(self.image, means, order, counts[1:])
            yield from replaced(blurred(self.image), self.image, order, counts[:-1])

    def judge(self, scores: Sequence[float]) -> Faithfulness:
        """The verdict on the `count` probabilities of the inputs."""
        y, nan = float(self.probability), math.nan
        o, *rest = scores or [nan]
        known = math.isfinite(o)
        drop = 100 * max(0.0, y - o) / abs(y) if known and y else nan
        if self.of_value:
            return Faithfulness(nan, nan, drop, nan, nan, nan, (), ())
        deletion = (y, *rest[: self.steps]) if rest else ()
        insertion = (*rest[self.steps :], y) if rest else ()
        return Faithfulness(
            probability=y,
            masked_probability=o,
            drop=drop,
            increase=(100.0 if o > y else 0.0) if known else nan,
            deletion=_area(deletion),
            insertion=_area(insertion),
            deletion_curve=deletion,
            insertion_curve=insertion,
        )


def _area(curve: Sequence[float]) -> float:
    """Area under equally spaced points over [0, 1], by the trapezoid rule; NaN without any."""
    if not curve:
        return math.nan
    return (math.fsum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)
