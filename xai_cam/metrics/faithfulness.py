"""Faithfulness of a map: how the class's probability changes when the image is changed as the map says.

Common to all: Y is the probability of the class explained for the preprocessed image (H, W, c), never a
logit; of a segmentation the mean over the region explained. A value of a regression is no number in [0, 1]:
of it only the drop is defined, relative to its size. The map, divided by its maximum, is resized to H x W
bilinearly with half-pixel centres, as masks are. The engine behind a `Score` makes the perturbed images where
it scores them, a chunk at a time over all maps and images; `probes` says which there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.metrics.asked import STEPS
from xai_cam.metrics.measures import USUAL
from xai_cam.metrics.own_pictures import OwnPictures
from xai_cam.metrics.probes import Case, Input, Probe, Probes, Step

Score = Callable[[Perturbed], np.ndarray]
"""Makes inputs of images; gives their probabilities (inputs, m) of the columns asked for."""


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
    gain : float
        100 * max(0, O - Y) / (1 - Y); NaN where Y is 1.
    deletion, insertion : float
        Areas under the curves; NaN where they were not asked for, or the map is the same everywhere:
        it puts pixels in no order.
    deletion_curve, insertion_curve : tuple of (steps + 1) floats
        Probabilities from the first pixel to the last; empty where the area is NaN.
    more : dict
        Values of measures with pictures of their own, by name.

    All but `probability` are NaN where the map or Y is not finite, or where nobody asked. Of a value all but
    `drop` are.
    """

    probability: float
    masked_probability: float
    drop: float
    increase: float
    gain: float
    deletion: float
    insertion: float
    deletion_curve: tuple[float, ...]
    insertion_curve: tuple[float, ...]
    more: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float]:
        """What is known, by the names of measures and `masked_probability`."""
        found = {name: value for name, value in vars(self).items() if isinstance(value, float)}
        return {name: value for name, value in found.items() if name != "probability"} | dict(self.more)


def measure(
    score: Score,
    image: np.ndarray,
    saliency_maps: Sequence[np.ndarray],
    classes: Sequence[int],
    probabilities: Sequence[float],
    steps: int = STEPS,
    names: Collection[str] = USUAL,
    baseline: str | None = None,
) -> list[Faithfulness]:
    """Faithfulness of each map of one image; `measure_batch` has the parameters."""
    case = Case(image, saliency_maps, classes, probabilities)
    return measure_batch(score, [case], steps, names, baseline)[0]


def measure_batch(
    score: Score,
    cases: Sequence[Case],
    steps: int = STEPS,
    names: Collection[str] = USUAL,
    baseline: str | None = None,
) -> list[list[Faithfulness]]:
    """Faithfulness of each map of each image, from one stream of inputs that each are scored once.

    What a map costs at most, the rows of the table say (`measure.Cost`).

    Parameters
    ----------
    score : Score
        The model.
    cases : sequence of Case
        The images with their maps.
    steps : int
        Steps of the deletion and insertion curves: after step i, round(i / steps * H * W) pixels are removed
        or put in; 0 leaves both out.
    names : collection of str
        The measures that are asked for.
    baseline : str, optional
        What takes the place of pixels, one of `FILLS`; default: in deletion the mean colour, in insertion the
        blurred image.
    """
    probes = Probes(cases, steps, names, baseline)
    scores = dict(zip(probes.inputs, np.asarray(score(probes.asked), np.float64), strict=True))
    return [
        [
            _judge(probe, float(case.probabilities[i]), scores, column, case.is_value(i), probes.own)
            for i, (probe, column) in enumerate(zip(of_case, case.places, strict=True))
        ]
        for case, of_case in zip(cases, probes.of_cases, strict=True)
    ]


def _judge(
    probe: Probe | None,
    y: float,
    scores: Mapping[Input, np.ndarray],
    column: int,
    is_value: bool,
    own: Sequence[OwnPictures],
) -> Faithfulness:
    """The verdict on a map by the scores of its inputs; Y is that of the image as it is."""
    nan = math.nan

    def curve(inputs: Iterable[Step]) -> tuple[float, ...]:
        return tuple(y if one is None else float(scores[one][column]) for one in inputs)

    (o,) = curve([probe.masked]) if probe and probe.masked else (nan,)
    known = math.isfinite(o)
    drop = 100 * max(0.0, y - o) / abs(y) if known and y else nan
    if is_value:
        return Faithfulness(nan, nan, drop, nan, nan, nan, nan, (), ())
    deletion, insertion = (curve(probe.deletion), curve(probe.insertion)) if probe else ((), ())
    return Faithfulness(
        probability=y,
        masked_probability=o,
        drop=drop,
        increase=(100.0 if o > y else 0.0) if known else nan,
        gain=100 * max(0.0, o - y) / (1 - y) if known and y < 1 else nan,
        deletion=_area(deletion),
        insertion=_area(insertion),
        deletion_curve=deletion,
        insertion_curve=insertion,
        more=_judged(own, probe.own if probe else (), y, curve),
    )


def _judged(
    own: Sequence[OwnPictures],
    inputs: Sequence[Sequence[Input]],
    y: float,
    scores_of: Callable[[Iterable[Step]], tuple[float, ...]],
) -> dict[str, float]:
    """What measures make of the scores of their own pictures; nothing of a map that has none."""
    pairs = zip(own, inputs, strict=True) if inputs else ()
    return {
        name: value
        for one, several in pairs
        for name, value in one.judge(y, np.array(scores_of(several))).items()
    }


def _area(curve: Sequence[float]) -> float:
    """Area under equally spaced points over [0, 1], by the trapezoid rule; NaN without any."""
    if not curve:
        return math.nan
    return (math.fsum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)
