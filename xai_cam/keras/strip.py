"""Maps of the same images after each epoch: one strip an epoch, and a sheet of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xai_cam.drawing.canvas import GREY, Canvas
from xai_cam.drawing.marks import PlacedMask, draw_region
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay
from xai_cam.drawing.text import text_width
from xai_cam.images.picture import Region

CELL, GAP, MARGIN = 144, 10, 14
CAPTION, TITLE, HEADING = 12, 15, 13
LINE = 18

MAX_ROWS = 12
"""Epochs on a sheet; of more, evenly chosen ones, the first and the last among them."""

MAX_LABEL = 170


@dataclass(frozen=True)
class Small:
    """A picture at the size of a cell, and what the model sees of it."""

    pixels: np.ndarray
    region: Region

    @classmethod
    def of(cls, pixels: np.ndarray, region: Region) -> Small:
        """A picture (H, W, 3) uint8 and its region, made as large as fits into a cell."""
        height, width = pixels.shape[:2]
        scale = CELL / max(height, width)
        size = max(1, round(height * scale)), max(1, round(width * scale))
        sampling = Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.BOX
        small = Image.fromarray(pixels).resize((size[1], size[0]), sampling)
        down, across = size[0] / height, size[1] / width
        sides = region.top * down, region.left * across, region.bottom * down, region.right * across
        return cls(np.asarray(small), Region(*sides))


@dataclass(frozen=True)
class Cell:
    """A map of one image: (h, w) as it is drawn, the part of the input that it covers, what is said of it.

    `region` is the mask of the part of the input whose score is explained, if there is one; it covers
    `region_part` of the input.
    """

    scaled_map: np.ndarray
    part: Region | None
    caption: str
    region: np.ndarray | None = None
    region_part: Region | None = None

    def over(self, picture: Small, style: OverlayStyle) -> np.ndarray:
        """The map laid over its picture."""
        drawn = draw_overlay(picture.pixels, self.scaled_map, picture.region.part(self.part), style)
        if self.region is None:
            return drawn
        return draw_region(drawn, PlacedMask(self.region, picture.region.part(self.region_part)))


@dataclass(frozen=True)
class Epoch:
    """What the model looked at after so many epochs: for each variant the maps of all images."""

    number: int
    told: str
    variants: dict[str, list[Cell]]

    @property
    def heading(self) -> str:
        """As `epoch 3, loss 0.41`."""
        return ", ".join(filter(None, (f"epoch {self.number}", self.told)))

    @property
    def lines(self) -> list[str]:
        """The same in at most four lines."""
        return self.heading.split(", ")[:4]


@dataclass(frozen=True)
class _Row:
    """A row of cells: the pictures drawn, a caption for each, and the lines to the left of them."""

    label: Sequence[str]
    drawn: Sequence[np.ndarray]
    captions: Sequence[str]


def draw_strip(epoch: Epoch, pictures: Sequence[Small], style: OverlayStyle) -> np.ndarray:
    """One epoch: a row of overlays for each variant, (H, W, 3) uint8 RGB."""
    rows = [_row([name], cells, pictures, style) for name, cells in epoch.variants.items()]
    return _draw([(epoch.heading, rows)])


def draw_epochs(epochs: Sequence[Epoch], pictures: Sequence[Small], style: OverlayStyle) -> np.ndarray:
    """All epochs, at most `MAX_ROWS`, one below the other, (H, W, 3) uint8 RGB; a block for each variant."""
    chosen = np.linspace(0, len(epochs) - 1, min(len(epochs), MAX_ROWS)).round().astype(int)
    plain = _Row(["pictures"], [one.pixels for one in pictures], [""] * len(pictures))
    blocks = []
    for name in epochs[0].variants:
        rows = [_row(one.lines, one.variants[name], pictures, style) for one in (epochs[i] for i in chosen)]
        blocks.append((name, [plain, *rows]))
    return _draw(blocks)


def _row(label: Sequence[str], cells: Sequence[Cell], pictures: Sequence[Small], style: OverlayStyle) -> _Row:
    drawn = [cell.over(one, style) for one, cell in zip(pictures, cells, strict=True)]
    return _Row(label, drawn, [cell.caption for cell in cells])


def _draw(blocks: Sequence[tuple[str, Sequence[_Row]]]) -> np.ndarray:
    """Blocks of rows, each under its title."""
    rows = [row for _, of_block in blocks for row in of_block]
    labels = [text_width(line, HEADING) for row in rows for line in row.label]
    left = 2 * MARGIN + min(max(labels, default=0), MAX_LABEL)
    columns = max(len(row.drawn) for row in rows)
    titles = [text_width(title, TITLE) + 2 * MARGIN for title, _ in blocks]
    width = max(left + columns * (CELL + GAP) - GAP + MARGIN, min(max(titles), 3 * CELL + left))
    heights = [CELL + (LINE if any(row.captions) else 0) + GAP for row in rows]
    canvas = Canvas(sum(heights) + len(blocks) * (TITLE + 2 * GAP) + MARGIN, width)
    top = MARGIN
    for title, of_block in blocks:
        canvas.write(title, top, MARGIN, size=TITLE, width=width - 2 * MARGIN)
        top += TITLE + GAP
        for row in of_block:
            _put(canvas, row, top, left)
            top += CELL + (LINE if any(row.captions) else 0) + GAP
        top += GAP
    return canvas.pixels


def _put(canvas: Canvas, row: _Row, top: int, left: int) -> None:
    first = top + CELL // 2 - LINE * len(row.label) / 2
    for number, line in enumerate(row.label):
        ink = (0, 0, 0) if number == 0 else GREY
        canvas.write(line, first + number * LINE, MARGIN, size=HEADING, width=left - 2 * MARGIN, ink=ink)
    for number, (pixels, caption) in enumerate(zip(row.drawn, row.captions, strict=True)):
        at = left + number * (CELL + GAP)
        canvas.put(pixels, top, at, (CELL, CELL))
        middle = top + CELL + LINE / 2 + 2
        canvas.write(caption, middle, at + CELL / 2, size=CAPTION, width=CELL + GAP - 4, anchor="mm")
