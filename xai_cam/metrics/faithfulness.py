"""Faithfulness of a map: how the class's probability changes when the image is changed as the map says.

Common to all: Y is the probability of the class explained for the preprocessed image (H, W, c), never a
logit; of a segmentation the mean over the region explained. A value of a regression is no number in [0, 1]:
of it only the drop is defined, relative to its size. The map, divided by its maximum, is resized to H x W
bilinearly with half-pixel centres, as masks are. The engine behind a `Score` makes the perturbed images where
it scores them, a chunk at a time over all maps and images; `probes` says which there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.metrics.probes import Case, Input, Probe, Probes, Step

Score = Callable[[Perturbed], np.ndarray]
"""Makes inputs of images; gives their probabilities (inputs, m) of the columns asked for."""

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
    """Faithfulness of each map of each image, from one stream of inputs that each are scored once.

    A map costs at most 2 * steps - 1 passes, and the maps of an image 2 more together.

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
        Whether deletion and insertion are wanted; without, a map costs one pass.
    """
    probes = Probes(cases, steps if curves else 0)
    scores = dict(zip(probes.inputs, np.asarray(score(probes.asked), np.float64), strict=True))
    return [
        [
            _judge(probe, float(case.probabilities[i]), scores, column, case.is_value(i))
            for i, (probe, column) in enumerate(zip(of_case, case.places, strict=True))
        ]
        for case, of_case in zip(cases, probes.of_cases, strict=True)
    ]


def _judge(
    probe: Probe | None, y: float, scores: Mapping[Input, np.ndarray], column: int, is_value: bool
) -> Faithfulness:
    """The verdict on a map by the scores of its inputs; Y is that of the image as it is."""
    nan = math.nan

    def curve(inputs: Iterable[Step]) -> tuple[float, ...]:
        return tuple(y if one is None else float(scores[one][column]) for one in inputs)

    (o,) = curve([probe.masked]) if probe else (nan,)
    known = math.isfinite(o)
    drop = 100 * max(0.0, y - o) / abs(y) if known and y else nan
    if is_value:
        return Faithfulness(nan, nan, drop, nan, nan, nan, (), ())
    deletion, insertion = (curve(probe.deletion), curve(probe.insertion)) if probe else ((), ())
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
