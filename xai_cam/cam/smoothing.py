"""Maps smoothed by test-time augmentation: the mean of those of an image, mirrored, darker and brighter.

As pytorch-grad-cam's `aug_smooth`: the preprocessed image and its mirror image, each times 0.9, 1 and 1.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import FUSED_SIDE
from xai_cam.cam.residuals import describe_residual
from xai_cam.cam.status import LITTLE_SAID, is_nearly_flat
from xai_cam.images.picture import Region
from xai_cam.models.input.inputs import Inputs

FACTORS = (1.0, 0.9, 1.1)
"""What the preprocessed image is multiplied by, itself first."""

SMOOTHED = 2 * len(FACTORS)
"""Images explained for each."""


@dataclass(frozen=True)
class Changed:
    """Images as they are changed, and whether they are mirrored left to right."""

    inputs: Inputs
    mirrored: bool


def changed(inputs: Inputs) -> Iterator[Changed]:
    """Every change of the images but none at all; masks of regions are mirrored with them."""
    for mirrored in (False, True):
        images, regions = inputs.images, inputs.regions
        if mirrored:
            images, regions = images[..., ::-1, :], tuple(one[..., ::-1] for one in regions)
        for factor in FACTORS:
            if mirrored or factor != 1:
                values = np.ascontiguousarray(images * np.float32(factor))
                yield Changed(replace(inputs, images=values, regions=regions), mirrored)


def turned_back(explanation: Explanation) -> Explanation:
    """The map of a mirrored image as one of the image."""
    part = explanation.part
    if part is not None:
        part = replace(part, left=1 - part.right, right=1 - part.left)
    return replace(explanation, cam=np.ascontiguousarray(explanation.cam[..., ::-1]), part=part)


def smoothed(original: Explanation, others: Sequence[Explanation]) -> Explanation:
    """The mean of a map and of those of the changed images, place by place, as they are: not normalised.

    Parameters
    ----------
    original : Explanation
        That of the image as it is.
    others : sequence of Explanation
        Turned back; of the same class, method and layer.

    Returns
    -------
    explanation : Explanation
        With the original's scores. Where a layer covers other parts of a mirrored image, it is a map of all
        of the input.
    """
    every = [original, *others]
    part = original.part
    if any(not _same(part, one.part) for one in others):
        size = (FUSED_SIDE,) * original.cam.ndim
        every, part = [replace(one, cam=one.on_input(size), part=None) for one in every], None
    cam = np.stack([one.cam for one in every]).mean(axis=0, dtype=np.float32)
    status, cause = _judged(every, cam)
    found = replace(original, cam=cam, part=part, status=status, cause=cause, smooth=True)
    passes, channels, error = _told(every, cam)
    residual, change = (_mean([getattr(one, name) for one in every]) for name in ("residual", "score_change"))
    if status == "ok":
        found = replace(found, cause=cause or describe_residual(residual, change))
    return replace(
        found,
        passes=passes,
        channels=channels,
        expected_error=error,
        residual=residual,
        score_change=change,
        standard_error=_error(every, cam, "standard_error"),
    )


def _same(part: Region | None, other: Region | None) -> bool:
    """Whether two parts are one, but for rounding."""
    if part is None or other is None:
        return part is other
    return bool(np.allclose(list(part.sides.values()), list(other.sides.values()), atol=1e-6))


def _told(every: Sequence[Explanation], cam: np.ndarray) -> tuple[int | None, int | None, float | None]:
    """The passes of all maps, and the error of their mean over its maximum."""
    passes = [one.passes for one in every if one.passes is not None]
    channels = [one.channels for one in every if one.channels is not None]
    found = _error(every, cam, "expected_error")
    return sum(passes) if passes else None, sum(channels) if channels else None, found


def _error(every: Sequence[Explanation], cam: np.ndarray, name: str) -> float | None:
    """What the mean of maps is off by at most, over its maximum; None where that of one is unknown."""
    errors = [
        None if (error := getattr(one, name)) is None else error * float(np.abs(one.cam).max())
        for one in every
    ]
    error, top = _mean(errors), float(np.abs(cam).max())
    return None if error is None else error / top if top > 0 else 0.0


def _mean(values: Sequence[float | None]) -> float | None:
    """None where one is missing."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if len(known) == len(values) else None


def _judged(every: Sequence[Explanation], cam: np.ndarray) -> tuple[str, str]:
    original = every[0]
    broken = next((one for one in every if one.status == "non-finite"), None)
    if broken is not None or not cam.any():
        worst = broken or original
        return worst.status, worst.cause
    if cam.max() == cam.min():
        return "flat", "the maps of the image and of its changes add up to the same value everywhere"
    return "ok", LITTLE_SAID if is_nearly_flat(cam) else ""
