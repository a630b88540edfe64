"""Measures that change an image in a way of their own: their pictures are scored with those of others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.metrics.road import PICTURES, judge_road, road_marks, road_picture


@dataclass(frozen=True)
class OwnPictures:
    """Measures that are made of the scores of the same pictures, `count` of each map.

    A map that orders no pixels (blank, flat, not finite) and a value of a regression have none.

    Attributes
    ----------
    names : tuple of str
        The measures, rows of `METRICS`.
    count : int
        Pictures a map.
    make : callable
        Gets a preprocessed image (H, W, c), the map (H, W) in [0, 1] at its size, and a number below `count`;
        gives a picture (H, W, c) float32. Called when a chunk needs it, picture after picture.
    marks : callable
        Gets the image and the map; gives something for each picture. Pictures of an image with the same marks
        are the same, whichever of its maps they are of: they are made and scored once.
    judge : callable
        Gets the probability of the image as it is, and those of its pictures (count,); gives the values of
        the measures by their names.
    """

    names: tuple[str, ...]
    count: int
    make: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
    marks: Callable[[np.ndarray, np.ndarray], Sequence[Hashable]]
    judge: Callable[[float, np.ndarray], Mapping[str, float]]


OF_PICTURES: list[OwnPictures] = [
    OwnPictures(("road", "road_morf", "road_lerf"), PICTURES, road_picture, road_marks, judge_road),
]
"""All that there are."""


def own_pictures_of(names: Collection[str]) -> list[OwnPictures]:
    """Those that some of these measures need."""
    return [one for one in OF_PICTURES if not set(names).isdisjoint(one.names)]
