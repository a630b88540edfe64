"""Anything changed anywhere in JSON and in bytes, by numbers that stand for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

JUNK: list[Any] = [
    *(None, True, -1, 0, 1, 2, 0.5, 10**9, 10**30, 1e400, "", "x", "os", "valid", "same", "relu", "axis"),
    *("Lambda", "Dense", "channels_first", "/", "../..", "theano", "mixed_float16", "é\u2028\ud800"),
    *([], {}, [None], [0, 0], [[["x", 0, 0]]], [[[[[[]]]]]]),
    *({"class_name": "Dense"}, {"class_name": "Lambda", "config": {}}),
]


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(items):
        yield node, key
        yield from places(value)


def changed(config: Any, changes: list[tuple[int, int]]) -> Any:
    """Values replaced by junk, left out, doubled, or put in the place of others."""
    config = copy.deepcopy(config)
    for where, what in changes:
        found = list(places(config))
        if not found:
            return config
        container, key = found[where % len(found)]
        if what < len(JUNK):
            container[key] = copy.deepcopy(JUNK[what])
        elif what == len(JUNK):
            del container[key]
        elif what == len(JUNK) + 1 and isinstance(container, list):
            container.insert(key, copy.deepcopy(container[key]))
        else:
            other, place = found[(where // 7) % len(found)]
            container[key] = copy.deepcopy(other[place])
    return config


def damaged(data: bytes, changes: list[tuple[float, bytes]], cut: float | None) -> bytes:
    broken = bytearray(data)
    for share, new in changes:
        at = int(share * (len(broken) - 1))
        broken[at : at + len(new)] = new
    return bytes(broken[: int(len(broken) * cut)] if cut is not None else broken)
