"""Fusing the maps of several layers: early layers are sharp, late ones know the class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xai_cam.cam.status import LITTLE_SAID, is_nearly_flat
from xai_cam.images.resizing import resize

if TYPE_CHECKING:
    from xai_cam.cam.explanation import Explanation

FUSIONS = ("mean", "max", "product")


@dataclass(frozen=True)
class Fusion:
    """Several layers (None: the default one) whose maps are to be fused."""

    how: str
    layers: tuple[str | None, ...]

    def __str__(self) -> str:
        return f"fused-{self.how}"


@dataclass(frozen=True)
class ModelInput:
    """The model's input: what maps are of that need no layer."""

    def __str__(self) -> str:
        return "input"


INPUT = ModelInput()

FUSED_SIDE = 56
"""Rows and columns of a fused map of layers that cover different parts of the input; planes of a volume's."""

Place = str | Fusion | ModelInput | None
"""What a map is of: a layer's path, the default layer (None), several layers, or the model's input."""


def fuse(explanations: Sequence[Explanation], how: str) -> Explanation:
    """One map of those of several layers, of one image, method and class.

    Each is divided by its own maximum, so that no layer counts for more, and resized bilinearly to the finest
    of their grids; then the mean, the maximum or the product is taken, position by position. Of both signs
    each is divided by its largest absolute value, and their maximum is the value that is furthest from 0;
    where they do not agree on the sign, their product is 0. The product is RefineCAM (Domeniconi et al.
    2026): a place counts as far as all layers name it, late ones for the class, early ones for what is sharp.

    Parameters
    ----------
    explanations : sequence of Explanation
        One per layer, of one image, method and class.
    how : str
        `mean`, `max` or `product`.

    Returns
    -------
    explanation : Explanation
        Its `cam` lies in [0, 1] on the finest grid, of both signs in [-1, 1]; `blank` only if all of them
        are, or of a product if one is or they have no place in common; `non-finite` if one is.
    """
    size = max((e.cam.shape for e in explanations), key=math.prod)
    parts = {e.part for e in explanations}
    if len(parts) > 1:  # they cover different parts of the input: their common grid is that of all of it
        size = (FUSED_SIDE,) * len(size)
        explanations = [replace(e, cam=e.on_input(size), part=None) for e in explanations]
    maps = np.stack([resize(e.scaled_map, size) for e in explanations])
    cam = {"mean": _mean, "max": _furthest, "product": _product}[how](maps)
    layer = f"{how} of {', '.join(e.layer for e in explanations)}"
    status, cause = _judged(explanations, cam)
    passes, channels, error = _told(explanations, how)
    found = replace(explanations[0], cam=cam, layer=layer, status=status, cause=cause)
    return replace(found, passes=passes, channels=channels, expected_error=error)


def _told(explanations: Sequence[Explanation], how: str) -> tuple[int | None, int | None, float | None]:
    """The passes of all maps, and twice their largest error; of a product, where errors add up, their sum.

    Each map is divided by its own maximum, which may be as far off as any place of it.
    """
    passes = [e.passes for e in explanations if e.passes is not None]
    channels = [e.channels for e in explanations if e.channels is not None]
    errors = [e.expected_error for e in explanations if e.expected_error is not None]
    worst = math.fsum(errors) if how == "product" else max(errors, default=0.0)
    error = 2 * worst if len(errors) == len(explanations) else None
    return sum(passes) if passes else None, sum(channels) if channels else None, error


def _mean(maps: np.ndarray) -> np.ndarray:
    return maps.mean(axis=0)


def _product(maps: np.ndarray) -> np.ndarray:
    """The product (h, w) of maps (m, h, w), below 0 where all of them are, and 0 where their signs differ."""
    signs = np.sign(maps)
    agreed = np.where((signs == signs[0]).all(axis=0), signs[0], 0)
    return agreed * np.abs(maps).prod(axis=0)


def _furthest(maps: np.ndarray) -> np.ndarray:
    """The value (h, w) of all maps (m, h, w) that is furthest from 0: of maps >= 0 their maximum."""
    return np.take_along_axis(maps, np.abs(maps).argmax(axis=0)[None], axis=0)[0]


def _judged(explanations: Sequence[Explanation], cam: np.ndarray) -> tuple[str, str]:
    broken = [e for e in explanations if e.status == "non-finite"]
    blank = [e for e in explanations if not e.cam.any()]
    if broken or (blank and not cam.any()):
        worst = (broken or blank)[0]
        return worst.status, f"{worst.layer}: {worst.cause}"
    if not cam.any():
        return "blank", "no place is named by the maps of all of these layers"
    if cam.max() == cam.min():
        return "flat", "the maps of these layers add up to the same value everywhere"
    return "ok", LITTLE_SAID if is_nearly_flat(cam) else ""
