"""The heading above the tiles of a block: its layers, how many channels are drawn, scales of colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.canvas import FONT_SIZE, Canvas
from xai_cam.drawing.colour_bar import shades_of
from xai_cam.drawing.text import number, one_line, text_width
from xai_cam.drawing.tiles import MAX_PLANES
from xai_cam.features.channels import Block, LayerFeatures
from xai_cam.features.layout import INNER, LINE, TITLE, TITLE_SIZE
from xai_cam.kernels.kernel_bank import KernelBank

BAR = (12, 96)
"""Height and width of a scale of colours."""

Scale = tuple[np.ndarray, tuple[str, str], str]
"""A bar of colours, what stands at its ends, and of what it is the scale."""


@dataclass(frozen=True)
class TileStyle:
    """How tiles are drawn: see `FeatureRequest`."""

    colormap: str = "viridis"
    scale: str = "own"
    order: str | None = None


def heading_height(blocks: Sequence[Block]) -> int:
    """Height of the heading in pixels: a title, a count, a line for each scale, the columns' names."""
    scales = max(len(block.layers) + (block.kernels is not None) for block in blocks)
    return TITLE + LINE * (scales + 1) + LINE * (scales > 1) + 2 * INNER


def heading_width(block: Block, look: TileStyle) -> int:
    """Width of the lines on scales, in pixels."""
    scales = _scales_of(block, look)
    return sum(_rooms(scales)) + BAR[1] + 2 * INNER + max(_width(caption) for _, _, caption in scales)


def draw_heading(
    canvas: Canvas, block: Block, look: TileStyle, shown: int, place: tuple[int, int, int]
) -> None:
    """Write a block's heading.

    Parameters
    ----------
    canvas : Canvas
        Where it is written.
    block : Block
        The layers it is for.
    look : TileStyle
        How the block's tiles are drawn.
    shown : int
        How many of its channels are drawn.
    place : (int, int, int)
        Top, left and width of the heading.
    """
    top, left, width = place
    title = " > ".join(features.path for features in block.layers)
    canvas.write(one_line(title), top, left, size=TITLE_SIZE, width=width)
    canvas.write(_count(block, shown), top + TITLE, left, width=width)
    scales = _scales_of(block, look)
    before, behind = _rooms(scales)
    for i, (pixels, ends, caption) in enumerate(scales):
        line, bar = top + TITLE + (i + 1) * LINE, left + before
        canvas.write(ends[0], line, bar - INNER - _width(ends[0]))
        canvas.put(pixels, line + 2, bar)
        canvas.write(ends[1], line, bar + BAR[1] + INNER)
        text = bar + BAR[1] + INNER + behind + INNER
        canvas.write(one_line(caption), line, text, width=left + width - text)


def value_range(features: LayerFeatures, look: TileStyle, channel: int) -> tuple[float, float]:
    """Values at the ends of a tile's scale; of a layer with values below 0 as far on either side of it."""
    if look.scale == "own":
        low, high = float(features.low[channel]), float(features.high[channel])
    else:
        low, high = float(features.low.min()), float(features.high.max())
    if features.signed:
        high = max(abs(low), abs(high))
        low = -high
    return low, high


def _count(block: Block, shown: int) -> str:
    """How many of the channels are drawn."""
    channels, wanted = block.layers[-1].channels, len(block.shown)
    if shown < wanted:
        return f"first {shown:,} of {wanted:,} channels; there is no room for {wanted - shown:,}"
    some = f"{shown:,} of " if shown < channels else ""
    return f"{some}{channels:,} channel{'s' * (channels != 1)}"


def _scales_of(block: Block, look: TileStyle) -> list[Scale]:
    """The scale of the kernels, and that of each layer."""
    kernels = [] if block.kernels is None else [_scale_of_kernels(block.kernels, look)]
    return kernels + [_scale_of(features, look) for features in block.layers]


def _rooms(scales: Sequence[Scale]) -> list[int]:
    """Pixels to the left and to the right of the bars."""
    return [max(_width(ends[i]) for _, ends, _ in scales) + INNER for i in (0, 1)]


def _scale_of(features: LayerFeatures, look: TileStyle) -> Scale:
    """A layer's colours, its shape, and how many of its channels are dead."""
    h, w = features.maps.shape[:2]
    dead = int(features.dead.sum())
    caption = f"{features.path.split('/')[-1]} ({features.kind}), {h} x {w}" + f", {dead:,} dead" * (dead > 0)
    return _scale(*value_range(features, look, 0), caption, features.signed, look)


def _scale_of_kernels(bank: KernelBank, look: TileStyle) -> Scale:
    _, channels, h, w = bank.values.shape
    top = bank.largest
    each = f"{channels:,} of a filter, row by row" if channels > 1 else "one of a filter"
    if channels > MAX_PLANES:
        each = f"of {channels:,} of a filter the {MAX_PLANES} of the largest energy"
    return _scale(-top, top, f"kernels, {h} x {w}, {each}", True, look)


def _scale(low: float, high: float, caption: str, signed: bool, look: TileStyle) -> Scale:
    """Colours from left to right; where each tile has its own range, words at their ends."""
    bar = shades_of(None if signed else look.colormap, BAR[1])[None].repeat(BAR[0], axis=0)
    if look.scale == "own":
        return bar, ("below 0", "above 0") if signed else ("min", "max"), caption
    return bar, (number(low), number(high)), caption


def _width(text: str) -> int:
    return text_width(text, FONT_SIZE)
