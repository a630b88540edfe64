"""Where the objects in the images of a comparison are, by masks or boxes, and how well maps show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.overlay import place
from xai_cam.errors import ImageError
from xai_cam.files.fingerprint import hash_of
from xai_cam.images.boxes.box import Corners
from xai_cam.images.boxes.kinds import check_kinds
from xai_cam.images.boxes.source import BoxSource
from xai_cam.images.finding import ImageFile
from xai_cam.images.masks import check_flat, find_mask, read_mask
from xai_cam.images.picture import Region
from xai_cam.metrics.localisation import box_of
from xai_cam.metrics.locating import LabelsOf, locate, own_boxes
from xai_cam.metrics.pointing import Located
from xai_cam.models.input.feeding import Feeding

Marks = tuple[Corners | None, list[Corners]]
"""A map's box, and the true ones."""


@dataclass(frozen=True)
class WhereObjects:
    """Where the object of each image is; with both, pixels are judged by the masks, and boxes by the boxes.

    Attributes
    ----------
    masks : Path, optional
        A folder of masks.
    boxes : BoxSource, optional
    threshold : float or str
        Above which a map's box is drawn, as `Threshold.of` takes it.
    """

    masks: Path | None = None
    boxes: BoxSource | None = None
    threshold: float | str = SHARE

    def told(self, image: ImageFile, labels: Sequence[str] | None) -> dict[str, Any]:
        """All that is known of an image, for digests; `labels` say which boxes are those of a class.

        Raises
        ------
        XaiCamError, OSError
            Nobody can say which are its boxes, or something cannot be read.
        """
        mask = find_mask(self.masks, image) if self.masks else None
        told: dict[str, Any] = {"mask": hash_of(mask) if mask else None}
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
        found, lost = locate(maps, region, size, mask, known, names, labels_of, self.threshold)
        return found, [*notes, *(f"it has no box of {name}" for name in lost)]

    def marks(
        self,
        image: ImageFile,
        maps: Sequence[Explanation],
        region: Region,
        size: tuple[int, int],
        labels_of: LabelsOf,
    ) -> list[Marks]:
        """The box of each map of an image, and the true ones that judge it; none where no boxes are known.

        Parameters and errors as for `measure`.
        """
        drawn = self.boxes.of(image) if self.boxes else None
        if drawn is None:
            return []
        known = drawn.within(size)
        return [
            (
                box_of(*_placed(one, region, size, self.threshold)),
                own_boxes(one, known, labels_of(one.output_name)),
            )
            for one in maps
        ]


def _placed(
    one: Explanation, region: Region, size: tuple[int, int], threshold: float | str
) -> tuple[np.ndarray, float | str, np.ndarray]:
    """What `box_of` takes."""
    placed, seen = place(one.saliency_map, region.part(one.part), size)
    return placed, threshold, seen


def check_boxes(boxes: BoxSource | None, feeding: Feeding) -> None:
    """Refuse boxes of which none is of a class of the model.

    Raises
    ------
    InputError
    """
    heads = [one.head for one in feeding.network.outputs]
    if boxes is not None and any(head is not None and not head.is_regression for head in heads):
        check_kinds(boxes.kinds, feeding.labels, boxes.path.name)


def _check_flat(region: Region, has_boxes: bool) -> None:
    if has_boxes and region.front is not None:
        raise ImageError("it is a volume, and boxes are drawn in pictures: leave out `boxes`")
    check_flat(region)
