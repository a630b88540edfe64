"""A picture that turns into its overlay and back, frame by frame."""

from __future__ import annotations

import numpy as np

from xai_cam.images.resampling import resample

LONGEST = {"webp": 720, "gif": 480}
"""Longer side of a larger picture's frames, in pixels: a GIF holds each pixel of each frame."""

STEPS = {"webp": 10, "gif": 6}
"""Frames from one picture to the other."""

HOLD, FADE = 600, 420
"""Milliseconds for which a picture stands still, and in which it turns into the other: two seconds in all."""

Frames = list[tuple[np.ndarray, int]]


def fade(pixels: np.ndarray, overlay: np.ndarray, file_format: str) -> Frames:
    """Frames (H, W, 3) uint8 and their milliseconds, from a picture to its overlay and back.

    Parameters
    ----------
    pixels, overlay : (H, W, 3) uint8 RGB
        Of one size.
    file_format : str
        `webp` or `gif`.
    """
    first, last = (_bounded(one, LONGEST[file_format]) for one in (pixels, overlay))
    steps = STEPS[file_format]
    between = [_mixed(first, last, number / steps) for number in range(1, steps)]
    still = FADE // steps
    moving = [(frame, still) for frame in between]
    return [(first, HOLD), *moving, (last, HOLD), *moving[::-1]]


def _mixed(first: np.ndarray, last: np.ndarray, share: float) -> np.ndarray:
    smooth = share * share * (3 - 2 * share)  # begins and ends gently
    return np.rint(first + smooth * (last.astype(np.float32) - first)).astype(np.uint8)


def _bounded(pixels: np.ndarray, longest: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    factor = longest / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return resample(pixels, size[::-1], "lanczos")
