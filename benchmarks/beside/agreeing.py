"""Do the contenders draw the same map? A fast wrong map is no peer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from beside.contenders import CONTENDERS, PLAINLY

REFERENCE = "xai-cam, TensorFlow"


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two maps, NaN where one is constant."""
    a, b = (x.astype(np.float64).ravel() - x.mean(dtype=np.float64) for x in (first, second))
    norm = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / norm) if norm > 0 else float("nan")


def agreements(maps: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Each contender against ours, by a definition that both have; and against its own masks' map.

    `correlation` is the lowest over the images, `compared`, that both have maps of; `own_masks` that with the
    map written out plainly with the masks of the contender, None where its masks are ours.
    """
    if REFERENCE not in maps:
        return []
    found = []
    for name in maps:
        if name in PLAINLY:
            continue
        for definition, (lowest, count) in _compare(maps[name], maps[REFERENCE]).items():
            told = {"contender": name, "definition": definition, "correlation": lowest, "compared": count}
            masks = CONTENDERS[name].masks
            plain = _compare(maps[name], maps[masks]) if masks in maps else {}
            found.append({**told, "own_masks": plain[definition][0] if definition in plain else None})
            break
    return found


def _compare(first: Path, second: Path) -> dict[str, tuple[float, int]]:
    """By definition: the lowest correlation, and of how many images."""
    with np.load(first) as a, np.load(second) as b:
        both = {name: list(zip(a[name], b[name], strict=False)) for name in a.files if name in b.files}
    return {name: (min(correlation(*pair) for pair in pairs), len(pairs)) for name, pairs in both.items()}
