"""The figure of an image: what the model saw, then a grid of tiles for each block of layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.canvas import BLACK, FRAME, GREY, Canvas, Colour
from xai_cam.drawing.text import number, one_line
from xai_cam.drawing.tiles import draw_dead, draw_map, fit_tile, tile_shape
from xai_cam.features.channels import Block, LayerFeatures
from xai_cam.features.heading import TileStyle, draw_heading, heading_height, heading_width, value_range
from xai_cam.features.kernel_tiles import KernelTiles
from xai_cam.features.layout import BETWEEN, INNER, LINE, TITLE, TITLE_SIZE, Shape, TileGrid, lay_out

MARGIN = 16
NARROWEST = 640
"""A figure is at least so wide, for its texts."""

INPUT_SIDE = 176


@dataclass(frozen=True)
class Heading:
    """The top of a figure: the input, (H, W, 3) uint8, a title, and lines about it."""

    pixels: np.ndarray
    title: str
    lines: tuple[str, ...]


def shapes_of(blocks: Sequence[Block]) -> list[Shape]:
    """The blocks as the layout sees them."""
    return [
        Shape(len(block.shown), tuple(f.maps.shape[:2] for f in block.layers), block.kernels is not None)
        for block in blocks
    ]


def draw_figure(
    head: Heading,
    blocks: Sequence[Block],
    look: TileStyle,
    layout: TileGrid | None = None,
    kernels: KernelTiles | None = None,
) -> np.ndarray:
    """All of it on white.

    Parameters
    ----------
    head : Heading
        What stands above the tiles.
    blocks : sequence of Block
        Layers side by side.
    look : TileStyle
        How tiles are drawn.
    layout : TileGrid, optional
        Of these blocks, `lay_out(shapes_of(blocks))`.
    kernels : KernelTiles, optional
        Tiles that the figures of several images share.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    shapes = shapes_of(blocks)
    layout = layout or lay_out(shapes, 2 if look.order else 1)
    kernels = kernels or KernelTiles()
    widths = [
        max(layout.block_width(i, shape.tiles), heading_width(block, look))
        for i, (block, shape) in enumerate(zip(blocks, shapes, strict=True))
    ]
    top = MARGIN + _head_height(head) + MARGIN
    above = heading_height(blocks)
    width = max(sum(widths) + BETWEEN * (len(widths) - 1), NARROWEST) + 2 * MARGIN
    canvas = Canvas(top + above + layout.rows * layout.cell_height, width)
    _draw_head(canvas, head)
    left = MARGIN
    for i, block in enumerate(blocks):
        draw_heading(canvas, block, look, layout.shown[i], (top, left, widths[i]))
        grid = layout.grid(i, shapes[i].tiles)
        _draw_names(canvas, block, layout, min(grid.columns, layout.shown[i]), (top + above, left))
        for cell, channel in enumerate(block.shown[: layout.shown[i]]):
            down, across = grid.place(cell)
            place = top + above + down, left + across
            _draw_tiles(canvas, _tiles(block, look, layout.side, int(channel), kernels), layout, place)
        left += widths[i] + BETWEEN
    return canvas.pixels


# --- The head ------------------------------------------------------------------------------------------


def _head_height(head: Heading) -> int:
    height = tile_shape(head.pixels.shape, INPUT_SIDE)[0]
    return max(height, TITLE + len(head.lines) * (LINE + 2))


def _draw_head(canvas: Canvas, head: Heading) -> None:
    picture = fit_tile(head.pixels, INPUT_SIDE)
    canvas.put(picture, MARGIN, MARGIN, frame=FRAME)
    left = MARGIN + picture.shape[1] + MARGIN
    room = canvas.width - left - MARGIN
    canvas.write(one_line(head.title), MARGIN, left, size=TITLE_SIZE, width=room)
    for i, line in enumerate(head.lines):
        canvas.write(one_line(line), MARGIN + TITLE + i * (LINE + 2), left, width=room)


# --- The blocks ----------------------------------------------------------------------------------------


_Tile = tuple[np.ndarray, list[str], Colour]
"""A picture, the lines below it, and their colour."""


def _draw_names(canvas: Canvas, block: Block, layout: TileGrid, columns: int, place: tuple[int, int]) -> None:
    """Write the name of each tile of a channel above its column; a single tile needs none."""
    names = ["kernel"] * (block.kernels is not None)
    names += [one_line(f.path.split("/")[-1]) for f in block.layers]
    if len(names) == 1:
        return
    top, width = place[0] - LINE - 3, layout.tile[1]
    for column in range(columns):
        for i, name in enumerate(names):
            left = place[1] + column * layout.cell_width(len(names)) + i * (width + INNER)
            canvas.write(name, top, left + width / 2, width=width, anchor="ma", ink=GREY)


def _tiles(block: Block, look: TileStyle, side: int, channel: int, kernels: KernelTiles) -> list[_Tile]:
    """The tiles of a channel: the kernels that make it, where there are some, and its maps."""
    tiles: list[_Tile] = []
    if block.kernels is not None:
        pixels, line = kernels.tile(block.kernels, look.scale, side, channel)
        tiles.append((pixels, [line], BLACK))
    return tiles + [_map_tile(features, look, side, channel) for features in block.layers]


def _draw_tiles(canvas: Canvas, tiles: list[_Tile], layout: TileGrid, place: tuple[int, int]) -> None:
    """The tiles of a channel side by side, each with its caption."""
    height, width = layout.tile
    room = width + INNER - 2
    for i, (pixels, lines, ink) in enumerate(tiles):
        top, left = place[0], place[1] + i * (width + INNER)
        canvas.put(pixels, top, left, layout.tile, FRAME)
        for n, line in enumerate(lines):
            below = top + height + 3 + n * LINE
            canvas.write(line, below, left + room / 2, width=room, anchor="ma", ink=ink)


def _map_tile(features: LayerFeatures, look: TileStyle, side: int, channel: int) -> _Tile:
    """A channel's map."""
    values, dead = features.maps[..., channel], bool(features.dead[channel])
    low, high = float(features.low[channel]), float(features.high[channel])
    lines = [f"{channel}: " + (f"dead, {number(low)}" if dead else f"{number(low)} to {number(high)}")]
    if look.order:
        lines.append(f"{look.order} {number(float(features.values(look.order)[channel]))}")
    if dead:
        return draw_dead(values.shape, side), lines, GREY
    colormap = None if features.signed else look.colormap
    return draw_map(values, side, *value_range(features, look, channel), colormap), lines, BLACK
