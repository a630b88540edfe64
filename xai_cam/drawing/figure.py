"""One map as a figure to show: the picture, the map in colours, the overlay, a colour bar and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xai_cam.drawing.canvas import THEMES, Canvas, Theme
from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.colour_bar import BarStyle, bar_shades, draw_colour_bar, shades_of
from xai_cam.drawing.marks import (
    PlacedMask,
    draw_box,
    draw_grid,
    draw_outline,
    draw_peak,
    draw_region,
    peak_of,
)
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay, place
from xai_cam.drawing.slices import across, is_volume, montage, slices_of
from xai_cam.drawing.text import fold
from xai_cam.images.picture import Region
from xai_cam.images.resampling import resample

SIDE, LONG_SIDE = 448, 1120
"""Longer side of a picture that stands beside the others; of a wide one, which stands above them."""

MONTAGE_SIDE = 720
"""Width of the slices of a volume in several rows, together."""

WIDE = 2.0
"""Pictures wider than this share of their height stand one above the other."""

MARGIN, GAP = 24, 14
BAR_HEIGHT, BAR_WIDTH, BAR_THICKNESS, TICK_SIZE = 160, 90, 28, 17
"""The bar is at least so high, and so wide with its texts and without."""

NARROWEST = 560
"""A figure is at least so wide, so that its caption can be read."""

TITLE, DETAIL = 26, 18
LEADING = 1.4
TICKS = {
    False: ((0, "0"), (0.5, "0.5"), (1, "1")),
    True: ((0, "\N{MINUS SIGN}1"), (0.5, "0"), (1, "1")),
}
"""What stands at the bar; of signed maps at that of both sides."""

MAX_LINES = 3
"""Lines that one line of a caption may be broken into."""


def draw_figure(
    pixels: np.ndarray,
    saliency_map: np.ndarray,
    region: Region | None = None,
    caption: Sequence[str] = (),
    style: OverlayStyle | None = None,
    *,
    theme: str = "light",
    grid: bool = False,
    peak: bool = False,
    box: Sequence[int] | None = None,
    boxes: Sequence[Sequence[int]] = (),
    parts: np.ndarray | None = None,
    outline: np.ndarray | PlacedMask | None = None,
) -> np.ndarray:
    """The picture, its map in colours and the overlay side by side, with a colour bar, and a caption below.

    A wide picture has them one above the other. The left half of the bar has the colours of the map, the
    right half those of the overlay, as they look over the mean colour of the picture.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 RGB
        The original picture; of a volume (D, H, W, 3), which is drawn slice by slice.
    saliency_map : (h, w) float32 in [0, 1]
        The map, on the layer's grid; for a signed style in [-1, 1]. That of a volume is (d, h, w).
    region : Region, optional
        What the map covers of the picture; default: all.
    caption : sequence of str
        The title, and lines in smaller type.
    style : OverlayStyle, optional
        Colours, blend and opacity.
    theme : str
        `light` or `dark`.
    grid : bool
        Show the cells of the map.
    peak : bool
        Draw a ring around the highest cell.
    box : (x0, y0, x1, y1), optional
        Draw a box around these pixels of the picture, of a volume in the slice that comes first; the last
        two are just outside.
    boxes : sequence of (x0, y0, x1, y1)
        The same of several.
    parts : (H, W) bool, optional
        Draw the edge of parts of the map, over map and overlay.
    outline : (H, W) bool or PlacedMask, optional
        Draw the edge of a part of the picture, such as the one that a target is of.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    style, colours = style or OverlayStyle(), THEMES[theme]
    region = region or Region.whole(pixels.shape[:-1])
    marks = _Marks(grid, peak, (*boxes, *([] if box is None else [box])), parts, outline)
    if is_volume(pixels):
        panels = _of_volume(pixels, saliency_map, region, style, colours, marks)
    else:
        panels = _panels(_at_size(pixels), saliency_map, region, style, colours, marks)
    shades = np.stack([shades_of(style.colours), bar_shades(style, pixels)], axis=1)
    return _compose(panels, shades, TICKS[style.signed], caption, colours)


@dataclass(frozen=True)
class _Marks:
    """What is drawn besides the map."""

    grid: bool
    peak: bool
    boxes: Sequence[Sequence[int]]
    parts: np.ndarray | None
    outline: np.ndarray | PlacedMask | None

    def of_slice(self, number: int, first: bool) -> _Marks:
        """Those of one slice of a volume: peak and boxes are in the first one that is drawn."""
        edge = self.outline[number] if isinstance(self.outline, np.ndarray) else None
        return _Marks(self.grid, self.peak and first, self.boxes if first else (), None, edge)


def _of_volume(
    pixels: np.ndarray,
    saliency_map: np.ndarray,
    region: Region,
    style: OverlayStyle,
    theme: Theme,
    marks: _Marks,
) -> list[np.ndarray]:
    """The panels of a volume: of each the slices, the one where the map is highest first."""
    slices = list(slices_of(pixels.shape[:-1], saliency_map, region, pixels))
    numbers = [one.number for one in slices]
    columns = across(len(slices), pixels.shape[1:3])
    side = (LONG_SIDE if columns == len(slices) else MONTAGE_SIDE) // columns
    drawn = [
        _panels(
            _at_size(one.pixels, side),
            one.saliency_map,
            one.region,
            style,
            theme,
            marks.of_slice(one.number, one is slices[0]),
        )
        for one in slices
    ]
    return [montage(of_panel, numbers, theme) for of_panel in zip(*drawn, strict=True)]


def _panels(
    sized: tuple[np.ndarray, tuple[float, float]],
    saliency_map: np.ndarray,
    region: Region,
    style: OverlayStyle,
    colours: Theme,
    marks: _Marks,
) -> list[np.ndarray]:
    """A picture as large as it is shown, its map and its overlay."""
    shown, scale = sized
    grid, outline = marks.grid, marks.outline
    there = _scaled(region, scale)
    heat = _heat(saliency_map, there, shown.shape[:2], style.colours, colours, grid)
    laid = draw_overlay(shown, saliency_map, there, style)
    panels = [shown, heat, laid]
    if grid:
        panels[1:] = [draw_grid(one, saliency_map.shape, there) for one in panels[1:]]
    if isinstance(outline, PlacedMask):
        panels = [draw_region(one, outline.scaled(*scale)) for one in panels]
    elif outline is not None:
        panels = [draw_outline(one, _sized(outline, shown)) for one in panels]
    if marks.parts is not None:
        panels[1:] = [draw_outline(one, _sized(marks.parts, shown)) for one in panels[1:]]
    for box in marks.boxes:
        (x0, y0, x1, y1), (down, across) = box, scale
        found = round(x0 * across), round(y0 * down), round(x1 * across), round(y1 * down)
        panels[1:] = [draw_box(one, found) for one in panels[1:]]
    if marks.peak and saliency_map.max() > 0:
        panels[1:] = [draw_peak(one, peak_of(saliency_map, there, shown.shape[:2])) for one in panels[1:]]
    return panels


def _sized(mask: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """A mask (H, W) of a picture at the size of that picture as it is shown."""
    return np.asarray(Image.fromarray(mask).resize(shown.shape[1::-1], Image.Resampling.NEAREST))


def _at_size(pixels: np.ndarray, side: int | None = None) -> tuple[np.ndarray, tuple[float, float]]:
    """The picture as large as it is shown, and by what its height and width were multiplied.

    A small one is enlarged by a whole factor, pixel by pixel.
    """
    height, width = pixels.shape[:2]
    side = side or (LONG_SIDE if width > WIDE * height else SIDE)
    factor = side / max(height, width)
    if factor >= 2:
        large = pixels.repeat(int(factor), axis=0).repeat(int(factor), axis=1)
        return large, (int(factor), int(factor))
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return resample(pixels, size, "lanczos"), (size[0] / height, size[1] / width)


def _scaled(region: Region, scale: tuple[float, float]) -> Region:
    down, across = scale
    return Region(region.top * down, region.left * across, region.bottom * down, region.right * across)


def _heat(
    saliency_map: np.ndarray,
    region: Region,
    size: tuple[int, int],
    colormap: str,
    theme: Theme,
    cells: bool,
) -> np.ndarray:
    """The map in colours, smooth or in its cells; plain where the model did not see, or nothing."""
    placed, seen = place(saliency_map, region, size)
    if cells:
        placed = _cells(saliency_map, region, size)
    drawn = colour(placed, colormap)
    drawn[~seen | (not saliency_map.any())] = theme.unseen
    return drawn


def _cells(saliency_map: np.ndarray, region: Region, size: tuple[int, int]) -> np.ndarray:
    """The map in the pixels of the picture, each with the value of the cell that it lies in."""
    where = []
    for pixels, cells, first, last in (
        (size[0], saliency_map.shape[0], region.top, region.bottom),
        (size[1], saliency_map.shape[1], region.left, region.right),
    ):
        cell = np.floor((np.arange(pixels) + 0.5 - first) / (last - first) * cells)
        where.append(np.clip(cell, 0, cells - 1).astype(int))
    return saliency_map[np.ix_(*where)]


def _compose(
    panels: Sequence[np.ndarray],
    shades: np.ndarray,
    ticks: Sequence[tuple[float, str]],
    caption: Sequence[str],
    theme: Theme,
) -> np.ndarray:
    """Panels and bar on the paper, and the caption below."""
    height, width = panels[0].shape[:2]
    stacked = width > WIDE * height
    block = (3 * height + 2 * GAP, width) if stacked else (height, 3 * width + 2 * GAP)
    area = max(block[0], BAR_HEIGHT)
    across = max(block[1] + BAR_WIDTH, NARROWEST)
    lines = [
        (line, TITLE if number == 0 else DETAIL)
        for number, text in enumerate(caption)
        for line in fold(text, TITLE if number == 0 else DETAIL, across, MAX_LINES)
    ]
    below = GAP + sum(round(LEADING * size) for _, size in lines) if lines else 0
    canvas = Canvas(2 * MARGIN + area + below, 2 * MARGIN + across, theme)
    left = MARGIN + (across - block[1] - BAR_WIDTH) // 2
    top = MARGIN + (area - block[0]) // 2
    for number, panel in enumerate(panels):
        down, right = (number, 0) if stacked else (0, number)
        canvas.put(panel, top + down * (height + GAP), left + right * (width + GAP))
    bar = BarStyle(BAR_WIDTH, GAP, TICK_SIZE // 2, TICK_SIZE, theme=theme, thickness=BAR_THICKNESS)
    bar_height = min(max(block[0], BAR_HEIGHT), 2 * SIDE)
    canvas.put(
        draw_colour_bar(shades, ticks, bar_height, bar), MARGIN + (area - bar_height) // 2, left + block[1]
    )
    place_of_line = MARGIN + area + GAP
    for line, size in lines:
        ink = theme.ink if size == TITLE else theme.soft
        canvas.write(line, place_of_line, MARGIN, size=size, ink=ink)
        place_of_line += round(LEADING * size)
    return canvas.pixels
