"""How large tiles are, and how many stand in a row: numbers only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xai_cam.drawing.tiles import Grid, tile_shape

COMFORTABLE_PIXELS, MAX_PIXELS = 12_000_000, 28_000_000
"""Grids of more than the first have their tiles made smaller; of more than the second, channels left out."""

WISHES = ((6, 224), (24, 160), (256, 112), (1024, 96))
"""Up to so many tiles, the longer side that small maps are enlarged to; of more tiles, `SMALLEST`."""

SMALLEST, LARGEST = 84, 224
"""Longer side of a tile. Captions ask for the smallest; 2,048 maps of 7 x 7 go into a figure with it."""

INNER, OUTER, BETWEEN = 6, 16, 44
"""Pixels between tiles of one channel, between channels, between blocks."""

LINE, TITLE, TITLE_SIZE = 16, 24, 17
"""Height of a line of a caption, of a title's line, and the size of its letters."""

RATIO = 1.5
"""Width to height that a figure should have."""


@dataclass(frozen=True)
class Shape:
    """A block as the layout sees it: its channels, its maps' sizes, and whether kernels stand at its left."""

    channels: int
    maps: tuple[tuple[int, ...], ...]
    kernels: bool = False

    @property
    def tiles(self) -> int:
        """Of one channel."""
        return len(self.maps) + self.kernels


@dataclass(frozen=True)
class TileGrid:
    """Where tiles go.

    Attributes
    ----------
    side : int
        The longer side of a tile.
    tile : (height, width)
        Room for one tile.
    lines : int
        Of a caption.
    rows : int
        Of cells, in the longest block.
    columns, shown : tuple of int
        Of each block: cells side by side, and channels that are drawn.
    """

    side: int
    tile: tuple[int, int]
    lines: int
    rows: int
    columns: tuple[int, ...]
    shown: tuple[int, ...]

    @property
    def cell_height(self) -> int:
        """Height of a tile with its captions, in pixels."""
        return _cell_height(self.tile, self.lines)

    def cell_width(self, tiles: int) -> int:
        """Width of a channel's tiles, in pixels."""
        return _cell_width(self.tile, tiles)

    def grid(self, number: int, tiles: int) -> Grid:
        """The cells of a block."""
        return Grid(self.columns[number], self.rows, (self.cell_height, self.cell_width(tiles)))

    def block_width(self, number: int, tiles: int) -> int:
        """Width of a block, the `number`-th, with so many tiles a channel, in pixels."""
        return self.grid(number, tiles).size[1] - OUTER


def lay_out(blocks: Sequence[Shape], lines: int = 1) -> TileGrid:
    """Tiles as large as are comfortable, in a figure that is about half as wide again as high.

    Channels are left out, from the end, only where the smallest tiles would cover more than `MAX_PIXELS`.
    """
    sides = _sides(blocks)

    def area(side: int, most: int | None = None) -> int:
        tile = _tile(blocks, side)
        widths = (min(b.channels, most or b.channels) * _cell_width(tile, b.tiles) for b in blocks)
        return sum(widths) * _cell_height(tile, lines)

    side = next((side for side in sides if area(side) <= COMFORTABLE_PIXELS), sides[-1])
    most = max(block.channels for block in blocks)
    while most > 1 and area(side, most) > MAX_PIXELS:
        most = max(1, min(most - 1, most * MAX_PIXELS // area(side, most)))
    shown = tuple(min(block.channels, most) for block in blocks)
    tile = _tile(blocks, side)
    widths = [_cell_width(tile, block.tiles) for block in blocks]
    rows = _rows(shown, widths, _cell_height(tile, lines))
    return TileGrid(side, tile, lines, rows, tuple(math.ceil(n / rows) for n in shown), shown)


def _sides(blocks: Sequence[Shape]) -> list[int]:
    """Sides that tiles may have, the one wished for first."""
    tiles = sum(block.channels * block.tiles for block in blocks)
    wish = next((side for most, side in WISHES if tiles <= most), SMALLEST)
    longest = max(max(shape) for block in blocks for shape in block.maps)
    if longest >= SMALLEST:
        largest = longest * max(1, LARGEST // longest) if wish == LARGEST else longest
        return [side for side in (min(largest, LARGEST), 160, 128) if side <= largest] + [SMALLEST]
    factors = range(math.ceil(wish / longest), math.ceil(SMALLEST / longest) - 1, -1)
    return [longest * factor for factor in factors]


def _tile(blocks: Sequence[Shape], side: int) -> tuple[int, int]:
    """Room that every tile of a figure fits into."""
    shapes = [tile_shape(shape, side) for block in blocks for shape in block.maps]
    shapes += [(side, side) for block in blocks if block.kernels]
    return max(height for height, _ in shapes), max(SMALLEST, *(width for _, width in shapes))


def _cell_width(tile: tuple[int, int], tiles: int) -> int:
    return tiles * (tile[1] + INNER) - INNER + OUTER


def _cell_height(tile: tuple[int, int], lines: int) -> int:
    return tile[0] + lines * LINE + OUTER


def _rows(shown: Sequence[int], widths: Sequence[int], height: int) -> int:
    """Rows of cells that leave few places empty and give a figure of a good shape."""

    def cost(rows: int) -> float:
        columns = [math.ceil(count / rows) for count in shown]
        width = sum(n * w for n, w in zip(columns, widths, strict=True))
        empty = 1 - sum(shown) / (sum(columns) * rows)
        return abs(math.log(width / (rows * height) / RATIO)) + 2 * empty

    return min(range(1, max(shown) + 1), key=cost)
