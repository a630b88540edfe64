"""Lines of text in figures: their width, and how to make them fit."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

SMALLEST_FONT = 9
"""Type is made no smaller than this to fit a text into its room."""


FONT = Path(__file__).with_name("fonts") / "figures.ttf"


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font of all figures; loading one takes longer than writing a line.

    A character that it does not have is drawn as an empty box.
    """
    # The other engine, where it is installed, would set the same text in another width
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def text_width(text: str, size: int) -> int:
    """Pixels that a line of text takes."""
    return math.ceil(font(size).getlength(text))


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if value else "0"


def one_line(text: str) -> str:
    """The text without line breaks, repeated blanks and unprintable characters, which file names may have."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


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
    while len(text) > 1 and text_width(f"…{text}", size) > width:
        text = text[1:]
    return f"…{text}"


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
