"""Comparison of methods on the same images: which is more faithful, and how far they agree.

The unit of all figures is the image: where several classes of an image were explained, its value is their
mean, in a pair over the classes that are known of both. Intervals are 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.passes_saved import summed_by_variant
from xai_cam.cam.threshold import SHARE
from xai_cam.errors import InputError, nearest
from xai_cam.metrics.bootstrap import (
    Difference,
    Estimate,
    at_best,
    mean_interval,
    paired_difference,
    pooled_difference,
    pooled_interval,
)
from xai_cam.metrics.class_values import ClassValues
from xai_cam.metrics.image_metrics import AGREEMENTS, CURVES, ImageMetrics, mean_of_known, plain
from xai_cam.metrics.mean_curve import MeanCurve, mean_curve
from xai_cam.metrics.measure import Metric, Need
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.verdicts import TEST, Between, best_of, verdicts

E = TypeVar("E", Estimate, Difference)

AGAINST_THE_CLASS = (
    "The maps show what speaks against the class. The figures are of the maps that are shown, and are "
    "defined for what speaks for it: none of the methods is called better."
)
NO_PROBABILITIES = "The model gives no probabilities: nothing is measured by scores of changed images."


@dataclass(frozen=True)
class Pair:
    """Two variants on the same images: how much the first exceeds the second in a metric."""

    first: str
    second: str
    metric: str
    difference: Difference


class Comparison:
    """Everything that was measured of all images, and its summary.

    Parameters
    ----------
    images : sequence of ImageMetrics
    limits : ChannelLimits, optional
    threshold : float or str
        Above which the boxes of IoU were drawn.
    """

    def __init__(
        self,
        images: Sequence[ImageMetrics],
        limits: ChannelLimits | None = None,
        threshold: float | str = SHARE,
    ) -> None:
        self.images, self.limits = list(images), limits or ChannelLimits()
        self.threshold = threshold

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.variants) or 'nothing'} on {len(self.images)} images>"

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """All of them, in the order of the maps."""
        return tuple(dict.fromkeys(m.variant for image in self.images for m in image.maps))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that were measured on some image, in the order of `METRICS`."""
        return tuple(name for name in METRICS if not np.isnan(self.values(name)).all())

    def values(self, metric: str) -> np.ndarray:
        """(images, variants) values of a metric; NaN where there is none.

        Of a pooled one they are those at the threshold that is best for all images of a variant.

        Raises
        ------
        InputError
            There is no such metric.
        """
        _check_known("metric", metric, (*METRICS, "masked_probability"))
        columns = [self._of_images(metric, name) for name in self.variants]
        return np.stack(columns, 1) if columns else np.empty((len(self.images), 0))

    def _of_images(self, metric: str, variant: str) -> np.ndarray:
        values = self._classes(metric).of(variant)
        return at_best(values) if values.ndim > 1 else values

    def _classes(self, metric: str) -> ClassValues:
        return ClassValues(self.images, self.variants, metric)

    @cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """By variant and metric: the mean over images with its 95 % bootstrap interval."""
        found: dict[str, dict[str, Estimate]] = {name: {} for name in self.variants}
        for metric in self.metrics:
            classes = self._classes(metric)
            interval = pooled_interval if METRICS[metric].pooled else mean_interval
            for name in self.variants:
                found[name][metric] = _of_batches(interval(classes.of(name)), metric)
        return found

    @cached_property
    def differences(self) -> tuple[Pair, ...]:
        """Every two variants in every metric, on the images and classes where both were measured."""
        found = []
        for metric in self.metrics:
            row, classes = METRICS[metric], self._classes(metric)
            between = pooled_difference if row.pooled else paired_difference
            for first, second in combinations(self.variants, 2):
                difference = _of_batches(between(*classes.of_both(first, second), row.better), metric)
                found.append(Pair(first, second, metric, difference))
        return tuple(found)

    @cached_property
    def _pairs(self) -> dict[tuple[str, str, str], Difference]:
        return {(p.first, p.second, p.metric): p.difference for p in self.differences}

    def between(self, first: str, second: str, metric: str) -> Difference:
        """How much one variant exceeds another in a metric.

        Raises
        ------
        InputError
            There is no such metric or variant, or they are the same.
        """
        _check_known("metric", metric, self.metrics)
        for variant in (first, second):
            _check_known("variant", variant, self.variants)
        if first == second:
            raise InputError(f"{first!r} is compared with itself. Name two variants.")
        if (first, second, metric) in self._pairs:
            return self._pairs[first, second, metric]
        d = self._pairs[second, first, metric]
        return Difference(-d.value, -d.high, -d.low, d.count, 1 - d.won - d.tied, d.tied)

    @cached_property
    def is_directed(self) -> bool:
        """Whether some values are better than others: of maps of what speaks against a class none are."""
        return not any(m.sign == "negative" for image in self.images for m in image.maps)

    def best(self, metric: str) -> str | None:
        """The variant that is better than each other one by the interval of their difference, if one is.

        Raises
        ------
        InputError
            There is no such metric.
        """
        _check_known("metric", metric, self.metrics)
        return self._bests[metric]

    @cached_property
    def _bests(self) -> dict[str, str | None]:
        if not self.is_directed:
            return dict.fromkeys(self.metrics)
        return {metric: best_of(*self._judged(metric)) for metric in self.metrics}

    @cached_property
    def conclusions(self) -> tuple[str, ...]:
        """For each metric which variant is best, if one is, and which is not better than a baseline.

        With the test behind every sentence, and on how many images: see `verdicts`.
        """
        if not self.is_directed:
            return (AGAINST_THE_CLASS,)
        lines = [line for metric in self.metrics for line in verdicts(*self._judged(metric))]
        maps = [m for image in self.images for m in image.maps]
        asked = any(Need.SCORES in METRICS[name].needs for image in self.images for name in image.measures)
        known = any(math.isfinite(m.probability) or math.isfinite(m.values["drop"]) for m in maps)
        return tuple(lines if known or not (maps and asked) else [NO_PROBABILITIES, *lines])

    def _judged(self, metric: str) -> tuple[Metric, dict[str, float], Between]:
        """A row of the table, the means of the variants, and their differences."""
        means = {name: found[metric].value for name, found in self.estimates.items()}
        return METRICS[metric], means, lambda first, second: self.between(first, second, metric)

    def agreement(self, name: str) -> np.ndarray:
        """(variants, variants) mean over images of a measure of agreement; NaN where there is none.

        Raises
        ------
        InputError
            There is no such measure.
        """
        if not self.images:
            return np.empty((0, 0))
        _check_known("measure of agreement", name, tuple(self.images[0].agreement))
        return np.asarray(mean_of_known([image.agreement[name] for image in self.images]))

    def curves(self, name: str) -> tuple[MeanCurve, ...]:
        """Mean curve of each variant that has one: of deletion, insertion, or a pooled measure."""
        found = []
        for variant in self.variants:
            of_images = [
                [m.curves[name] for m in image.maps if m.variant == variant and name in m.curves]
                for image in self.images
            ]
            found.append(mean_curve(variant, of_images))
        return tuple(one for one in found if one is not None)

    @property
    def pooled(self) -> tuple[str, ...]:
        """Those of the metrics that are a curve over thresholds."""
        return tuple(name for name in self.metrics if METRICS[name].pooled)

    def as_figures(self) -> dict[str, Any]:
        """The whole summary as plain values for JSON; None where a figure is not defined."""
        return {
            "images": len(self.images),
            **({"baseline": self.images[0].baseline} if self.images and self.images[0].baseline else {}),
            **({"threshold": str(self.threshold)} if "iou" in self.metrics else {}),
            "contenders": list(self.variants),
            "metrics": {
                name: {key: getattr(m, key) for key in ("title", "better", "unit", "paper", "objection")}
                for name, m in METRICS.items()
                if name in self.metrics
            },
            "means": {
                variant: {metric: _finite(asdict(estimate)) for metric, estimate in found.items()}
                for variant, found in self.estimates.items()
            },
            "differences": [
                {"first": p.first, "second": p.second, "metric": p.metric, **_finite(asdict(p.difference))}
                for p in self.differences
            ],
            "agreement": {
                name: [[plain(value) for value in row] for row in self.agreement(name)] for name in AGREEMENTS
            },
            "curves": {
                name: {
                    curve.variant: {
                        key: [float(p) for p in getattr(curve, key)]
                        for key in ("fractions", "mean", "low", "high")
                    }
                    for curve in self.curves(name)
                }
                for name in (*CURVES, *self.pooled)
            },
            "verdicts": list(self.conclusions),
            "best": {name: self.best(name) for name in self.metrics},
            "test": TEST,
            "scored": summed_by_variant(self.limits, [m for image in self.images for m in image.maps]),
        }


def _of_batches(found: E, metric: str) -> E:
    """The same without an interval, where the images of a batch share one value."""
    return replace(found, low=math.nan, high=math.nan) if METRICS[metric].shared else found


def _finite(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(v) if isinstance(v, float) else v for name, v in figures.items()}


def _check_known(kind: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that a comparison does not have, with the nearest ones.

    Raises
    ------
    InputError
    """
    if name not in known:
        raise InputError(
            f"Unknown {kind} {name!r}. Nearest: {', '.join(nearest(str(name), list(known), 3))}."
        )
