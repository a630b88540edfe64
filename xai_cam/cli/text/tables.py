"""Plain text tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click


def lines_of_table(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Columns, each as wide as its widest cell."""
    texts = [[str(cell).replace("\n", "\\n") for cell in row] for row in rows]  # as a file's name may have
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def show_table(rows: Sequence[Sequence[Any]]) -> None:
    """Print a table on standard output."""
    for line in lines_of_table(rows):
        click.echo(line)
