"""How well the maps of an image show where its object is, by a mask, by boxes, or by both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.overlay import place
from xai_cam.images.boxes.box import Corners, TrueBox, covered
from xai_cam.images.boxes.kinds import of_classes
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Region
from xai_cam.images.target_words import TARGET_WORDS
from xai_cam.metrics.measures import BY_BOX
from xai_cam.metrics.pointing import Located, Truth, measure_truth

NO_CLASS = frozenset({*TARGET_WORDS, "value"})
"""Names of scores that are those of no class: such a map is judged by all boxes."""

LabelsOf = Callable[[str], Sequence[str] | None]
"""Gives the names of an output's classes."""


def own_boxes(one: Explanation, boxes: Sequence[TrueBox], labels: Sequence[str] | None) -> list[Corners]:
    """The corners of the boxes that judge a map."""
    classes = None if one.score_name in NO_CLASS else frozenset(one.members or (one.target_class,))
    return [box.corners for box in of_classes(boxes, classes, labels)]


def locate(
    maps: Sequence[Explanation],
    region: Region,
    size: tuple[int, int],
    mask: np.ndarray | None,
    boxes: Sequence[TrueBox],
    names: Collection[str],
    labels_of: LabelsOf,
    threshold: float | str = SHARE,
) -> tuple[list[Located], list[str]]:
    """The measures of where the object is, of each map, and the classes of which there is no box.

    A map is judged by the boxes of the class that it explains, and by those of which nobody said what they
    hold; one of no class by all. With mask and boxes pixels are judged by the mask, and boxes by the boxes,
    which are not judged where none is of the class. Nothing is measured of a map without either.

    Parameters
    ----------
    maps : sequence of Explanation
        The maps of an image.
    region : Region
        What the model saw of the picture.
    size : (H, W)
        Of the picture.
    mask : (H, W) bool, optional
        Where the object is.
    boxes : sequence of TrueBox
        Within the picture.
    names : collection of str
        The measures.
    labels_of : callable
        Gives the names of an output's classes.
    threshold : float or str
        Above which a map's box is drawn, as `Threshold.of` takes it.
    """
    found, lost = list[Located](), dict[str, None]()
    for one in maps:
        labels = labels_of(one.output_name)
        own = own_boxes(one, boxes, labels)
        if boxes and not own:
            lost["+".join(name_of(k, labels) for k in one.members or (one.target_class,))] = None
        if mask is None and not own:
            found.append(({}, {}))
            continue
        placed, seen = place(one.saliency_map, region.part(one.part), size)
        here = covered(own, size) if mask is None else mask
        truth = Truth(here, tuple(own), threshold, seen)
        possible = set(names) - BY_BOX if boxes and not own else names
        found.append(measure_truth(placed, truth, possible))
    return found, list(lost)
