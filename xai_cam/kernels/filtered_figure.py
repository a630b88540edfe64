"""Figure of a filtered picture: the original, the kernel, the result and the single planes, with captions."""

from __future__ import annotations

import math

import numpy as np

from xai_cam.drawing.canvas import BLACK, Canvas
from xai_cam.drawing.diverging import diverging
from xai_cam.drawing.panels import WIDEST, Panel, draw_panels
from xai_cam.drawing.text import shorten
from xai_cam.drawing.tiles import centred, enlarge_cells
from xai_cam.kernels.filtering import for_display
from xai_cam.kernels.picture_filter import COLOURS, Answer, PictureFilter

HEIGHT = 288
NARROWEST = 0.9
"""A picture that is narrower than this share of its height gets white sides, so that captions fit."""

SHOWN = {"clip": "0 to 1 shown", "symmetric": "0 is mid grey", "stretch": "lowest to highest"}
"""The rules of display, in captions."""

ONE_SCALE = "the same scale for all"

LONGEST_NAME = 36
FRAME, GREY, BETWEEN = 2, 160, 12
IN_A_ROW = 3
NUMBERED, LARGEST_NUMBER, DARK = 34, 15, 125
"""Pixels of the smallest square that has a number in it, size of the largest number, and the mean of a colour
on which numbers are white."""


def draw_answer(
    name: str, pixels: np.ndarray, picture_filter: PictureFilter, answer: Answer, border: str
) -> np.ndarray:
    """The figure of one image: first the picture, the kernel and the result, below them the planes.

    All planes are shown by one scale, the result by its own.

    Parameters
    ----------
    name : str
        Of the image.
    pixels : (H, W, 3) uint8 RGB
        The image itself.
    picture_filter : PictureFilter
        What it was filtered by.
    answer : Answer
        Its result and planes.
    border : str
        One of `BORDERS`, for the caption.

    Returns
    -------
    figure : (H', W', 3) uint8 RGB
    """
    picture, height = _drawable(pixels), _height(pixels.shape[0])
    width = min(round(picture.shape[1] * height / picture.shape[0]), WIDEST * height)
    kernel = draw_kernel(picture_filter.values, (height, _kernel_room(picture_filter.values, height, width)))
    panels = [
        Panel(picture, f"{shorten(name, LONGEST_NAME)}\nborder: {border}"),
        Panel(kernel, _caption_of_kernel(picture_filter)),
        Panel(_drawable(answer.pixels), f"{_result_of(answer)}\n{_range(answer.result, answer.scale)}"),
    ]
    if answer.planes.shape[2] > 1:
        shown = for_display(answer.planes, answer.scale)
        for i, plane in enumerate(answer.names):
            caption = _range(answer.planes[..., i], answer.scale, ONE_SCALE)
            panels.append(Panel(_drawable(shown[..., i]), f"{plane}\n{caption}"))
    return draw_panels([panels[i : i + IN_A_ROW] for i in range(0, len(panels), IN_A_ROW)], height)


def draw_kernel(kernel: np.ndarray, room: tuple[int, int]) -> np.ndarray:
    """A kernel (k, h, w) as squares of colour: blue below 0, red above, nearly white 0.

    Up to 3 planes stand side by side and share one scale; of more their sum is drawn.

    Parameters
    ----------
    kernel : (k, h, w) float
        One plane or several.
    room : (H, W)
        Size of the drawing.

    Returns
    -------
    pixels : (H, W, 3) uint8 RGB
        Larger where the kernel has more values than that.
    """
    planes = kernel if len(kernel) <= IN_A_ROW else kernel.sum(axis=0, keepdims=True)
    largest = float(np.abs(planes).max()) or 1.0
    rows, columns = planes.shape[1:]
    free = room[0] - 2 * FRAME, (room[1] - (len(planes) - 1) * BETWEEN) // len(planes) - 2 * FRAME
    cell = max(1, min(free[0] // rows, free[1] // columns))
    edges = ((FRAME, FRAME), (FRAME, FRAME), (0, 0))
    tiles = [enlarge_cells(tile, cell) for tile in diverging(planes / largest)]
    form = _form(largest)
    tiles = [_numbered(tile, plane, cell, form) for tile, plane in zip(tiles, planes, strict=True)]
    tiles = [np.pad(tile, edges, constant_values=GREY) for tile in tiles]
    spaced = [np.pad(tile, ((0, 0), (BETWEEN, 0), (0, 0)), constant_values=255) for tile in tiles]
    return centred(np.concatenate(spaced, axis=1)[:, BETWEEN:], room)


def _kernel_room(kernel: np.ndarray, height: int, width: int) -> int:
    """Width of a kernel's drawing: up to that of two pictures, so that its numbers are legible."""
    planes = len(kernel) if len(kernel) <= IN_A_ROW else 1
    rows, columns = kernel.shape[1:]
    cell = min(NUMBERED, (height - 2 * FRAME) // rows)
    wanted = planes * (columns * cell + 2 * FRAME) + (planes - 1) * BETWEEN
    return max(width, min(wanted, 2 * width))


def _form(largest: float) -> str:
    """How numbers are written of which that is the largest: with two digits of it."""
    exponent = math.floor(math.log10(largest))
    return f".{max(0, 1 - exponent)}f" if -3 <= exponent <= 3 else ".0e"


def _numbered(tile: np.ndarray, values: np.ndarray, cell: int, form: str) -> np.ndarray:
    """A kernel's squares with their values in them, where these have room."""
    if cell < NUMBERED:
        return tile
    canvas = Canvas(*tile.shape[:2])
    canvas.put(tile, 0, 0)
    for (row, column), value in np.ndenumerate(values):
        top, left = (row + 0.5) * cell, (column + 0.5) * cell
        dark = tile[int(top), int(left)].mean() < DARK
        ink = (255, 255, 255) if dark else BLACK
        size = min(LARGEST_NUMBER, cell // 3)
        text = f"{value if float(f'{value:{form}}') else 0:{form}}"  # no minus before a zero
        canvas.write(text, top, left, size=size, width=cell - 4, anchor="mm", ink=ink)
    return canvas.pixels


def _caption_of_kernel(picture_filter: PictureFilter) -> str:
    kernel = picture_filter.values
    size = f"{kernel.shape[1]} x {kernel.shape[2]}"
    if picture_filter.reads == "colours":
        size += " for " + ", ".join(COLOURS[plane] for plane in picture_filter.inputs)
    if len(kernel) > IN_A_ROW:
        kernel, size = kernel.sum(axis=0), f"sum of {len(kernel)} kernels {size}"
    span = f"{kernel.min():.3g} to {kernel.max():.3g}"
    name = shorten(picture_filter.name, LONGEST_NAME)
    return f"{name}\n{size}, {span}\nred above 0, blue below; a square is a pixel"


def _result_of(answer: Answer) -> str:
    if answer.combine == "colour":
        return "red, green and blue together"
    if answer.left_out:
        return f"sum, with {answer.left_out} channels not shown"
    return "sum of the planes" if answer.planes.shape[2] > 1 else "filtered"


def _range(values: np.ndarray, scale: str, shared: str = "") -> str:
    shown = shared if shared and scale != "clip" else SHOWN[scale]
    return f"{values.min():.3g} to {values.max():.3g}; {shown}"


def _drawable(pixels: np.ndarray) -> np.ndarray:
    """RGB, large enough and wide enough to be drawn as a panel."""
    if pixels.ndim == 2:
        pixels = pixels[..., None].repeat(3, axis=2)
    factor = _height(pixels.shape[0]) // pixels.shape[0]
    if factor > 1 and pixels.shape[1] * factor < HEIGHT * WIDEST:  # squares, not blurs
        pixels = enlarge_cells(pixels, factor)
    height, width = pixels.shape[:2]
    return centred(pixels, (height, max(width, math.ceil(height * NARROWEST))))


def _height(rows: int) -> int:
    """Of the panels: whole pixels of tiny pictures."""
    return HEIGHT if rows >= HEIGHT else -(-HEIGHT // rows) * rows
