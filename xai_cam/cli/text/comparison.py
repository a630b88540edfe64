"""The summary of a comparison as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xai_cam.cli.text.tables import lines_of_table
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.printed import with_interval
from xai_cam.metrics.verdicts import TEST

if TYPE_CHECKING:
    from xai_cam.metrics.bootstrap import Estimate
    from xai_cam.metrics.comparison import Comparison

ARROWS = {"lower": "lower is better", "higher": "higher is better", "neither": ""}
TITLES = {"rank_correlation": "rank correlation of the maps", "top_overlap": "overlap of their top 10 %"}


def lines_of_summary(comparison: Comparison) -> Iterator[str]:
    """Means with intervals, differences, agreement, and the conclusions."""
    images = len(comparison.images)
    if comparison.metrics:
        yield f"means over {images:,} image{'s' * (images != 1)}, 95 % intervals in brackets"
        yield from lines_of_table(list(_means(comparison)))
        if any(comparison.best(metric) for metric in comparison.metrics):
            yield f"* better than every other one ({TEST})"
        yield ""
    if comparison.differences:
        yield "first - second, on the same images"
        yield from lines_of_table(list(_differences(comparison)))
        yield ""
    if len(comparison.variants) > 1:
        for name, title in TITLES.items():
            yield title
            yield from lines_of_table(list(_matrix(comparison, name)))
            yield ""
    yield from comparison.conclusions


def _means(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    titles = [METRICS[name] for name in comparison.metrics]
    yield ("", *(f"{m.title}{m.unit and ', ' + m.unit}" for m in titles))
    if comparison.is_directed:
        yield ("", *(ARROWS[m.better] for m in titles))
    for variant in comparison.variants:
        found = comparison.estimates[variant]
        cells = (_estimate(found[m], m, len(comparison.images)) for m in comparison.metrics)
        stars = ("*" * (comparison.best(m) == variant) for m in comparison.metrics)
        yield (variant, *map("{}{}".format, cells, stars))


def _estimate(found: Estimate, metric: str, images: int) -> str:
    few = f" of {found.count:,}" if found.count < images else ""
    return "-" if math.isnan(found.value) else with_interval(found, metric) + few


def _differences(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Against the first variant; all other pairs are in the JSON."""
    yield ("first", "second", "metric", "difference", "first is better", "equal")
    first = comparison.variants[0]
    for pair in comparison.differences:
        if pair.first == first and pair.difference.count:
            d, title = pair.difference, METRICS[pair.metric].title
            won = "-" if math.isnan(d.won) else f"{d.won:.0%} of images"
            cells = with_interval(d, pair.metric), won, f"{d.tied:.0%}"
            yield (pair.first, pair.second, title, *cells)


def _matrix(comparison: Comparison, name: str) -> Iterator[tuple[str, ...]]:
    yield ("", *comparison.variants)
    for variant, row in zip(comparison.variants, comparison.agreement(name), strict=True):
        yield (variant, *("-" if math.isnan(value) else f"{round(value, 2) + 0.0:.2f}" for value in row))
