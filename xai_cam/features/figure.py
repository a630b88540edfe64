"""The figure of an image: what the model saw, then a grid of tiles for each block of layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.colours import diverging
from xai_cam.features.canvas import BLACK, GREY, Canvas
from xai_cam.features.channels import Block, LayerFeatures
from xai_cam.features.layout import BETWEEN, INNER, LINE, Layout, Shape, lay_out
from xai_cam.features.tiles import MOST_PLANES, draw_dead, draw_kernels, draw_map, tile_shape
from xai_cam.kernels.bank import KernelBank
from xai_cam.overlay import colour

MARGIN, TITLE, TITLE_SIZE = 16, 24, 17
NARROWEST = 640
"""A figure is at least so wide, for its texts."""

INPUT_SIDE = 176
BAR = (12, 96)
"""Height and width of a scale of colours."""


@dataclass(frozen=True)
class Head:
    """What stands at the top of a figure: the input, (H, W, 3) uint8, a title, and lines about it."""

    pixels: np.ndarray
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """How tiles are drawn: see `FeatureRequest`."""

    colormap: str = "viridis"
    scale: str = "own"
    order: str | None = None


def shapes_of(blocks: Sequence[Block]) -> list[Shape]:
    """The blocks as the layout sees them."""
    return [
        Shape(
            len(block.shown),
            tuple((f.maps.shape[0], f.maps.shape[1]) for f in block.layers),
            block.kernels is not None,
        )
        for block in blocks
    ]


def draw_figure(head: Head, blocks: Sequence[Block], look: Look, layout: Layout | None = None) -> np.ndarray:
    """All of it on white.

    Parameters
    ----------
    layout : Layout, optional
        Of these blocks, `lay_out(shapes_of(blocks))`.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    shapes = shapes_of(blocks)
    layout = layout or lay_out(shapes, 2 if look.order else 1)
    widths = [max(layout.block_width(i, shape.tiles), layout.cell_width(2)) for i, shape in enumerate(shapes)]
    top = MARGIN + _head_height(head) + MARGIN
    above = _heading_height(blocks)
    height = top + above + layout.rows * layout.cell_height
    width = max(sum(widths) + BETWEEN * (len(widths) - 1), NARROWEST) + 2 * MARGIN
    canvas = Canvas(height, width)
    _draw_head(canvas, head)
    left = MARGIN
    for number, (block, block_width) in enumerate(zip(blocks, widths, strict=True)):
        _draw_heading(canvas, block, look, layout.shown[number], (top, left, block_width))
        _draw_block(canvas, block, look, layout, number, (top + above, left))
        left += block_width + BETWEEN
    return canvas.pixels


# --- The head ------------------------------------------------------------------------------------------


def _head_height(head: Head) -> int:
    height = tile_shape((head.pixels.shape[0], head.pixels.shape[1]), INPUT_SIDE)[0]
    return max(height, TITLE + len(head.lines) * (LINE + 2))


def _draw_head(canvas: Canvas, head: Head) -> None:
    import cv2

    height, width = tile_shape((head.pixels.shape[0], head.pixels.shape[1]), INPUT_SIDE)
    shrinks = height < head.pixels.shape[0] or width < head.pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    canvas.put(cv2.resize(head.pixels, (width, height), interpolation=how), MARGIN, MARGIN)
    left = MARGIN + width + MARGIN
    room = canvas.image.width - left - MARGIN
    canvas.write(head.title, MARGIN, left, room, size=TITLE_SIZE)
    for number, line in enumerate(head.lines):
        canvas.write(line, MARGIN + TITLE + number * (LINE + 2), left, room)


# --- The blocks ----------------------------------------------------------------------------------------


def _heading_height(blocks: Sequence[Block]) -> int:
    """Room above the tiles: a title and what is left out, a line for each layer, the columns' names."""
    layers = max(len(block.layers) + (block.kernels is not None) for block in blocks)
    return TITLE + LINE * (layers + 1) + LINE * (layers > 1) + 2 * INNER


def _draw_heading(canvas: Canvas, block: Block, look: Look, shown: int, place: tuple[int, int, int]) -> None:
    top, left, width = place
    title = " > ".join(features.path for features in block.layers)
    canvas.write(title, top, left, width, size=TITLE_SIZE)
    canvas.write(_count(block, shown), top + TITLE, left, width)
    scales = [_scale_of(features, look) for features in block.layers]
    scales = [_scale_of_kernels(block.kernels, look)] * (block.kernels is not None) + scales
    before, behind = (
        max(math.ceil(canvas.measure(ends[i])) for _, ends, _ in scales) + INNER for i in (0, 1)
    )
    for number, (pixels, ends, said) in enumerate(scales):
        line, bar = top + TITLE + (number + 1) * LINE, left + before
        canvas.write(ends[0], line, bar - INNER - math.ceil(canvas.measure(ends[0])), before)
        canvas.paste(pixels, line + 2, bar)
        canvas.write(ends[1], line, bar + BAR[1] + INNER, behind)
        text = bar + BAR[1] + INNER + behind + INNER
        canvas.write(said, line, text, max(left + width - text, 1))


def _count(block: Block, shown: int) -> str:
    """How many of the channels are drawn."""
    channels, asked = block.layers[-1].channels, len(block.shown)
    if shown < asked:
        return f"first {shown:,} of {asked:,} channels; there is no room for {asked - shown:,}"
    some = f"{shown:,} of " if shown < channels else ""
    return f"{some}{channels:,} channel{'s' * (channels != 1)}"


Scale = tuple[np.ndarray, tuple[str, str], str]
"""A bar of colours, what stands at its ends, and of what it is the scale."""


def _scale_of(features: LayerFeatures, look: Look) -> Scale:
    """A layer's colours, its shape, and how many of its channels are dead."""
    h, w = features.maps.shape[:2]
    dead = int(features.dead.sum())
    said = f"{features.path.split('/')[-1]} ({features.kind}), {h} x {w}" + f", {dead:,} dead" * (dead > 0)
    ends = tuple(map(number, _range(features, look, 0)))
    if look.scale == "own":
        ends = ("below 0", "above 0") if features.signed else ("min", "max")
    return _bar(features.signed, look), (ends[0], ends[1]), said


def _scale_of_kernels(bank: KernelBank | None, look: Look) -> Scale:
    if bank is None:
        return _bar(True, look), ("", ""), ""
    _, channels, h, w = bank.values.shape
    top = float(np.abs(bank.values).max())
    ends = ("below 0", "above 0") if look.scale == "own" else (number(-top), number(top))
    each = f"{channels:,} of a filter, row by row" if channels > 1 else "one of a filter"
    if channels > MOST_PLANES:
        each = f"of {channels:,} of a filter the {MOST_PLANES} of the largest energy"
    return _bar(True, look), ends, f"kernels, {h} x {w}, {each}"


def _bar(signed: bool, look: Look) -> np.ndarray:
    shades = np.linspace(0, 1, BAR[1], dtype=np.float32)[None].repeat(BAR[0], axis=0)
    return diverging(2 * shades - 1) if signed else colour(shades, look.colormap)


def _draw_block(
    canvas: Canvas, block: Block, look: Look, layout: Layout, index: int, place: tuple[int, int]
) -> None:
    """The cells of a block, row by row."""
    columns, bank = layout.columns[index], block.kernels
    tiles = len(block.layers) + (bank is not None)
    width, room = layout.cell_width(tiles), layout.tile[1] + INNER
    if tiles > 1:
        names = ["kernel"] * (bank is not None) + [f.path.split("/")[-1] for f in block.layers]
        for column in range(min(columns, layout.shown[index])):
            for i, name in enumerate(names):
                left = place[1] + column * width + i * room
                canvas.write(name, place[0] - LINE - 3, left, room - INNER, centred=True, ink=GREY)
    for number, channel in enumerate(block.shown[: layout.shown[index]]):
        top = place[0] + number // columns * layout.cell_height
        left = place[1] + number % columns * width
        if bank is not None:
            _draw_kernel(canvas, block, look, layout, int(channel), (top, left))
            left += room
        for features in block.layers:
            _draw_channel(canvas, features, look, layout, int(channel), (top, left))
            left += room


def _draw_channel(
    canvas: Canvas,
    features: LayerFeatures,
    look: Look,
    layout: Layout,
    channel: int,
    place: tuple[int, int],
) -> None:
    """A channel's tile, and its caption."""
    values, dead = features.maps[..., channel], bool(features.dead[channel])
    if dead:
        pixels = draw_dead((values.shape[0], values.shape[1]), layout.side)
    else:
        low, high = _range(features, look, channel)
        pixels = draw_map(values, layout.side, low, high, None if features.signed else look.colormap)
    canvas.put(pixels, *place, layout.tile)
    low, high = float(features.low[channel]), float(features.high[channel])
    said = f"dead, {number(low)}" if dead else f"{number(low)} to {number(high)}"
    lines = [f"{channel}: {said}"]
    if look.order:
        lines.append(f"{look.order} {number(float(features.values(look.order)[channel]))}")
    _caption(canvas, layout, lines, place, GREY if dead else BLACK)


def _draw_kernel(
    canvas: Canvas, block: Block, look: Look, layout: Layout, channel: int, place: tuple[int, int]
) -> None:
    """The kernels of the filter that makes a channel."""
    bank = block.kernels
    if bank is None:
        return
    kernels = bank.values[channel]
    limit = np.abs(kernels if look.scale == "own" else bank.values).max()
    canvas.put(draw_kernels(kernels, layout.side, float(limit)), *place, layout.tile)
    lines = [f"{channel}: {number(float(kernels.min()))} to {number(float(kernels.max()))}"]
    _caption(canvas, layout, lines, place, BLACK)


def _caption(
    canvas: Canvas, layout: Layout, lines: list[str], place: tuple[int, int], ink: tuple[int, int, int]
) -> None:
    top, left = place
    for i, line in enumerate(lines):
        canvas.write(
            line, top + layout.tile[0] + 3 + i * LINE, left, layout.tile[1] + INNER - 2, centred=True, ink=ink
        )


def _range(features: LayerFeatures, look: Look, channel: int) -> tuple[float, float]:
    """Values at the ends of a tile's scale; of a layer with values below 0 as far on either side of it."""
    if look.scale == "own":
        low, high = float(features.low[channel]), float(features.high[channel])
    else:
        low, high = float(features.low.min()), float(features.high.max())
    if features.signed:
        high = max(abs(low), abs(high))
        low = -high
    return low, high


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if value else "0"
