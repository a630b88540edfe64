"""Plain text tables for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from xai_cam.files.visible import shortened, visible

MOST_LETTERS = 1000
"""Of a cell: each row is as wide as the widest."""


def lines_of_table(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Columns, each as wide as its widest cell."""
    texts = [[shortened(visible(str(cell)), MOST_LETTERS) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def lines_within(rows: Sequence[Sequence[Any]], width: int, kept: int = 1) -> Iterator[str]:
    """The same, in as many parts below each other as `width` asks for; each begins with the first columns."""
    columns = list(zip(*rows, strict=True))
    widths = [max(width_of(str(cell)) for cell in column) + 2 for column in columns]
    start = kept
    while start < len(columns):
        end, taken = start + 1, sum(widths[:kept]) + widths[start] - 2
        while end < len(columns) and taken + widths[end] <= width:
            taken += widths[end]
            end += 1
        if start > kept:
            yield ""
        yield from lines_of_table(list(zip(*columns[:kept], *columns[start:end], strict=True)))
        start = end


def width_of(text: str) -> int:
    """Columns that a text takes on a terminal: two for a wide letter (East Asian), none for an accent."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )
