"""Cells of text that a spreadsheet would take for formulas, and run."""

from __future__ import annotations

import re

FORMULA = re.compile(r"'*\s*[=+\-@]")
NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*(?:e[+-]?\d+)?%?|inf|nan)", re.IGNORECASE)


def apart(text: str) -> str:
    """The text of a cell, with an apostrophe before one that would be a formula: `'=1+1`, but `-1`.

    A text that has an apostrophe before such a sign gets another one: `plain` gives every text back.
    """
    if text[:1].isalnum():  # as of nearly all: before a formula stand signs and spaces alone
        return text
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text.strip()) else text


def plain(cell: str) -> str:
    """The text of a cell, without the apostrophe that told it apart."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
