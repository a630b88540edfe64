"""Contact sheets: rows of small pictures with captions, on pages of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xai_cam.drawing.canvas import THEMES, Canvas, Theme
from xai_cam.drawing.panels import Panel
from xai_cam.drawing.text import fold

PAGE = 2338, 1654
"""Height and width of a page: A4 at 200 dots an inch."""

MARGIN, HEAD = 80, 70
SIDE = 232
"""A picture has a square of this side, in whose middle it stands."""

GAP, BETWEEN = 10, 34
"""Between the pictures of a group, and between groups, across and down."""

LINE, FONT_SIZE = 26, 18
TWO = 2
"""Lines that one line of a caption may be broken into."""
TITLE_SIZE = 22
BAR = 22, 300

Group = Sequence[Panel]
"""Pictures that stand together, such as an image and its maps."""


@dataclass(frozen=True)
class SheetLayout:
    """How groups of at most `pictures` pictures with at most `lines` lines below each fill a page.

    A group that is wider than the page goes on below.
    """

    pictures: int
    lines: int

    @property
    def across(self) -> int:
        """Pictures of a group side by side."""
        return min(self.pictures, (PAGE[1] - 2 * MARGIN + GAP) // (SIDE + GAP))

    @property
    def cell(self) -> tuple[int, int]:
        """Height and width of a group, with the white before the next."""
        down = -(-self.pictures // self.across)
        below = self.lines * LINE
        return down * (SIDE + below + GAP) + BETWEEN - GAP, self.across * (SIDE + GAP) - GAP + BETWEEN

    @property
    def columns(self) -> int:
        """Groups side by side."""
        return max(1, (PAGE[1] - 2 * MARGIN + BETWEEN) // self.cell[1])

    @property
    def rows(self) -> int:
        """Groups one above the other; one that is higher than a page makes the page higher."""
        return max(1, (PAGE[0] - 2 * MARGIN - HEAD + BETWEEN) // self.cell[0])

    @property
    def groups(self) -> int:
        """Groups on a page."""
        return self.columns * self.rows


def thumbnail(pixels: np.ndarray) -> np.ndarray:
    """A picture as large as fits into the square of a sheet; a small one is enlarged pixel by pixel."""
    height, width = pixels.shape[:2]
    factor = SIDE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    how = Image.Resampling.NEAREST if factor >= 2 else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(pixels).resize(size, how, reducing_gap=3.0))


def draw_sheet(
    groups: Sequence[Group],
    layout: SheetLayout,
    title: str,
    page: str,
    shades: np.ndarray | None = None,
    theme: Theme = THEMES["light"],
    ends: tuple[str, str] = ("0", "1"),
) -> np.ndarray:
    """One page of groups, left to right and downwards, below a title, the page's number and a colour bar.

    Parameters
    ----------
    groups : sequence of sequences of Panel
        At most `layout.groups`.
    layout : SheetLayout
        Where they stand.
    title, page : str
        What is written above.
    shades : (n, 3) uint8, optional
        Colours of the bar, the lowest first.
    theme : Theme, optional
        Colours of the paper and the texts.
    ends : (str, str)
        What stands at the ends of the bar.

    Returns
    -------
    page : (H, W, 3) uint8 RGB
    """
    height, width = layout.cell
    needed = 2 * MARGIN + HEAD + layout.rows * height - BETWEEN
    canvas = Canvas(max(PAGE[0], needed), PAGE[1], theme)
    _draw_head(canvas, title, page, shades, ends)
    for number, group in enumerate(groups):
        row, column = divmod(number, layout.columns)
        top, left = MARGIN + HEAD + row * height, MARGIN + column * width
        below = layout.lines * LINE
        for place, panel in enumerate(group):
            down, across = divmod(place, layout.across)
            _draw_panel(
                canvas, panel, top + down * (SIDE + below + GAP), left + across * (SIDE + GAP), layout.lines
            )
    return canvas.pixels


def _draw_head(
    canvas: Canvas, title: str, page: str, shades: np.ndarray | None, ends: tuple[str, str]
) -> None:
    right, middle = PAGE[1] - MARGIN, MARGIN + BAR[0] // 2
    canvas.write(page, middle, right, size=TITLE_SIZE, anchor="rm")
    room = PAGE[1] - 2 * MARGIN - 160
    if shades is not None:
        room -= BAR[1] + 80
        left = right - 160 - BAR[1]
        columns = np.linspace(0, len(shades) - 1, BAR[1]).round().astype(int)
        canvas.put(shades[columns][None].repeat(BAR[0], axis=0), MARGIN, left)
        canvas.write(ends[0], middle, left - 8, size=FONT_SIZE, anchor="rm")
        canvas.write(ends[1], middle, left + BAR[1] + 8, size=FONT_SIZE, anchor="lm")
    for line in fold(title, TITLE_SIZE, room, 1):
        canvas.write(line, middle, MARGIN, size=TITLE_SIZE, anchor="lm")


def _draw_panel(canvas: Canvas, panel: Panel, top: int, left: int, lines: int) -> None:
    canvas.put(panel.pixels, top, left, (SIDE, SIDE))
    texts = panel.caption.split("\n")
    folded = [line for text in texts for line in fold(text, FONT_SIZE, SIDE, TWO)]
    for number, line in enumerate(folded[:lines]):
        below = top + SIDE + LINE // 4 + number * LINE
        canvas.write(line, below, left + SIDE / 2, size=FONT_SIZE, anchor="ma")
