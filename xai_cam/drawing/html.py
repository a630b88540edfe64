"""Pieces of HTML for notebooks: they need no other file, and every text in them is escaped.

They take the notebook's own colours and type, so that they can be read in a dark one.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PIL import Image, features

MAX_WIDTH = 1200
"""Pixels; a wider picture is made smaller before it is put into a notebook."""

QUALITY = 82
COLOURS = 128
LINE = "1px solid rgba(128, 128, 128, 0.35)"


def bounded(pixels: np.ndarray, width: int = MAX_WIDTH) -> np.ndarray:
    """A picture (H, W, 3) uint8 that is at most so wide."""
    rows, columns = pixels.shape[:2]
    if columns <= width:
        return pixels
    size = width, max(1, round(rows * width / columns))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def encoded(pixels: np.ndarray, width: int = MAX_WIDTH) -> bytes:
    """A picture (H, W, 3) uint8 as a PNG file, at most so wide."""
    buffer = io.BytesIO()
    Image.fromarray(bounded(pixels, width)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def picture(pixels: np.ndarray, text: str, width: int = MAX_WIDTH) -> str:
    """A picture (H, W, 3) uint8 that the page holds itself, with a text for those who cannot see it."""
    small, buffer = Image.fromarray(bounded(pixels, width)), io.BytesIO()
    kind = "webp" if features.check("webp") else "png"  # a tenth of the size, in a file that keeps them all
    small.save(buffer, kind, quality=QUALITY) if kind == "webp" else small.save(buffer, kind)
    return _image(kind, buffer.getvalue(), text)


def chart(figure: Any, text: str) -> str:
    """A chart of Matplotlib's, in the few colours that it has."""
    drawn, buffer = Image.open(io.BytesIO(figure._repr_png_())), io.BytesIO()
    drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return _image("png", buffer.getvalue(), text)


def _image(kind: str, data: bytes, text: str) -> str:
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    style = "max-width: 100%; height: auto; border-radius: 4px"
    return f'<img src="{source}" alt="{html.escape(text)}" title="{html.escape(text)}" style="{style}">'


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], strong: Iterable[tuple[int, int]] = ()
) -> str:
    """A table of texts; cells named in `strong`, by row and column, are set in bold."""
    bold = set(strong)
    cell = f"padding: 0.3em 0.8em; border-bottom: {LINE}; text-align: left; background: transparent"
    head = "".join(f'<th style="{cell}">{html.escape(name)}</th>' for name in columns)
    body = "".join(
        f"<tr>{''.join(_cell(text, cell, (number, i) in bold) for i, text in enumerate(row))}</tr>"
        for number, row in enumerate(rows)
    )
    style = "border-collapse: collapse; color: inherit; margin: 0.5em 0"
    return (
        f'<div style="overflow-x: auto"><table style="{style}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(text: str, style: str, strong: bool) -> str:
    shown = html.escape(text)
    return f'<td style="{style}">{f"<strong>{shown}</strong>" if strong else shown}</td>'


def lines(texts: Iterable[str]) -> str:
    """A list of sentences."""
    found = "".join(f"<li>{html.escape(text)}</li>" for text in texts)
    return f'<ul style="margin: 0.5em 0; padding-left: 1.4em">{found}</ul>' if found else ""


def title(text: str) -> str:
    """A line above the rest."""
    return f'<p style="margin: 0.3em 0"><strong>{html.escape(text)}</strong></p>'


def note(text: str) -> str:
    """A line in smaller type."""
    return f'<p style="margin: 0.3em 0; opacity: 0.75; font-size: 0.9em">{html.escape(text)}</p>'


def side_by_side(parts: Iterable[str], width: int) -> str:
    """Pieces beside each other, each at most so many pixels wide, as many in a row as there is room for."""
    style = "display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start"
    boxes = "".join(f'<div style="flex: 0 1 {width}px; min-width: 200px">{part}</div>' for part in parts)
    return f'<div style="{style}">{boxes}</div>'


def block(*parts: str) -> str:
    """Pieces below each other: what a notebook shows of one object."""
    return f'<div style="color: inherit; background: transparent">{"".join(parts)}</div>'
