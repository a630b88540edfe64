"""Whole computations on images, gradients too, run by OpenVINO alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_cam.cam.engines.openvino.conversion import translate
from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.table import RULES

JUMPS = 0.002
"""Share of the positions of an image's gradient that may be off by any amount: see `gradient_difference`."""

LOOSE = 100
"""By how much farther off the gradient of an image may be as a whole."""


def portable(concrete: Any) -> Any:
    """A traced function of the same inputs and results, in operations that OpenVINO has.

    As far as the table of rules goes: what it still lacks shows when it is converted.

    Raises
    ------
    RuntimeError
        A rule does not hold for it.
    """
    return rewritten(concrete, RULES)


def convert_whole(concrete: Any) -> Any:
    """The graph of OpenVINO of a traced function such as `Graphs.forward` or `Graphs.gradients`.

    Its inputs have their names and take any number of images; its outputs come in the same order. An input
    that no result needs is left out.

    Raises
    ------
    RuntimeError
        The reason for which it cannot be converted.
    """
    return translate(portable(concrete))


def gradient_difference(found: np.ndarray, exact: np.ndarray) -> float:
    """How far gradients (count, n, …) of n images are off, over the largest of each; infinite if NaN differ.

    A ReLU or a maximum has a gradient that jumps. Where a number lies at the jump but for rounding, two
    engines that compute alike may take different sides, and all positions that lead there differ: a few of
    the image, and of few images, since one number in a million or so lies so close. A fault of a conversion,
    in contrast, is one of every image, and of many positions: at the least those of an edge of the map.

    So positions that differ most, up to a share of `JUMPS`, are left out in each image, and of what is left
    of the images the median counts, as long as no image is off as a whole: its gradient's distance to the
    exact one, over the length of that, counts as well, a hundred times less.
    """
    worst = 0.0
    for some, right in zip(found, exact, strict=True):
        of_images = [_off_by(one, other) for one, other in zip(some, right, strict=True)]
        near, far = zip(*of_images, strict=True)
        worst = max(worst, float(np.median(near)), max(far) / LOOSE)
    return worst


def _off_by(found: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    """How far the gradient of one image is off but for jumps, and as a whole."""
    finite = np.isfinite(exact)
    if not np.array_equal(np.isfinite(found), finite):
        return float("inf"), float("inf")
    right, off = exact[finite].astype(float), np.abs(found[finite].astype(float) - exact[finite])
    largest, length = np.abs(right).max(initial=0), np.linalg.norm(right)
    if not off.size:
        return 0.0, 0.0
    counted = np.sort(off)[: -int(off.size * JUMPS) or None][-1]
    whole = np.linalg.norm(off)
    return (counted / largest, whole / length) if largest > 0 else (float(off.max()), float(off.max()))
