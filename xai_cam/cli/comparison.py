"""The summary of a comparison as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xai_cam.cli.tables import lines_of_table

if TYPE_CHECKING:
    from xai_cam.comparison import Comparison, Pair
    from xai_cam.estimates import Estimate

ARROWS = {"lower": "lower is better", "higher": "higher is better"}
TITLES = {"rank_correlation": "rank correlation of the maps", "top_overlap": "overlap of their top 10 %"}


def lines_of_summary(comparison: Comparison) -> Iterator[str]:
    """Means with intervals, differences, agreement, and what they allow to be said."""
    from xai_cam.comparison import verdicts

    images = len(comparison.images)
    if comparison.metrics:
        yield f"means over {images:,} image{'s' * (images != 1)}, 95 % intervals in brackets"
        yield from lines_of_table(list(_means(comparison)))
        yield ""
    if comparison.differences:
        yield "first - second, on the same images"
        yield from lines_of_table(list(_differences(comparison)))
        yield ""
    if len(comparison.contenders) > 1:
        for name, title in TITLES.items():
            yield title
            yield from lines_of_table(list(_matrix(comparison, name)))
            yield ""
    yield from verdicts(comparison)


def _means(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    from xai_cam.metrics import METRICS

    titles = [METRICS[name] for name in comparison.metrics]
    yield ("", *(f"{m.title}{m.unit and ', ' + m.unit}" for m in titles))
    yield ("", *(ARROWS[m.better] for m in titles))
    for contender in comparison.contenders:
        found = comparison.estimates[contender]
        yield (contender, *(_estimate(found[name], len(comparison.images)) for name in comparison.metrics))


def _estimate(found: Estimate, images: int) -> str:
    if math.isnan(found.value):
        return "-"
    interval = "" if math.isnan(found.low) else f" [{_number(found.low)}, {_number(found.high)}]"
    return f"{_number(found.value)}{interval}" + (f" of {found.count:,}" if found.count < images else "")


def _differences(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Against the first contender; all other pairs are in the JSON."""
    from xai_cam.metrics import METRICS

    yield ("first", "second", "metric", "difference", "first is better", "equal")
    first = comparison.contenders[0]
    for pair in comparison.differences:
        if pair.first == first and pair.difference.count:
            yield (pair.first, pair.second, METRICS[pair.metric].title, *_difference(pair))


def _difference(pair: Pair) -> tuple[str, str, str]:
    d = pair.difference
    interval = "" if math.isnan(d.low) else f" [{_number(d.low)}, {_number(d.high)}]"
    return f"{_number(d.value)}{interval}", f"{d.won:.0%} of images", f"{d.tied:.0%}"


def _matrix(comparison: Comparison, name: str) -> Iterator[tuple[str, ...]]:
    yield ("", *comparison.contenders)
    for contender, row in zip(comparison.contenders, comparison.agreement(name), strict=True):
        yield (contender, *("-" if math.isnan(value) else f"{value:.2f}" for value in row))


def _number(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
