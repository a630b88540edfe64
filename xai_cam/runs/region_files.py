"""What a run tells of the parts of a map: a mask, boxes, and the columns of a row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.cam.annotated import annotate
from xai_cam.cam.components import Component, Parts, mask_of, parts_of
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.keeping import encode_mask
from xai_cam.drawing.marks import peak_of
from xai_cam.errors import ImageError
from xai_cam.files.coco import encode_document
from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import PARTS
from xai_cam.images.picture import Region
from xai_cam.runs.request import REGION_FILES
from xai_cam.runs.target_part import words_of
from xai_cam.runs.tasks import Task


@dataclass(frozen=True, eq=False)
class MapParts:
    """The parts of a map above a threshold, in the original picture.

    Attributes
    ----------
    explanation : Explanation
        The map.
    region : Region
        What it covers of the picture.
    size : (int, int)
        Height and width of the picture.
    threshold, components : str
        As for `Explanation.regions`.
    """

    explanation: Explanation
    region: Region
    size: tuple[int, int]
    threshold: str
    components: str = "largest"

    @cached_property
    def found(self) -> Parts:
        """All of them, the largest first.

        Raises
        ------
        ImageError
            The map is that of a volume.
        """
        if self.explanation.cam.ndim != 2:
            raise ImageError(
                "it is a volume, and masks and boxes are of pictures: leave mask and boxes out of `saves`"
            )
        return parts_of(self._map, self.threshold, self.region, self.size)

    @cached_property
    def asked(self) -> list[Component]:
        """Those that masks and boxes have."""
        return self.found.first(None if self.components == "all" else 1)

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The columns `PARTS`: the box of the largest part, and where the map is highest."""
        if not len(self.found):
            return {"threshold": self.threshold, "regions": 0}
        (largest,) = self.found.first(1)
        down, across = peak_of(self._map, self.region, self.size)
        values = (*largest.box, largest.area, int(across), int(down), len(self.found))
        return dict(zip(PARTS, (self.threshold, *values), strict=True))

    def encode(self, save: str, task: Task, provenance: Provenance) -> bytes:
        """The mask or the boxes as the bytes of a file; the provenance of the map names the class."""
        assert save in REGION_FILES
        provenance = {**provenance, **self.columns, "components": self.components}
        if save == "mask":
            return encode_mask(mask_of(self.asked, self.size), provenance)
        told = (provenance.get(name, "") for name in ("output_name", "direction"))
        name = words_of(provenance["class_name"], provenance["score_name"], (), *told)
        found = annotate(self.explanation, name, self.asked, task.file_name, self.size)
        return encode_document(found, provenance)

    @property
    def _map(self) -> np.ndarray:
        return self.explanation.saliency_map
