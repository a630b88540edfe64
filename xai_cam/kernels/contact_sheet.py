"""Many small tiles on one sheet: a title, tiles in rows with their numbers, a scale of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.canvas import Canvas
from xai_cam.drawing.colour_bar import BarStyle, draw_colour_bar
from xai_cam.drawing.text import wrap
from xai_cam.drawing.tiles import Grid, enlarge_cells

USUAL, LARGE, LARGEST = 1000, 2000, 4000
"""Pixels of a side that tiles are enlarged to fill, that small ones may fill, and that none exceeds."""

SMALL_TILE = 16

LARGEST_TILE, LARGEST_CELL = 240, 60
LINE, GAP, MARGIN, NUMBERS = 1, 6, 12, 14
"""Pixels between tiles of a group, between groups, around all, and of a line of numbers."""

TICKS, LABELLED = (18, 36), 96
"""Pixels below and before tiles for ticks; those of smaller tiles have no labels."""

TICK = np.full((4, 1, 3), 90, np.uint8)
FONT, SMALL_FONT = 15, 11
NARROWEST = 540
BORDER = (150, 150, 150)
BAR_HEIGHT = (150, 420)
BAR_STYLE = BarStyle(width=96, gap=GAP, margin=MARGIN, font_size=12, space=4, frame=BORDER)


@dataclass(frozen=True)
class Layout:
    """Where the tiles of groups go, one below the other in each.

    Attributes
    ----------
    factor : int
        Each cell is drawn as a square of that many pixels.
    columns, rows : int
        Of groups.
    tiles : int
        How many tiles of a group are shown.
    numbered, lettered : bool
        Whether there is room for the groups' numbers, and for those of the tiles in a group.
    """

    factor: int
    columns: int
    rows: int
    tiles: int
    numbered: bool
    lettered: bool

    @property
    def counted(self) -> bool:
        """Whether the first group of a row bears its number, for want of room elsewhere."""
        return not self.numbered and not self.lettered and self.tiles == 1

    @property
    def groups(self) -> int:
        """How many there is room for."""
        return self.columns * self.rows


def lay_out(groups: int, tiles: int, height: int, width: int, longest: int = 4) -> Layout:
    """The largest layout that fills a usual sheet, about as wide as high; else as much as fits the largest.

    Parameters
    ----------
    groups, tiles : int
        Groups, and tiles in each.
    height, width : int
        Cells of a tile.
    longest : int
        Letters of the longest number of a group.
    """
    most = max(1, min(LARGEST_TILE // max(height, width), LARGEST_CELL))
    for factor in range(most, 0, -1):
        found = _fit(groups, tiles, height * factor, width * factor, factor, longest)
        room = LARGE if max(height, width) * factor <= SMALL_TILE else USUAL
        if max(_grid(found, height, width).size) <= (LARGEST if factor == 1 else room):
            return found
    shown = max(1, min(tiles, (LARGEST - LINE - GAP - NUMBERS) // (height + LINE)))
    found = _fit(groups, shown, height, width, 1, longest)
    high, wide = _grid(found, height, width).cell
    columns = max(1, min(groups, LARGEST // wide))
    rows = max(1, min(-(-groups // columns), LARGEST // high))
    return Layout(1, columns, rows, shown, found.numbered, found.lettered)


def _fit(groups: int, tiles: int, height: int, width: int, factor: int, longest: int) -> Layout:
    numbered, lettered = width + GAP >= 7 * longest and width >= 14, tiles > 1 and height >= NUMBERS
    group = tiles * (height + LINE) + LINE + GAP + NUMBERS * numbered
    step = width + 2 * LINE + GAP
    rows = max(1, round(math.sqrt(groups * step / group)))
    near = (max(1, min(groups, rows + more)) for more in (0, -1, 1))
    rows = min(near, key=lambda count: max(count * group, -(-groups // count) * step))
    columns = -(-groups // rows)
    return Layout(factor, columns, -(-groups // columns), tiles, numbered, lettered)


def _grid(layout: Layout, height: int, width: int) -> Grid:
    """The groups, each with what is around it."""
    group = layout.tiles * (height * layout.factor + LINE) + LINE + GAP + NUMBERS * layout.numbered
    return Grid(layout.columns, layout.rows, (group, width * layout.factor + 2 * LINE + GAP))


def draw_tiles(
    groups: np.ndarray,
    numbers: Sequence[str],
    layout: Layout,
    ticks: Sequence[tuple[float, str]] = (),
) -> np.ndarray:
    """Groups of tiles, row by row, each number above its group.

    Parameters
    ----------
    groups : (groups, tiles, h, w, 3) uint8
        As many as the layout has room for, or fewer.
    numbers : sequence of str
        One for each group.
    layout : Layout
        Where the groups go.
    ticks : sequence of (place, text)
        Of both axes of all tiles, in shares of a tile, from its top and from its left.

    Returns
    -------
    pixels : (H, W, 3) uint8 RGB
    """
    height, width = groups.shape[2:4]
    grid = _grid(layout, height, width)
    left = 26 * layout.lettered or 36 * layout.counted or TICKS[1] * bool(ticks)
    canvas = Canvas(grid.size[0] + TICKS[0] * bool(ticks), grid.size[1] + left)
    for place, (group, number) in enumerate(zip(groups, numbers, strict=True)):
        y, x = grid.place(place)
        if layout.numbered:
            middle = x + left + (grid.cell[1] - GAP) / 2
            canvas.write(number, y + NUMBERS / 2, middle, size=SMALL_FONT, anchor="mm")
            y += NUMBERS
        elif layout.counted and not x:
            canvas.write(number, y + (grid.cell[0] - GAP) / 2, left - 6, size=SMALL_FONT, anchor="rm")
        canvas.put(_strip(group, layout.factor), y, x + left)
        for tile in range(layout.tiles * (layout.lettered and not x)):
            middle = y + LINE + (tile + 0.5) * (height * layout.factor + LINE)
            canvas.write(str(tile), middle, left - 5, size=SMALL_FONT, anchor="rm")
        size = height * layout.factor, width * layout.factor
        foot = y + layout.tiles * (size[0] + LINE) + LINE
        if ticks and place + layout.columns >= len(groups):
            _tick_below(canvas, ticks, (foot, x + left + LINE), size[1])
        if ticks and not x and not (layout.lettered or layout.counted):
            _tick_beside(canvas, ticks, (y + LINE, left), size[0])
    return canvas.pixels


def _tick_below(
    canvas: Canvas, ticks: Sequence[tuple[float, str]], place: tuple[int, int], width: int
) -> None:
    """Ticks below a tile that begins at (foot, left); labels where there is room for all."""
    for share, text in ticks:
        middle = place[1] + int(share * width)
        canvas.put(TICK, place[0], middle)
        if width >= LABELLED:
            canvas.write(text, place[0] + len(TICK) + 1, middle, size=SMALL_FONT, anchor="ma")


def _tick_beside(
    canvas: Canvas, ticks: Sequence[tuple[float, str]], place: tuple[int, int], height: int
) -> None:
    """Ticks to the left of a tile that begins at (top, left)."""
    for share, text in ticks:
        middle = place[0] + int(share * height)
        canvas.put(TICK.transpose(1, 0, 2), middle, place[1] - len(TICK))
        if height >= LABELLED:
            canvas.write(text, middle, place[1] - len(TICK) - 2, size=SMALL_FONT, anchor="rm")


def _strip(tiles: np.ndarray, factor: int) -> np.ndarray:
    """Tiles one below the other, cells enlarged, with lines around."""
    large = np.pad(enlarge_cells(tiles, factor), ((0, 0), (LINE, 0), (LINE, LINE), (0, 0)))
    large[:, :LINE] = large[:, :, :LINE] = large[:, :, -LINE:] = BORDER
    strip = large.reshape(-1, *large.shape[2:])
    return np.concatenate([strip, np.full((LINE, *strip.shape[1:]), BORDER, np.uint8)])


def compose(
    title: Sequence[str], tiles: np.ndarray, shades: np.ndarray, ticks: Sequence[tuple[float, str]]
) -> np.ndarray:
    """A sheet: the title's lines, broken where they are too long, above the tiles and their scale.

    Returns
    -------
    sheet : (H, W, 3) uint8 RGB
    """
    bar = draw_colour_bar(shades, ticks, int(np.clip(len(tiles), *BAR_HEIGHT)), BAR_STYLE)
    taken = tiles.shape[1] + MARGIN + bar.shape[1]
    wide = max(taken, NARROWEST)
    lines = [line for text in title for line in wrap(text, FONT, wide)]
    above = MARGIN + len(lines) * (FONT + 5) + MARGIN // 2
    canvas = Canvas(above + max(len(tiles), len(bar)) + MARGIN, wide + 2 * MARGIN)
    for i, line in enumerate(lines):
        canvas.write(line, MARGIN + i * (FONT + 5), MARGIN, size=FONT)
    left = MARGIN + (wide - taken) // 2
    canvas.put(tiles, above, left)
    canvas.put(bar, above, left + tiles.shape[1] + MARGIN)
    return canvas.pixels
