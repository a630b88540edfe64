"""Lines of text in figures: their width, and how to make them fit."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageFont

SMALLEST_FONT = 9
"""Type is made no smaller than this to fit a text into its room."""

CACHED_TEXTS = 4096
"""Figures of a run repeat most of their texts: numbers of channels, names of layers, ends of scales."""


FONT = Path(__file__).with_name("fonts") / "figures.ttf"


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font of all figures; loading one takes longer than writing a line.

    A character that it does not have is drawn as an empty box.
    """
    from PIL import ImageFont  # not for each command: few set type

    # The other engine, where it is installed, would set the same text in another width
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=CACHED_TEXTS)
def text_width(text: str, size: int) -> int:
    """Pixels that a line of text takes."""
    return math.ceil(font(size).getlength(text))


@lru_cache(maxsize=CACHED_TEXTS)
def text_mask(text: str, size: int, anchor: str, start: tuple[float, float]) -> tuple[np.ndarray, int, int]:
    """A line of text as a mask, and where its anchor lies in it.

    Parameters
    ----------
    text : str
        The line.
    size : int
        Size of the type in pixels.
    anchor : str
        As Pillow has it.
    start : (float, float)
        What the anchor's place is beyond whole pixels, to the right and down.

    Returns
    -------
    mask : (h, w) uint8
        How opaque the text is, from 0 to 255.
    above, before : int
        Rows above the anchor, and columns before it.
    """
    from PIL import ImageDraw

    width = text_width(text, size)
    before = size + {"l": 0, "m": width // 2, "r": width}[anchor[0]]
    above = 2 * size  # no letter is higher, or reaches lower
    image = Image.new("L", (width + 2 * size + 1, 4 * size))
    ImageDraw.Draw(image).text((before + start[0], above + start[1]), text, 255, font(size), anchor=anchor)
    left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
    return np.asarray(image)[top:bottom, left:right].copy(), above - top, before - left


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if value else "0"


def one_line(text: str) -> str:
    """The text without line breaks, repeated blanks and unprintable characters, which file names may have."""
    words = text.encode("utf-8", "replace").decode().split()
    return "".join(letter for letter in " ".join(words) if letter.isprintable())


def shorten(name: str, most: int) -> str:
    """A name on one line; of one longer than `most` letters the beginning, followed by …."""
    name = one_line(name)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def shorten_path(path: str, most: int) -> str:
    """The last part of a path; of a long one the end, which distinguishes layers."""
    name = path.rsplit("/", 1)[-1]
    return name if len(name) <= most else f"…{name[1 - most :]}"


def fitting_size(text: str, size: int, width: int) -> int:
    """The largest size of type, at most `size`, in which a text fits into `width`; else the smallest."""
    sizes = range(size, SMALLEST_FONT, -1)
    return next((s for s in sizes if text_width(text, s) <= width), min(size, SMALLEST_FONT))


def cut(text: str, size: int, width: int) -> str:
    """The end of a text that is wider than `width`, with … before it."""
    if text_width(text, size) <= width:
        return text
    text = text[-max(1, width) :]  # hardly a letter is narrower than a pixel
    first = bisect_left(range(len(text) - 1), True, key=lambda n: text_width(f"…{text[n:]}", size) <= width)
    return f"…{text[first:]}"


def fold(text: str, size: int, width: int, most: int) -> list[str]:
    """A text in at most so many lines, none wider than `width`: of a long one the beginning, followed by ….

    Lines are broken between words, and where one word is too wide, as in scripts without blanks, anywhere.
    """
    whole = one_line(text)
    text = whole[: max(1, most * width)]  # hardly a letter is narrower than a pixel
    lines: list[str] = []
    for line in wrap(text, size, width):
        rest = line
        while rest and len(lines) <= most:
            end = _fitting(rest, size, width)
            lines.append(rest[:end])
            rest = rest[end:]
    if len(lines) > most or len(text) < len(whole):
        last = lines[:most][-1].rstrip()
        lines[min(most, len(lines)) - 1 :] = [f"{last[: _fitting(last, size, width, '…')]}…"]
    return lines


def _fitting(text: str, size: int, width: int, after: str = "") -> int:
    """How many letters from the beginning on, at least one, fit into `width` with `after` behind them."""
    return (
        bisect_left(
            range(2, len(text) + 1), True, key=lambda end: text_width(text[:end] + after, size) > width
        )
        + 1
    )


def wrap(text: str, size: int, width: int) -> list[str]:
    """A text in lines that are no wider than `width`, as far as its words allow."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
