"""Values of JSON that anybody may have written: looked at before they are believed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_DEPTH, MAX_VALUES = 16, 500_000
"""Of what this tool writes itself; the curves of a comparison take some ten thousand values."""

MAX_WHOLE_NUMBER = 1 << 63

Kinds = Mapping[str, tuple[type | None, ...]]
"""Types of values by name: `float` stands for any finite number, None for no value."""


def is_plain(found: Any) -> bool:
    """Whether JSON is no deeper and larger than any that this tool writes, and can be written again.

    Half a character (a lone surrogate) and a number of a thousand digits can be read, but not written again.
    """
    level: list[Any] = [found]
    values = 0
    for _ in range(MAX_DEPTH):
        values += len(level)
        if values > MAX_VALUES or not all(map(_is_usable, level)):
            return False
        level = [inner for value in level if isinstance(value, dict | list) for inner in _inside(value)]
        if not level:
            return True
    return False


def _inside(value: dict[str, Any] | list[Any]) -> Sequence[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else value


def _is_usable(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    return not isinstance(value, int) or abs(value) < MAX_WHOLE_NUMBER


def finite(value: Any) -> Any:
    """The same with None for numbers that are not finite, which JSON has no words for."""
    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def has(found: Any, needed: Kinds, possible: Kinds | None = None) -> bool:
    """Whether an object has values of these kinds; the `possible` ones may be missing."""
    if not isinstance(found, dict) or not needed.keys() <= found.keys():
        return False
    kinds = {**needed, **(possible or {})}
    return all(is_of(found[name], kinds[name]) for name in kinds.keys() & found.keys())


def is_of(value: Any, kinds: tuple[type | None, ...]) -> bool:
    """Whether a value is of one of these kinds; True and False are no numbers."""
    if value is None:
        return None in kinds
    if type(value) in (int, float) and float in kinds:
        return math.isfinite(value)
    return type(value) in kinds
