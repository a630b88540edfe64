"""Explanations made by hand, and pictures for them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.images.picture import Region

RISING = np.array([[0, 1], [2, 4]], np.float32)


def made(cam: Any = RISING, **other: Any) -> Explanation:
    """Grad-CAM of class 2, where class 1 is predicted."""
    maps = np.asarray(cam, np.float32)
    known = Explanation(maps, "grad-cam", "conv", 2, 1, 1.5, "logit", 0.25, ((1, 0.75),), "ok", "")
    return dataclasses.replace(known, **other)


@dataclasses.dataclass
class Photos:
    """What `prepare` returns, as far as maps look at it: pictures of noise, each seen as a whole."""

    pixels: list[np.ndarray]
    regions: list[Region]
    paths: list[Path | None]

    @classmethod
    def of(cls, *sizes: tuple[int, int], folder: Path | None = None) -> Photos:
        rng = np.random.default_rng(0)
        pixels = [rng.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
        paths = [None if folder is None else folder / f"photo {i}.png" for i in range(len(sizes))]
        return cls(pixels, [Region(0, 0, *size) for size in sizes], paths)
