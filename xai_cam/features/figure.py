"""The figure of an image: what the model saw, then a grid of tiles for each block of layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.features.canvas import BLACK, GREY, Canvas
from xai_cam.features.channels import Block, LayerFeatures
from xai_cam.features.heading import (
    TITLE,
    TITLE_SIZE,
    TileStyle,
    draw_heading,
    heading_height,
    heading_width,
    number,
    value_range,
)
from xai_cam.features.layout import BETWEEN, INNER, LINE, Shape, TileGrid, lay_out
from xai_cam.features.tiles import draw_dead, draw_kernels, draw_map, tile_shape

MARGIN = 16
NARROWEST = 640
"""A figure is at least so wide, for its texts."""

INPUT_SIDE = 176


@dataclass(frozen=True)
class Heading:
    """What stands at the top of a figure: the input, (H, W, 3) uint8, a title, and lines about it."""

    pixels: np.ndarray
    title: str
    lines: tuple[str, ...]


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


def draw_figure(
    head: Heading, blocks: Sequence[Block], look: TileStyle, layout: TileGrid | None = None
) -> np.ndarray:
    """All of it on white.

    Parameters
    ----------
    layout : TileGrid, optional
        Of these blocks, `lay_out(shapes_of(blocks))`.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    shapes = shapes_of(blocks)
    layout = layout or lay_out(shapes, 2 if look.order else 1)
    widths = [
        max(layout.block_width(i, shape.tiles), heading_width(block, look))
        for i, (block, shape) in enumerate(zip(blocks, shapes, strict=True))
    ]
    top = MARGIN + _head_height(head) + MARGIN
    above = heading_height(blocks)
    height = top + above + layout.rows * layout.cell_height
    width = max(sum(widths) + BETWEEN * (len(widths) - 1), NARROWEST) + 2 * MARGIN
    canvas = Canvas(height, width)
    _draw_head(canvas, head)
    left = MARGIN
    for i, (block, block_width) in enumerate(zip(blocks, widths, strict=True)):
        draw_heading(canvas, block, look, layout.shown[i], (top, left, block_width))
        _draw_block(canvas, block, look, layout, i, (top + above, left))
        left += block_width + BETWEEN
    return canvas.pixels


# --- The head ------------------------------------------------------------------------------------------


def _head_height(head: Heading) -> int:
    height = tile_shape((head.pixels.shape[0], head.pixels.shape[1]), INPUT_SIDE)[0]
    return max(height, TITLE + len(head.lines) * (LINE + 2))


def _draw_head(canvas: Canvas, head: Heading) -> None:
    import cv2

    height, width = tile_shape((head.pixels.shape[0], head.pixels.shape[1]), INPUT_SIDE)
    shrinks = height < head.pixels.shape[0] or width < head.pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    canvas.put(cv2.resize(head.pixels, (width, height), interpolation=how), MARGIN, MARGIN)
    left = MARGIN + width + MARGIN
    room = canvas.image.width - left - MARGIN
    canvas.write(head.title, MARGIN, left, room, size=TITLE_SIZE)
    for i, line in enumerate(head.lines):
        canvas.write(line, MARGIN + TITLE + i * (LINE + 2), left, room)


# --- The blocks ----------------------------------------------------------------------------------------


def _draw_block(
    canvas: Canvas, block: Block, look: TileStyle, layout: TileGrid, index: int, place: tuple[int, int]
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
    for cell, channel in enumerate(block.shown[: layout.shown[index]]):
        top = place[0] + cell // columns * layout.cell_height
        left = place[1] + cell % columns * width
        if bank is not None:
            _draw_kernel(canvas, block, look, layout, int(channel), (top, left))
            left += room
        for features in block.layers:
            _draw_channel(canvas, features, look, layout, int(channel), (top, left))
            left += room


def _draw_channel(
    canvas: Canvas,
    features: LayerFeatures,
    look: TileStyle,
    layout: TileGrid,
    channel: int,
    place: tuple[int, int],
) -> None:
    """A channel's tile, and its caption."""
    values, dead = features.maps[..., channel], bool(features.dead[channel])
    if dead:
        pixels = draw_dead((values.shape[0], values.shape[1]), layout.side)
    else:
        low, high = value_range(features, look, channel)
        pixels = draw_map(values, layout.side, low, high, None if features.signed else look.colormap)
    canvas.put(pixels, *place, layout.tile)
    low, high = float(features.low[channel]), float(features.high[channel])
    said = f"dead, {number(low)}" if dead else f"{number(low)} to {number(high)}"
    lines = [f"{channel}: {said}"]
    if look.order:
        lines.append(f"{look.order} {number(float(features.values(look.order)[channel]))}")
    _caption(canvas, layout, lines, place, GREY if dead else BLACK)


def _draw_kernel(
    canvas: Canvas, block: Block, look: TileStyle, layout: TileGrid, channel: int, place: tuple[int, int]
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
    canvas: Canvas, layout: TileGrid, lines: list[str], place: tuple[int, int], ink: tuple[int, int, int]
) -> None:
    top, left = place
    for i, line in enumerate(lines):
        canvas.write(
            line, top + layout.tile[0] + 3 + i * LINE, left, layout.tile[1] + INNER - 2, centred=True, ink=ink
        )
