"""The maps of a batch of images, measured by what is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.cam.explained_again import ExplainAgain
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.threshold import SHARE
from xai_cam.metrics.again import DERIVED, OF_AGAIN, Batch, saliency_of
from xai_cam.metrics.asked import Asked
from xai_cam.metrics.faithfulness import Score, measure_batch
from xai_cam.metrics.image_metrics import (
    AGREEMENTS,
    CURVES,
    VALUE,
    ImageMetrics,
    MapMetrics,
    mean_of_known,
    variant_name,
)
from xai_cam.metrics.map_alone import OF_THE_MAP, measure_map
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.perturbation import at_size
from xai_cam.metrics.pointing import Truth, measure_truth
from xai_cam.metrics.probes import Case


def measure_images(
    score: Score | None,
    images: np.ndarray,
    found: Sequence[Sequence[Explanation]],
    asked: Asked | None = None,
    explain_again: ExplainAgain | None = None,
    threshold: float | str = SHARE,
) -> list[ImageMetrics]:
    """Measure the maps of a batch of images.

    Parameters
    ----------
    score : Score, optional
        Gives probabilities, or values of a regression; None for what has neither: then measures that need
        one are left out.
    images : (n, H, W, c) float32
        Preprocessed.
    found : n sequences
        The explanations of each image.
    asked : Asked
        The measures; default: the usual ones.
    explain_again : ExplainAgain, optional
        Explains changed images; without, measures that need it are left out.
    threshold : float or str
        Above which the box of a map of a segmentation is drawn, as `Threshold.of` takes it.
    """
    asked = asked or Asked()
    possible = asked if score is not None else asked.unscored  # nothing is explained again for the others
    several = len({e.layer for of_image in found for e in of_image}) > 1
    faithfulness: list[list[Any]] = [[None] * len(of_image) for of_image in found]
    if score is not None and asked.scored:
        cases = [_case(image, of) for image, of in zip(images, found, strict=True)]
        faithfulness = list(measure_batch(score, cases, asked.steps, asked.used, asked.baseline))
    beside = _again(images, found, possible, explain_again)
    size = images.shape[1:-1]
    return [
        ImageMetrics(
            tuple(
                _measured(e, f, more, several, size, possible, threshold)
                for e, f, more in zip(of_image, measured, again, strict=True)
            ),
            _agree(of_image, size),
            asked.names,
            asked.baseline or "",
        )
        for of_image, measured, again in zip(found, faithfulness, beside, strict=True)
    ]


def _again(
    images: np.ndarray,
    found: Sequence[Sequence[Explanation]],
    asked: Asked,
    explain_again: ExplainAgain | None,
) -> list[list[dict[str, float]]]:
    """For each map of each image what is known of it after changed images were explained."""
    values: list[list[dict[str, float]]] = [[{} for _ in of_image] for of_image in found]
    names = [name for name in OF_AGAIN if name in asked.used] if explain_again is not None else []
    for name in names:
        assert explain_again is not None
        measured = OF_AGAIN[name](Batch(images, found, explain_again))
        for of_image, known in zip(measured, values, strict=True):
            for value, one in zip(of_image, known, strict=True):
                one[name] = value
    return values


def _measured(
    e: Explanation,
    faithfulness: Any,
    again: dict[str, float],
    several: bool,
    size: tuple[int, ...],
    asked: Asked,
    threshold: float | str,
) -> MapMetrics:
    known, curves = dict(again), dict[str, np.ndarray]()
    if faithfulness is not None:
        known |= faithfulness.values
        curves = {n: np.array(getattr(faithfulness, f"{n}_curve"), np.float32) for n in CURVES}
    if not asked.used.isdisjoint(OF_THE_MAP):
        known |= measure_map(saliency_of(e, size), asked.used)
    if e.region is not None:
        truth = Truth(e.region_on_input(size), threshold=threshold)
        more, tables = measure_truth(saliency_of(e, size), truth, asked.used)
        known, curves = known | more, curves | tables
    known |= {name: derived(known) for name, derived in DERIVED.items() if name in asked.used}
    names = "masked_probability", *asked.names
    values = {
        name: known.get(name, math.nan) if name in names else math.nan
        for name in ("masked_probability", *METRICS)
    }
    return MapMetrics(
        variant_name(e, several),
        e.layer,
        e.method,
        e.target_class,
        e.predicted_class,
        e.score,
        e.score_name,
        e.probability,
        e.status,
        e.cause,
        values,
        {name: curve for name, curve in curves.items() if len(curve) and name in names},
        e.output_name,
        e.against,
        e.sign,
        e.members,
        e.direction,
        None if e.region is None else float(e.region.mean()),
        e.passes,
        e.expected_error,
        e.residual,
        e.score_change,
        e.standard_error,
    )


def _case(image: np.ndarray, explanations: Sequence[Explanation]) -> Case:
    of_values = [e.score_name == VALUE for e in explanations]
    return Case(
        image,
        [np.maximum(e.on_input(image.shape[:-1]), 0) for e in explanations],  # of both signs what is above 0
        [e.target_class if e.column < 0 else e.column for e in explanations],
        [_measured_by(e) if of else e.probability for e, of in zip(explanations, of_values, strict=True)],
        explanations[0].riding or None if explanations else None,
        of_values,
    )


def _measured_by(explanation: Explanation) -> float:
    """What the engine's column of a value holds: the value, or its opposite where that is explained."""
    return -explanation.score if explanation.direction == "down" else explanation.score


def _agree(explanations: Sequence[Explanation], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Agreement of the variants on one image: the mean over its classes, ignoring NaN."""
    by_class: dict[tuple[int, int], list[np.ndarray]] = {}
    for e in explanations:
        by_class.setdefault((e.column, e.target_class), []).append(at_size(e.on_input(size), size))
    return {
        name: mean_of_known([measure(np.stack(maps)) for maps in by_class.values()])
        for name, measure in AGREEMENTS.items()
    }
