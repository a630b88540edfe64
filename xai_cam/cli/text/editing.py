"""The effects of edits on images, as text."""

from __future__ import annotations

from collections.abc import Sequence

from xai_cam.cli.text.tables import lines_of_table
from xai_cam.images.labels import name_of
from xai_cam.kernels.editing.effects import Effect, sum_up
from xai_cam.kernels.editing.ranking import FilterLoss
from xai_cam.models.layers import LayerInfo
from xai_cam.models.output.head import Head

MAX_IMAGES = 40
"""Largest number of images to list: those whose scores changed most."""

MAX_FILTERS = 20
"""Largest number of filters to list: those with the largest losses."""


def describe_effects(effects: Sequence[Effect], labels: Sequence[str] | None, head: Head) -> list[str]:
    """A table of the images, those that changed most if there are many, and what they have in common."""
    good, total = list(effects), sum_up(effects)
    if not good:
        return ["There is nothing to compare."]
    lines = []
    if len(good) > MAX_IMAGES:
        lines.append(f"The {MAX_IMAGES} of {len(good):,} images whose scores changed most:")
        good = sorted(good, key=lambda effect: -abs(effect.change))[:MAX_IMAGES]
    if head.is_regression:
        return [*lines, *_describe_values(good), f"Mean change of the value: {total.mean_change:+.6g}."]
    name = "probability" if head.has_probabilities else "score"
    rows = [("image", "class", name, "after", "change", "new class")]
    for e in good:
        new = f"{name_of(e.predicted_after, labels)} ({e.new_score:.3f})" if e.changed else ""
        row = str(e.path), name_of(e.predicted, labels), f"{e.score:.3f}", f"{e.score_after:.3f}"
        rows.append((*row, f"{e.change:+.3f}", new))
    lines += lines_of_table(rows)
    return [
        *lines,
        f"Changed class: {total.changed:,} of {total.images:,}. Mean change of the {name} of the class "
        f"predicted before: {total.mean_change:+.3f}.",
    ]


def _describe_values(effects: Sequence[Effect]) -> list[str]:
    rows = [("image", "value", "after", "change")]
    rows += [(str(e.path), f"{e.score:.6g}", f"{e.score_after:.6g}", f"{e.change:+.6g}") for e in effects]
    return list(lines_of_table(rows))


def describe_work(layer: LayerInfo, images: int, filters: int) -> str:
    """How many images are measured without how many filters."""
    counts = (images, "image"), (filters, "filter")
    times = " x ".join(f"{count:,} {name}{'s' * (count != 1)}" for count, name in counts)
    return f"{layer.path} ({layer.kind}): {times}."


def describe_ranking(losses: Sequence[FilterLoss], head: Head) -> list[str]:
    """A table of the filters that the images lose most without."""
    if not losses:
        return ["There is nothing to rank."]
    shown = losses[:MAX_FILTERS]
    rows = _values_lost(shown) if head.is_regression else _scores_lost(shown)
    rest = len(losses) - MAX_FILTERS
    more = [f"{rest:,} more filters with smaller losses: --results FILE has all."] if rest > 0 else []
    return [*lines_of_table(rows), *more]


def _values_lost(losses: Sequence[FilterLoss]) -> list[tuple[str, ...]]:
    title = "filter", f"loss of value, mean of {losses[0].images:,}"
    return [title, *((str(loss.filter), f"{loss.logit:+.6g}") for loss in losses)]


def _scores_lost(losses: Sequence[FilterLoss]) -> list[tuple[str, ...]]:
    changed = f"changed class, of {losses[0].images:,}"
    rows: list[tuple[str, ...]] = [("filter", "loss of probability", "loss of logit", changed)]
    for loss in losses:
        probability = "-" if loss.probability != loss.probability else f"{loss.probability:+.4f}"
        rows.append((str(loss.filter), probability, f"{loss.logit:+.3f}", f"{loss.changed:,}"))
    return rows
