"""Comparison of methods on the same images: which is more faithful, and how far they agree.

The unit of all figures is the image: where several classes of an image were explained, its value is their
mean. Intervals are 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.passes_saved import summed_by_variant
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
from xai_cam.metrics.image_metrics import AGREEMENTS, CURVES, ImageMetrics, mean_of_known, plain
from xai_cam.metrics.mean_curve import MeanCurve, mean_curve
from xai_cam.metrics.measures import METRICS

AGAINST_THE_CLASS = (
    "The maps show what speaks against the class. The figures are of the maps that are shown, and are "
    "defined for what speaks for it: none of the methods is called better."
)
NO_PROBABILITIES = "The model gives no probabilities, which drop, increase, deletion and insertion need."


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
    """

    def __init__(self, images: Sequence[ImageMetrics], limits: ChannelLimits | None = None) -> None:
        self.images, self.limits = list(images), limits or ChannelLimits()

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
        if metric in METRICS and METRICS[metric].pooled:
            columns = [at_best(self._tables(metric, name)) for name in self.variants]
            return np.stack(columns, 1) if columns else np.empty((len(self.images), 0))
        column = {name: i for i, name in enumerate(self.variants)}
        total, count = np.zeros((2, len(self.images), len(column)))
        for row, image in enumerate(self.images):
            for m in image.maps:
                if not math.isnan(m.values[metric]):
                    total[row, column[m.variant]] += m.values[metric]
                    count[row, column[m.variant]] += 1
        return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)

    def _tables(self, metric: str, variant: str) -> np.ndarray:
        """(images, levels, thresholds) of a pooled metric; NaN where there is none."""
        of_images = [
            [m.curves[metric] for m in image.maps if m.variant == variant and metric in m.curves]
            for image in self.images
        ]
        shape = next((one.shape for of_image in of_images for one in of_image), (1, 1))
        nothing = np.full(shape, np.nan)
        means = [np.mean(one, axis=0, dtype=np.float64) if one else nothing for one in of_images]
        return np.stack(means) if means else np.empty((0, *shape))

    @cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """By variant and metric: the mean over images with its 95 % bootstrap interval."""
        found: dict[str, dict[str, Estimate]] = {name: {} for name in self.variants}
        for metric in self.metrics:
            for name, column in zip(self.variants, self.values(metric).T, strict=True):
                pooled = METRICS[metric].pooled
                found[name][metric] = (
                    pooled_interval(self._tables(metric, name)) if pooled else mean_interval(column)
                )
        return found

    @cached_property
    def differences(self) -> tuple[Pair, ...]:
        """Every two variants in every metric, on the images where both were measured."""
        found = []
        for metric in self.metrics:
            columns = dict(zip(self.variants, self.values(metric).T, strict=True))
            row, between = METRICS[metric], paired_difference
            if row.pooled:
                columns = {name: self._tables(metric, name) for name in self.variants}
                between = pooled_difference
            for first, second in combinations(self.variants, 2):
                difference = between(columns[first], columns[second], row.better)
                found.append(Pair(first, second, metric, difference))
        return tuple(found)

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
        known = {(p.first, p.second): p.difference for p in self.differences if p.metric == metric}
        if (first, second) in known:
            return known[first, second]
        d = known[second, first]
        return Difference(-d.value, -d.high, -d.low, d.count, 1 - d.won - d.tied, d.tied)

    @cached_property
    def conclusions(self) -> tuple[str, ...]:
        """Conclusions for each metric: which variant is best, and which it is significantly better than."""
        if any(m.sign == "negative" for image in self.images for m in image.maps):
            return (AGAINST_THE_CLASS,)
        lines = [line for metric in self.metrics for line in _verdict(self, metric)]
        maps = [m for image in self.images for m in image.maps]
        known = any(math.isfinite(m.probability) or math.isfinite(m.values["drop"]) for m in maps)
        return tuple(lines if known or not maps else [NO_PROBABILITIES, *lines])

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
            "scored": summed_by_variant(self.limits, [m for image in self.images for m in image.maps]),
        }


def _verdict(comparison: Comparison, metric: str) -> list[str]:
    if METRICS[metric].better == "neither":
        return []
    title, lower = METRICS[metric].title, METRICS[metric].better == "lower"
    means = {name: found[metric].value for name, found in comparison.estimates.items()}
    known = [name for name in comparison.variants if not math.isnan(means[name])]
    methods = [name for name in known if not _is_baseline(name)]
    ranking = sorted(methods, key=lambda name: means[name] if lower else -means[name])
    lines = []
    if len(ranking) > 1:
        best, second = ranking[:2]
        found = comparison.between(best, second, metric)
        if _is_better(found, lower):
            amount = f"{abs(found.value):.3g}{' points' if METRICS[metric].unit == '%' else ''}"
            lines.append(f"{title}: {best} is best, ahead of {second} by {amount}.")
        else:
            lines.append(f"{title}: no significant difference between {best} and {second} here.")
    for name in methods:
        against = [b for b in known if _is_baseline(b)]
        missing = [b for b in against if not _is_better(comparison.between(name, b, metric), lower)]
        if missing:
            lines.append(
                f"{title}: {name} is not significantly better than the baseline {', '.join(missing)}."
            )
    return lines


def _is_baseline(variant: str) -> bool:
    return variant.partition(" at ")[0] in BASELINES


def _is_better(difference: Difference, lower: bool) -> bool:
    """Whether the whole interval lies on the better side of 0."""
    return difference.high < 0 if lower else difference.low > 0


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
