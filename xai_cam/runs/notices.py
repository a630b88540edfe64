"""Notices on the model before a run begins: the target layer, and the number of forward passes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.fusion import INPUT
from xai_cam.cam.methods import METHODS, Evidence
from xai_cam.cam.sampling import Sampling
from xai_cam.cam.smoothing import SMOOTHED
from xai_cam.images.class_specs import above_of, top_of
from xai_cam.metrics.asked import Asked
from xai_cam.metrics.measure import TIMED
from xai_cam.metrics.measures import METRICS
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import LayerInfo
from xai_cam.runs.compare_measures import Measures
from xai_cam.runs.request import Request

COSTLY = {Evidence.MASKED_SCORES: "Score-CAM", Evidence.ABLATED_SCORES: "Ablation-CAM"}
"""Evidence that needs a forward pass per channel; methods with the same evidence share it."""


BOTTLENECK = (
    "The output is a map itself: the default is the bottleneck, the last layer on the smallest grid, where "
    "each place sees most of the picture. `layer` names another."
)


LAST = (
    "The output is a map itself, and no layer has a coarser grid: the default is the last layer before the "
    "output. `layer` names another."
)


def costly(methods: Iterable[str]) -> list[Evidence]:
    """The evidence these methods need that takes a forward pass per channel."""
    needed = {METHODS[method].evidence for method in methods}
    return [evidence for evidence in COSTLY if evidence in needed]


def is_costly(methods: Iterable[str]) -> bool:
    """Whether one of these methods asks the model many times about each image."""
    found = [METHODS[name] for name in methods]
    return any(one.evidence.by_channel or one.samples or one.covers for one in found)


def passes_of(count: int) -> str:
    """As `1 forward pass` and `1,200 forward passes`."""
    return f"{count:,} forward pass{'es' * (count != 1)}"


def describe_layer(info: LayerInfo, is_default: bool, network: NetworkFacts | None = None) -> str:
    """Sentences on the target layer: its kind and maps, where they lie, and what stands beside it."""
    shape = " x ".join(map(str, info.maps_shape or info.shape or ()))
    default = ", the default" if is_default else ""
    call = f", call {info.number} of {info.times}" if info.times > 1 else ""
    asked = network is not None and network.reshape
    tokens = f" of tokens{', as `reshape` says' if asked else ''}"
    tokens = tokens if info.placement and info.placement.tokens else ""
    lines = [f"Layer {info.path} ({info.kind}, {shape}{tokens}{call}{default})."]
    if network is not None:
        lines += [_describe_place(info, network.input_shape[:-1])]
        lines += [_describe_beside(network)] if is_default and not network.call else []
        lines += [_describe_bottleneck(info, network)] if is_default else []
    return " ".join(line for line in lines if line)


def _describe_place(info: LayerInfo, size: Sequence[int]) -> str:
    """What the layer sees of the input, if it is not all of it, or if that cannot be told."""
    placement = info.placement
    if placement is None:
        return ""
    if placement.doubt:
        return (
            f"Where its maps lie cannot be told ({placement.doubt}, before it): they are drawn as if nothing "
            "had been moved."
        )
    if placement.part(size) is None:
        return ""
    spans = [sorted(span) for span in placement.region.spans]
    beyond = any(low < 0 or high > side for (low, high), side in zip(spans, size, strict=True))
    kinds = ("slices", "rows", "columns")[-len(spans) :]
    named = [f"{kind} {low:g} to {high:g}" for kind, (low, high) in zip(kinds, spans, strict=True)]
    turns = [("upside down", placement.top > placement.bottom)]
    turns += [("mirrored left to right", placement.left > placement.right)]
    turns += [("back to front", (placement.front or 0) > (placement.back or 0))]
    turned = "".join(f", {words}" for words, is_so in turns if is_so)
    return (
        f"It covers {', '.join(named[:-1])} and {named[-1]} of the "
        f"input of {' x '.join(map(str, size))}{turned}, and its maps are drawn there"
        f"{', but for the border around the picture' * beyond}."
    )


def _describe_bottleneck(info: LayerInfo, network: NetworkFacts) -> str:
    """Why the default is what it is, of a model whose output is a map itself."""
    if network.bottleneck is None:
        return ""
    sizes = [head.pixels for head in (one.head for one in network.outputs) if head and head.pixels]
    coarser = info.maps_shape and all(math.prod(info.maps_shape[:-1]) < math.prod(size) for size in sizes)
    return BOTTLENECK if coarser else LAST


def _describe_beside(network: NetworkFacts) -> str:
    """The maps that are the last of other branches, which the default leaves out."""
    beside = network.side_by_side()
    if not beside:
        return ""
    names = ", ".join(info.title for info in beside)
    several = any(i.times > 1 for i in beside)
    how = f"`layer`{' or `call`' if several else ''}"
    return f"Other branches end beside it: {names}. Choose one with {how}."


def describe_costs(
    info: LayerInfo, methods: Iterable[str], images: int, limits: ChannelLimits, smooth: bool = False
) -> list[str]:
    """Forward passes needed at this layer by the methods that score each channel."""
    times = SMOOTHED if smooth else 1
    each = f"{images:,} image{'s' * (images != 1)}{f', each {times} times,' if smooth else ''}"
    channels = info.maps_shape[-1] if info.maps_shape else 0
    channels = min(channels, limits.max_channels or channels)
    fewer = "" if limits.tolerance is None else ", fewer where the tolerance allows it"
    lines = [
        f"{COSTLY[evidence]}: {each} x up to {channels} channels = up to "
        f"{passes_of(images * times * channels)}{fewer}."
        for evidence in costly(methods)
    ]
    return [*lines, *describe_positions(info, methods, images, smooth)]


def describe_positions(
    info: LayerInfo, methods: Iterable[str], images: int, smooth: bool = False
) -> list[str]:
    """Passes of methods that ask for each position of a layer."""
    positions = math.prod(info.maps_shape[:-1]) if info.maps_shape else 0
    times = SMOOTHED if smooth else 1
    each = f"{images:,} image{'s' * (images != 1)}{f', each {times} times,' if smooth else ''}"
    return [
        f"{method}: {each} x {positions:,} positions = "
        f"{passes_of(images * times * positions)} of the layers behind."
        for method in methods
        if METHODS[method].evidence.by_position
    ]


def describe_input_costs(
    methods: Iterable[str], images: int, sampling: Sampling, size: Sequence[int], smooth: bool = False
) -> list[str]:
    """Passes of methods that make several inputs of each image, of that size."""
    lines = []
    for method in (METHODS[name] for name in methods if METHODS[name].samples or METHODS[name].covers):
        count = len(sampling.patches(size)) if method.covers else sampling.samples or method.samples
        count += method.evidence is Evidence.PATH_GRADIENTS
        count *= SMOOTHED if smooth else 1
        kind = "forward" if method.evidence.by_masks else "forward and backward"
        lines.append(
            f"{method.name}: {images:,} image{'s' * (images != 1)} x {count:,} "
            f"{'patches' if method.covers else 'inputs'} = {images * count:,} {kind} passes."
        )
    return lines


def describe_measuring(images: int, maps: int, asked: Asked) -> list[str]:
    """What it takes to measure so many maps of each image: a sentence for all measures with the same cost."""
    each = f"{images:,} image{'s' * (images != 1)} x {maps} map{'s' * (maps != 1)}"
    lines = []
    for cost, names in asked.costs().items():
        titles = [METRICS[name].title.removeprefix("average ") for name in names]
        start = f"{', '.join(titles[:-1])}{' and ' * (len(titles) > 1)}{titles[-1]}"
        start = start[0].upper() + start[1:]
        passes = images * cost.passes(maps, asked.steps) * (len(names) if cost.each else 1)
        lines += [f"{start}: {each} = up to {passes_of(passes)}."] if passes else []
        if cost.again:
            times = images * maps * cost.again * (len(names) if cost.each else 1)
            what = "images" if cost == TIMED else "changed images"
            lines.append(f"{start}: {each} x {cost.again} = {times:,} {what}, explained anew.")
    return lines


def describe_plan(request: Request, images: int, measures: Measures) -> list[str]:
    """What measuring will take at most, as far as it can be told without the model.

    Of classes that depend on it (`above:0.5`) one an image is counted.
    """
    classes = sum(top_of(spec) or 1 for spec in request.classes)
    outputs = len(request.output_names or ()) or 1
    at_layers = len([place for place in request.places if place != INPUT]) or 1
    maps = classes * outputs * (len(request.variants) + at_layers * len(measures.baselines))
    lines = describe_measuring(images, maps, measures.asked)
    unknown = [str(spec) for spec in request.classes if above_of(spec) is not None]
    if lines and unknown:
        lines.append(f"More where {unknown[0]} names several classes of an image.")
    return lines
