"""Results of sanity checks with known numbers, made without a model."""

from __future__ import annotations

import numpy as np

from xai_cam.images.picture import Picture, Region
from xai_cam.sanity import Sanity
from xai_cam.sanity.checks import Check, LeftOut
from xai_cam.sanity.report import Shown


def counted_check(method: str = "some-cam", images: tuple[int, ...] = (0, 2), steps: int = 2) -> Check:
    """Two draws of so many steps, the last at the target layer; correlations are (image + draw) / 10."""
    n = len(images)
    rng = np.random.default_rng(steps)
    correlation = np.broadcast_to(
        (np.array(images)[:, None, None] + np.arange(2)[:, None]) / 10, (n, 2, steps)
    )
    left = tuple(LeftOut(i, "blank", "dead") for i in range(3) if i not in images)
    return Check(
        layer="block/conv",
        method=method,
        stages=(*((f"dense_{s}", True) for s in range(steps - 1)), ("block/conv", False)),
        images=np.array(images, int),
        left_out=left,
        correlation=correlation,
        overlap=correlation / 2,
        lost=np.zeros((n, 2, steps), bool),
        class_correlation=np.full((n, 1), 0.25),
        class_overlap=np.full((n, 1), 0.5),
        class_lost=np.zeros((n, 1), bool),
        maps=rng.random((n, 1 + steps, 3, 3), np.float32),
    )


def even_check(of_class: float, above: float, last: float, count: int = 5) -> Check:
    """A check of `count` images whose correlations and overlaps all have these values.

    Two layers stand above the target, `block/conv` does not.
    """
    values = np.tile(np.array([above, above, last]), (count, 1, 1))
    classes = np.full((count, 2), of_class)
    return Check(
        layer="block/relu",
        method="some-cam",
        stages=(("head", True), ("hidden", True), ("block/conv", False)),
        images=np.arange(count),
        left_out=(LeftOut(9, "blank", "dead"),),
        correlation=values,
        overlap=values,
        lost=np.zeros(values.shape, bool),
        class_correlation=classes,
        class_overlap=classes,
        class_lost=np.zeros(classes.shape, bool),
        maps=np.zeros((count, 4, 2, 2), np.float32),
    )


def sanity_of(*checks: Check) -> Sanity:
    """Three images, all of class 1, and two draws."""
    return Sanity(checks, np.ones(3, int), draws=2, seed=4)


def image_shown(number: int = 0, size: tuple[int, int] = (60, 90)) -> Shown:
    """A grey image for the figure."""
    pixels = np.full((*size, 3), 100, np.uint8)
    return Shown(number, "0.png", "bee", Picture(pixels, pixels), Region(0, 0, *size))
