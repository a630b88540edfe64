"""Many small tiles on one sheet: a title, tiles in rows with their numbers, a scale of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

USUAL, LARGE, LARGEST = 1000, 2000, 4000
"""Pixels of a side that tiles are enlarged to fill, that small ones may fill, and that none exceeds."""

SMALL_TILE = 16

LARGEST_TILE, LARGEST_CELL = 240, 60
LINE, GAP, MARGIN, NUMBERS = 1, 6, 12, 14
"""Pixels between tiles of a group, between groups, around all, and of a line of numbers."""

FONT, SMALL_FONT = 15, 11
NARROWEST = 540
BAR, BAR_WIDTH, BAR_HEIGHT = 18, 96, (150, 420)
BORDER = (150, 150, 150)


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
        wide, high = _extent(found, height, width)
        room = LARGE if max(height, width) * factor <= SMALL_TILE else USUAL
        if max(wide, high) <= (LARGEST if factor == 1 else room):
            return found
    shown = max(1, min(tiles, (LARGEST - LINE - GAP - NUMBERS) // (height + LINE)))
    found = _fit(groups, shown, height, width, 1, longest)
    wide, high = (
        -(-pixels // count)
        for pixels, count in zip(_extent(found, height, width), (found.columns, found.rows), strict=True)
    )
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


def _extent(layout: Layout, height: int, width: int) -> tuple[int, int]:
    """Pixels of all groups, across and down."""
    across = layout.columns * (width * layout.factor + 2 * LINE + GAP)
    group = layout.tiles * (height * layout.factor + LINE) + LINE + GAP + NUMBERS * layout.numbered
    return across, layout.rows * group


def draw_tiles(groups: np.ndarray, numbers: Sequence[str], layout: Layout) -> np.ndarray:
    """Groups of tiles, row by row, each number above its group.

    Parameters
    ----------
    groups : (groups, tiles, h, w, 3) uint8
        As many as the layout has room for, or fewer.
    """
    height, width = groups.shape[2:4]
    across, down = _extent(layout, height, width)
    left = 26 * layout.lettered or 36 * layout.counted
    canvas = Image.new("RGB", (across + left, down), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(SMALL_FONT)
    step_x, step_y = across // layout.columns, down // layout.rows
    for place, (group, number) in enumerate(zip(groups, numbers, strict=True)):
        row, column = divmod(place, layout.columns)
        x, y = left + column * step_x, row * step_y
        if layout.numbered:
            draw.text((x + step_x / 2 - GAP / 2, y + NUMBERS / 2), number, "black", font, anchor="mm")
        elif layout.counted and not column:
            draw.text((left - 6, y + step_y / 2 - GAP / 2), number, "black", font, anchor="rm")
        y += NUMBERS * layout.numbered
        strip = _strip(group, layout.factor)
        canvas.paste(Image.fromarray(strip), (x, y))
        if layout.lettered and not column:
            for tile in range(layout.tiles):
                middle = y + LINE + (tile + 0.5) * (height * layout.factor + LINE)
                draw.text((left - 5, middle), str(tile), "black", font, anchor="rm")
    return np.asarray(canvas)


def _strip(tiles: np.ndarray, factor: int) -> np.ndarray:
    """Tiles one below the other, cells enlarged, with lines around."""
    large = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    large = np.pad(large, ((0, 0), (LINE, 0), (LINE, LINE), (0, 0)))
    large[:, :LINE] = large[:, :, :LINE] = large[:, :, -LINE:] = BORDER
    strip = large.reshape(-1, *large.shape[2:])
    return np.concatenate([strip, np.full((LINE, *strip.shape[1:]), BORDER, np.uint8)])


def draw_bar(shades: np.ndarray, ticks: Sequence[tuple[float, str]], height: int) -> np.ndarray:
    """A scale of colours, from the first shade below to the last, with texts beside it.

    Parameters
    ----------
    shades : (n, 3) uint8
    ticks : sequence of (place, text)
        Places in [0, 1].
    """
    bar = Image.new("RGB", (BAR_WIDTH, height), "white")
    inner = height - 2 * MARGIN
    rows = np.linspace(len(shades) - 1, 0, inner).round().astype(int)
    bar.paste(Image.fromarray(shades[rows][:, None].repeat(BAR, axis=1)), (GAP, MARGIN))
    draw, font = ImageDraw.Draw(bar), ImageFont.load_default(SMALL_FONT + 1)
    draw.rectangle((GAP - 1, MARGIN - 1, GAP + BAR, MARGIN + inner), outline=BORDER)
    for place, text in ticks:
        middle = MARGIN + (1 - place) * (inner - 1)
        draw.line((GAP + BAR, middle, GAP + BAR + 4, middle), "black")
        draw.text((GAP + BAR + 8, middle), text, "black", font, anchor="lm")
    return np.asarray(bar)


def compose(
    title: Sequence[str], tiles: np.ndarray, shades: np.ndarray, ticks: Sequence[tuple[float, str]]
) -> np.ndarray:
    """A sheet: the title's lines, broken where they are too long, above the tiles and their scale.

    Returns
    -------
    sheet : (H, W, 3) uint8 RGB
    """
    bar = draw_bar(shades, ticks, int(np.clip(len(tiles), *BAR_HEIGHT)))
    wide = max(tiles.shape[1] + MARGIN + bar.shape[1], NARROWEST)
    font = ImageFont.load_default(FONT)
    lines = [line for text in title for line in _broken(text, wide, font)]
    above = MARGIN + len(lines) * (FONT + 5) + MARGIN // 2
    size = wide + 2 * MARGIN, above + max(len(tiles), len(bar)) + MARGIN
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for i, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + i * (FONT + 5)), line, "black", font)
    left = MARGIN + max(0, wide - tiles.shape[1] - MARGIN - bar.shape[1]) // 2
    sheet.paste(Image.fromarray(tiles), (left, above))
    sheet.paste(Image.fromarray(bar), (left + tiles.shape[1] + MARGIN, above))
    return np.asarray(sheet)


def _broken(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """A text in lines that are no wider than `width`, as far as its words allow."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
