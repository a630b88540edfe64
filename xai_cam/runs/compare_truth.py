"""Where the objects in the images of a comparison are, by masks or boxes, and how well maps show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.overlay import place
from xai_cam.errors import ImageError
from xai_cam.files.writing import sha256
from xai_cam.images.boxes.box import covered
from xai_cam.images.boxes.kinds import of_classes
from xai_cam.images.boxes.source import BoxSource
from xai_cam.images.finding import ImageFile
from xai_cam.images.labels import name_of
from xai_cam.images.masks import check_flat, find_mask, read_mask
from xai_cam.images.picture import Region
from xai_cam.images.target_words import TARGET_WORDS
from xai_cam.metrics.pointing import Located, Truth, measure_truth

NO_CLASS = frozenset({*TARGET_WORDS, "value"})
"""Names of scores that are those of no class: such a map is judged by all boxes."""

LabelsOf = Callable[[str], Sequence[str] | None]
"""Gives the names of an output's classes."""


@dataclass(frozen=True)
class WhereObjects:
    """Where the object of each image is; with both, pixels are judged by the masks, and boxes by the boxes.

    Attributes
    ----------
    masks : Path, optional
        A folder of masks.
    boxes : BoxSource, optional
    """

    masks: Path | None = None
    boxes: BoxSource | None = None

    def told(self, image: ImageFile, labels: Sequence[str] | None) -> dict[str, Any]:
        """All that is known of an image, for digests; `labels` say which boxes are those of a class.

        Raises
        ------
        XaiCamError, OSError
            Nobody can say which are its boxes, or something cannot be read.
        """
        mask = find_mask(self.masks, image) if self.masks else None
        told: dict[str, Any] = {"mask": sha256(mask) if mask else None}
        drawn = self.boxes.of(image) if self.boxes else None
        if drawn is not None:
            named = any(box.kind for box in drawn.boxes)
            told["boxes"] = [[*box.corners, box.kind] for box in drawn.boxes]
            told["boxes of"] = [drawn.size, list(labels or ()) if named else None]
        return told

    def measure(
        self,
        image: ImageFile,
        maps: Sequence[Explanation],
        region: Region,
        size: tuple[int, int],
        names: frozenset[str],
        labels_of: LabelsOf,
    ) -> tuple[list[Located], list[str]]:
        """How well each map of an image shows where the object is, and what has to be said of the image.

        Parameters
        ----------
        image : ImageFile
            The image.
        maps : sequence of Explanation
            Its maps.
        region : Region
            What the model saw of it.
        size : (H, W)
            Of the picture.
        names : frozenset of str
            The measures.
        labels_of : callable
            Gives the names of an output's classes.

        Raises
        ------
        ImageError
            The masks or boxes do not fit it.
        """
        path = find_mask(self.masks, image) if self.masks else None
        drawn = self.boxes.of(image) if self.boxes else None
        notes = ["there is no mask for it"] if self.masks and path is None else []
        if path is not None or drawn is not None:
            _check_flat(region, drawn is not None)
        mask = None if path is None else read_mask(path, size)
        known = () if drawn is None else drawn.within(size)
        if self.boxes and drawn is None and self.boxes.by_name.has(image):
            notes.append("it has no box")
        found, lost = list[Located](), dict[str, None]()
        for one in maps:
            boxes = of_classes(known, _classes_of(one), labels_of(one.output_name))
            if known and not boxes:
                lost[_name_of(one, labels_of(one.output_name))] = None
            corners = tuple(box.corners for box in boxes)
            if mask is None and not boxes:
                found.append(({}, {}))
                continue
            placed, _ = place(one.saliency_map, region.part(one.part), size)
            truth = Truth(covered(corners, size) if mask is None else mask, corners)
            found.append(measure_truth(placed, truth, names))
        notes += [f"it has no box of {name}" for name in lost]
        return found, notes


def _check_flat(region: Region, has_boxes: bool) -> None:
    if has_boxes and region.front is not None:
        raise ImageError("it is a volume, and boxes are drawn in pictures: leave out `boxes`")
    check_flat(region)


def _classes_of(one: Explanation) -> frozenset[int] | None:
    """The classes whose boxes a map is judged by; None: all."""
    return None if one.score_name in NO_CLASS else frozenset(one.members or (one.target_class,))


def _name_of(one: Explanation, labels: Sequence[str] | None) -> str:
    return "+".join(name_of(k, labels) for k in one.members or (one.target_class,))
