"""The effects of edits on images, as text."""

from __future__ import annotations

from collections.abc import Sequence

from xai_cam.cli.text.tables import lines_of_table
from xai_cam.images.labels import name_of
from xai_cam.kernels.editing.effects import Effect, sum_up
from xai_cam.kernels.editing.ranking import FilterLoss
from xai_cam.models.network import LayerInfo

MAX_IMAGES = 40
"""Largest number of images to list: those whose scores changed most."""

MAX_FILTERS = 20
"""Largest number of filters to list: those with the largest losses."""


def describe_effects(
    effects: Sequence[Effect], labels: Sequence[str] | None, probabilities: bool
) -> list[str]:
    """A table of the images, those that changed most if there are many, and what they have in common."""
    good, total = list(effects), sum_up(effects)
    if not good:
        return ["There is nothing to compare."]
    lines = []
    if len(good) > MAX_IMAGES:
        lines.append(f"The {MAX_IMAGES} of {len(good):,} images whose scores changed most:")
        good = sorted(good, key=lambda effect: -abs(effect.change))[:MAX_IMAGES]
    name = "probability" if probabilities else "score"
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


def describe_work(layer: LayerInfo, images: int, filters: int) -> str:
    """How many images are measured without how many filters."""
    counts = (images, "image"), (filters, "filter")
    times = " x ".join(f"{count:,} {name}{'s' * (count != 1)}" for count, name in counts)
    return f"{layer.path} ({layer.kind}): {times}."


def describe_ranking(losses: Sequence[FilterLoss]) -> list[str]:
    """A table of the filters that the images lose most without."""
    if not losses:
        return ["There is nothing to rank."]
    rows = [("filter", "loss of probability", "loss of logit", f"changed class, of {losses[0].images:,}")]
    for loss in losses[:MAX_FILTERS]:
        probability = "-" if loss.probability != loss.probability else f"{loss.probability:+.4f}"
        rows.append((str(loss.filter), probability, f"{loss.logit:+.3f}", f"{loss.changed:,}"))
    rest = len(losses) - MAX_FILTERS
    more = [f"{rest:,} more filters with smaller losses: --results FILE has all."] if rest > 0 else []
    return [*lines_of_table(rows), *more]
