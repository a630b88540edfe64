"""A mask -> the polygons around it, as annotation tools draw them."""

from __future__ import annotations

import numpy as np

TOLERANCE = 1.0
"""Pixels that a polygon may be off by, of a mask that is not small."""

FINE = 40
"""A side this many times as long as the tolerance keeps it; around less the polygons are closer."""

FINEST = 0.1
"""A tolerance that leaves out no corner of any pixel but those on a straight line."""


def polygon_of(mask: np.ndarray, left: int = 0, top: int = 0, tolerance: float = TOLERANCE) -> list[float]:
    """The edge of a connected mask as one polygon x, y, x, y, …, along the sides of its pixels.

    A hole is joined to the edge by a cut without width, as formats that know no holes have it: what is
    inside by the rule of even and odd is the mask.

    Parameters
    ----------
    mask : (h, w) bool
        Pixels that are connected by sides or corners.
    left, top : int
        Where the mask begins in the picture.
    tolerance : float
        Corners are left out as long as the polygon is off by no more pixels (Douglas & Peucker 1973); by
        less around small and thin masks. 0: the edge exactly.
    """
    import cv2

    # In a picture of twice the size the outline runs through one side of each pixel: to the even number of
    # its left and upper side, to the odd one before the next pixel of its right and lower.
    double = np.pad(mask.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1), 2)
    found, _ = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    step = min(tolerance, min(mask.shape) / FINE)
    rings = [_simplified((one[:, 0] - 2 + 1) // 2, step) for one in found]
    outer = max(rings, key=_area)  # the others lie within it
    holes = [ring for ring in rings if ring is not outer and len(ring) > 2]
    points = _joined(outer, holes) + np.array([left, top])
    return [float(value) for value in points.ravel()]


def _simplified(points: np.ndarray, tolerance: float) -> np.ndarray:
    """A ring of points (n, 2) without those that come again at once, and those that can be left out.

    What is thin would shrink to a line: the tolerance is halved until at least half of the area is left.
    """
    import cv2

    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    while len(points) > 2:
        found = np.asarray(cv2.approxPolyDP(points.astype(np.int32)[:, None], tolerance, True)[:, 0])
        if len(found) > 2 and _area(found) >= _area(points) / 2:
            return found
        if tolerance < FINEST:
            break
        tolerance /= 2
    return points


def _area(points: np.ndarray) -> float:
    """What a ring encloses."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _joined(outer: np.ndarray, holes: list[np.ndarray]) -> np.ndarray:
    """One ring of an edge and its holes: from its first point to each hole, around that, and back."""
    parts = [outer]
    for hole in holes:
        parts += [outer[:1], hole, hole[:1]]
    return np.concatenate([*parts, outer[:1]] if holes else parts)
