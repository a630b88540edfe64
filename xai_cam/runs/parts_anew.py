"""Masks and boxes made anew of maps that an earlier run kept as .npy: the model is not asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import Place
from xai_cam.errors import XaiCamError
from xai_cam.files.json_values import is_of
from xai_cam.files.names import as_told
from xai_cam.files.provenance import DAMAGE, Provenance
from xai_cam.files.regular import open_regular
from xai_cam.images.boxes.box import FARTHEST
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.picture import Region
from xai_cam.runs.outputs import row_of
from xai_cam.runs.plan import Plan
from xai_cam.runs.recorded import is_named
from xai_cam.runs.region_files import MapParts
from xai_cam.runs.request import REGION_FILES
from xai_cam.runs.tasks import Task


@dataclass(frozen=True)
class PartsAnew:
    """The maps of an image at one place by one method, of which only masks and boxes are to be made.

    `digests` are those of all kinds of outputs that are asked for.
    """

    plan: Plan
    task: Task
    place: Place
    method: str
    digests: Mapping[str, str]

    def look_up(self) -> list[Provenance]:
        """What the files of the maps say, with their `paths`; nothing where the model has to be asked.

        Raises
        ------
        XaiCamError
            What is to be written would replace a file that this tool did not write.
        """
        if not self.plan.request.wants_parts:
            return []
        kept = {"raw": self.plan.digest(self.task, self.place, self.method, "raw")}
        kept |= {save: found for save, found in self.digests.items() if save not in REGION_FILES}
        done = self.plan.done(self.task, self.place, self.method, kept) or []
        if any(self._parts(one) is None for one in done):
            return []
        for path in (path for one in done for _, path in self._places(one)):
            self.plan.check_target(path)
        return done

    def write(self, said: Provenance, write: Callable[[Path, bytes, bool], None]) -> dict[str, Any]:
        """Write the mask and the boxes of a map that was looked up, by `write`; its row.

        Raises
        ------
        XaiCamError, OSError
            They cannot be written, or the map is there no more.
        """
        parts = self._parts(said)
        if parts is None:
            raise XaiCamError(f"{said['paths']['raw']} was changed meanwhile. Run the same command again.")
        content = {name: value for name, value in said.items() if name != "paths"}
        paths = {save: path for save, path in said["paths"].items() if save in self.digests}
        for save, path in self._places(said):
            data = parts.encode(save, self.task, {**content, "request": self.digests[save]})
            write(path, data, self.plan.is_new(path))
            paths[save] = str(path)
        return vars(row_of(self.task, {**said, **parts.columns}, paths, "written"))

    def _places(self, said: Provenance) -> list[tuple[str, Path]]:
        """Where the masks and boxes of a map go, by their kinds."""
        place, named = (self.task, self.place, self.method), is_named(said, self.plan.request.labels)
        saves = [save for save in self.digests if save in REGION_FILES]
        return [(save, self.plan.output(*place, said, save, named)) for save in saves]

    def _parts(self, said: Provenance) -> MapParts | None:
        """The parts of a map on disk; None where that is damaged, or where it is a volume's."""
        request, sides = self.plan.request, said.get("region")
        size = said.get("image_height"), said.get("image_width")
        try:
            with open_regular(as_told(said["paths"]["raw"])) as file:
                cam = np.load(file, allow_pickle=False)
            whole = cam.ndim == 2 and cam.dtype == np.float32 and np.isfinite(cam).all()
            if not whole or not _is_region(sides) or not _is_size(size, request.max_pixels or MAX_PIXELS):
                return None
        except DAMAGE:
            return None
        map_of = Explanation(
            cam=cam,
            method=said["method"],
            layer=said["layer"],
            target_class=said["class"],
            predicted_class=said["predicted"],
            score=said["score"],
            score_name=said["score_name"],
            probability=np.nan if said["probability"] is None else said["probability"],
            ranking=(),
            status=said["status"],
            cause=said["cause"],
            sign=request.sign,
        )
        region = Region(*map(float, sides or ()))
        return MapParts(map_of, region, (size[0], size[1]), request.threshold, request.components)  # type: ignore[arg-type] # whole numbers, as was looked at


def _is_region(sides: Any) -> bool:
    """Whether these are the first and last row and column of what a map covers."""
    if not isinstance(sides, list) or len(sides) != 4 or not all(is_of(one, (float,)) for one in sides):
        return False
    return max(map(abs, sides)) <= FARTHEST and sides[0] != sides[2] and sides[1] != sides[3]


def _is_size(size: tuple[Any, Any], most: int) -> bool:
    """Whether a picture may be so high and wide; of a larger one the model is asked, if it is there."""
    return all(type(one) is int and one > 0 for one in size) and size[0] * size[1] <= most
