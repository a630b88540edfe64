"""A sanity check as text: what `xai-cam sanity` prints before and after it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from xai_cam.cam.fusion import ModelInput
from xai_cam.cam.methods import METHODS
from xai_cam.cam.smoothing import SMOOTHED
from xai_cam.cli.text.evaluation import number
from xai_cam.cli.text.tables import lines_of_table
from xai_cam.metrics.bootstrap import Estimate
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import WHOLE
from xai_cam.runs.notices import describe_input_costs, describe_layer, describe_positions
from xai_cam.runs.plan import Request
from xai_cam.sanity import Sanity
from xai_cam.sanity.checks import Check, Similarity
from xai_cam.sanity.dependence import Dependence, SanityVerdict
from xai_cam.sanity.randomisation import cascade
from xai_cam.sanity.report import shown_steps

HEADER = ("layer", "method", "step", "random down to", "rank corr.", "95 %", "draws", "top 10 %")

LARGEST_LOSS = 0.1
"""Share of maps that show nothing above which the user is warned."""


def describe_plan(network: NetworkFacts, request: Request, images: int, draws: int) -> Iterator[str]:
    """Lines on each layer: what will be made random above it, and what that costs."""
    for place in request.places:
        info = WHOLE if isinstance(place, ModelInput) else network.find(str(place) if place else None)
        stages = cascade(network.live(), info)
        methods = request.methods_at(place)
        if info is WHOLE:
            yield f"Without a layer: {', '.join(methods)}."
        else:
            yield describe_layer(info, place is None, network)
        names = ", ".join(stage.path for stage in stages)
        runs, times = 1 + draws * len(stages), f"{draws} draw{'s' * (draws != 1)}"
        yield f"Random weights, {times}: {names}. {images * runs:,} maps for each method."
        times_each = SMOOTHED if request.smooth else 1
        kinds = {METHODS[m].evidence for m in methods if METHODS[m].evidence.by_channel}
        if kinds:
            channels = min(info.maps_shape[-1] if info.maps_shape else 0, request.max_channels or math.inf)
            passes = f"{images * runs * times_each * int(channels) * len(kinds):,}"
            fewer = "" if request.tolerance is None else ", fewer where the tolerance allows it"
            yield f"Up to {passes} forward passes for methods that score each channel{fewer}."
        maps, size = images * runs, network.input_shape[:-1]
        if info is WHOLE:
            yield from describe_input_costs(methods, maps, request.sampling, size, request.smooth)
        else:
            yield from describe_positions(info, methods, maps, request.smooth)


def describe_sanity(sanity: Sanity) -> Iterator[str]:
    """Lines of text: similarity step by step, then a verdict on each method."""
    rows: list[tuple[str, ...]] = [HEADER]
    hidden = False
    for check in sanity.checks:
        steps = shown_steps(check.steps)
        hidden = hidden or len(steps) < len(check.steps)
        for i in steps:
            step = check.steps[i]
            name = step.layer + (" (above)" if step.above else "")
            rows.append((check.layer, check.method, str(i + 1), name, *_cells(step.similarity, step.draws)))
        if check.other_classes:
            others = f"(other classes: {check.other_classes})"
            rows.append((check.layer, check.method, "", others, *_cells(check.classes)))
    yield from lines_of_table(rows)
    if hidden:
        yield "Not all steps are shown; the table in the report has them."
    yield ""
    for check, verdict in zip(sanity.checks, sanity.verdicts, strict=True):
        yield str(verdict)
        yield from _notes(check, verdict)


def _cells(similarity: Similarity, draws: Sequence[float] = ()) -> tuple[str, ...]:
    """Mean correlation, its interval over images, how far the means of the draws reach, and mean overlap."""
    reach = f"{min(draws):.2f} to {max(draws):.2f}" if len(draws) > 1 else ""
    correlation = similarity.correlation
    return number(correlation.value), _interval(correlation), reach, number(similarity.overlap.value)


def _interval(estimate: Estimate) -> str:
    return "" if math.isnan(estimate.low) else f"{estimate.low:.2f} to {estimate.high:.2f}"


def _notes(check: Check, verdict: SanityVerdict) -> Iterator[str]:
    """Caveats of a verdict."""
    if not verdict.findings:
        return
    if check.other_classes > 1 and verdict.findings[0].dependence is Dependence.HARDLY:
        yield "    Classes next in rank may look alike, and so may their maps; --others N takes more of them."
    lost = max(step.similarity.lost for step in check.steps)
    if lost > LARGEST_LOSS:
        yield f"    Under random weights up to {lost:.0%} of the maps show nothing, which counts as 0."
    if check.classes.lost > LARGEST_LOSS:
        yield f"    For other classes {check.classes.lost:.0%} of the maps show nothing, which counts as 0."
