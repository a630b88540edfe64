"""A run that explains every image in several ways, measures each, and draws them side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.overlay import place as place_map
from xai_cam.errors import ImageError
from xai_cam.files.provenance import Provenance, digest, encode_picture, read_provenance
from xai_cam.files.writing import sha256, write_whole
from xai_cam.images.labels import name_of
from xai_cam.images.masks import find_mask, read_mask
from xai_cam.images.picture import read_image
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.faithfulness import METRICS, STEPS, energy_pointing, pointing_game
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics, measure_images, with_values
from xai_cam.report.compare_page import ComparePage
from xai_cam.runs.compare_panel import PanelStyle, draw_comparison
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.outputs import describe, limits
from xai_cam.runs.plan import Plan
from xai_cam.runs.runner import Run
from xai_cam.runs.tasks import Task

COLUMNS = (
    *("image", "outcome", "status", "layer", "method", "class_index", "class_name"),
    *("predicted_index", "predicted_name", "score", "score_name", "probability", "masked_probability"),
    *(*METRICS, "preprocessing", "max_channels", "precision", "panel", "message"),
)


PANEL = "_compare"
"""Ending of the names of panels, behind the image's own."""


@dataclass(frozen=True)
class Measures:
    """What a comparison asks for beside the maps themselves.

    Attributes
    ----------
    steps : int
        Steps of deletion and insertion; 0: neither.
    masks : Path, optional
        Folder of masks that say where the object is.
    scale : str
        One of `side_by_side.SCALES`.
    """

    steps: int = STEPS
    masks: Path | None = None
    scale: str = "own"


@dataclass
class CompareJob(Run):
    """A run that writes one panel for each image, and keeps what was measured for the summary."""

    measures: Measures = field(default_factory=Measures)
    album: ComparePage | None = None
    images: list[ImageMetrics] = field(default_factory=list)
    _measured: dict[Path, ImageMetrics] = field(default_factory=dict)
    _told: dict[Path, Provenance] = field(default_factory=dict)

    def miss(self, path: Path) -> None:
        """Report an image that is not there."""
        self.summary.failed += 1
        self._fail(path, "there is no such file")

    @property
    def comparison(self) -> Comparison:
        """Everything that was measured so far."""
        return Comparison(self.images)

    # --- What is done already ------------------------------------------------------------------------

    def _look_up(self, state: ImageState) -> None:
        panel = panel_path(state.task)
        said = self.up_to_date(state.task)
        if said is not None:
            self._told[state.task.image.path] = said
            return
        self.plan.check_target(panel)
        state.todo = {place: list(self.plan.request.methods) for place in self.plan.request.places}

    def up_to_date(self, task: Task) -> Provenance | None:
        """What the panel of an earlier run says, if it is what would be drawn now."""
        path = panel_path(task)
        said = read_provenance(path) if path.exists() and not self.plan.overwrite else None
        if said is None or said.get("request") != self.digest(task):
            return None
        try:
            maps = len(ImageMetrics.from_dict(said["compared"]).maps)
        except (AttributeError, KeyError, TypeError, ValueError):  # somebody wrote into it
            return None
        there = maps > 0 and (self.album is None or self.album.has_pictures(said["request"], maps))
        return said if there else None

    def digest(self, task: Task) -> str:
        """Hash of all that decides a panel's content, but for what the model will say."""
        request, asked = self.plan.request, self.measures
        mask = find_mask(asked.masks, task.image) if asked.masks else None
        maps = [self.plan.digest(task, p, m, "overlay") for p in request.places for m in request.methods]
        return digest(
            {
                "maps": maps,
                "steps": asked.steps,
                "baselines": self.baselines,
                "mask": sha256(mask) if mask else None,
                "scale": asked.scale,
            }
        )

    # --- From maps to a panel ------------------------------------------------------------------------

    def _measure(self, states: list[ImageState]) -> None:
        """Measure the maps of a batch together, so that the model's calls are full."""
        for state in states:
            broken = [e for e in maps_of(state) if e.status == "non-finite"]
            if broken:
                reason = f"the {broken[0].method} map is not finite: {broken[0].cause}"
                state.fail(ImageError(reason))
        states = [state for state in states if not state.failure]
        if not states:
            return
        found = [maps_of(state) for state in states]
        images = np.stack([state.values for state in states])
        measured = measure_images(self._score, images, found, self.measures.steps)
        for state, compared in zip(states, measured, strict=True):
            self._measured[state.task.image.path] = compared

    @property
    def _score(self) -> Any:
        """What gives probabilities; None where the model has none."""
        engine = next(iter(self._explainers.values())).engine
        return engine.probabilities if self._network.head.has_probabilities else None

    def _write(self, state: ImageState) -> None:
        picture = state.picture or read_image(state.task.image.path)
        explanations, compared = maps_of(state), self._measured.pop(state.task.image.path)
        if self.measures.masks:
            compared = self._point(state, explanations, compared, picture.size)
        request, path = self.plan.request, panel_path(state.task)
        look = PanelStyle(request.colormap, request.opacity, self.measures.scale, request.enlarge)
        name = state.task.image.path.name
        panel = draw_comparison(
            name, picture.pixels, state.region, explanations, compared, request.labels, look
        )
        said = self._describe(state, explanations[0], compared)
        self.plan.check_target(path)
        if self.album is not None:
            self.album.add_pictures(said["request"], picture.pixels, state.region, explanations)
        write_whole(path, encode_picture(panel, said, "png"))
        self._told[state.task.image.path] = said
        for one in compared.maps:
            if one.status != "ok":
                state.notices.append(f"{name}: {one.variant} is {one.status}: {one.cause}.")

    def _point(
        self,
        state: ImageState,
        explanations: list[Explanation],
        compared: ImageMetrics,
        size: tuple[int, int],
    ) -> ImageMetrics:
        """Add where the maps point, if there is a mask of the object."""
        path = find_mask(self.measures.masks, state.task.image) if self.measures.masks else None
        if path is None:
            state.notices.append(f"{state.task.image.path.name}: there is no mask of it.")
            return compared
        mask = read_mask(path, size)
        placed = [place_map(e.saliency_map, state.region, size)[0] for e in explanations]
        return with_values(
            compared,
            [
                {"energy_pointing": energy_pointing(one, mask), "pointing_game": pointing_game(one, mask)}
                for one in placed
            ],
        )

    def _describe(self, state: ImageState, first: Explanation, compared: ImageMetrics) -> Provenance:
        """What the panel says of itself: how all its maps were made, and everything that was measured."""
        shared = describe(self.plan, state.task, first, self._preprocessing, state.region)
        own = {"layer", "method", "class", "class_name", "score", "score_name", "probability"}
        own |= {"status", "cause", "engine", "max_channels", "precision"}
        return {
            **{k: v for k, v in shared.items() if k not in own},
            "request": self.digest(state.task),
            "compared": compared.as_dict(),
        }

    # --- Rows ----------------------------------------------------------------------------------------

    def _fail(self, path: Path, reason: str) -> None:
        row = dict.fromkeys(COLUMNS) | {"image": str(path), "outcome": "failed", "status": "failed"}
        self.reporter.result(row | {"message": reason})
        if self.album is not None:
            self.album.fail(path, reason)

    def _tell(self, state: ImageState) -> None:
        path = state.task.image.path
        said = self._told.pop(path, None)
        if state.failure or said is None:
            self._fail(path, state.failure)
            return
        compared = ImageMetrics.from_dict(said["compared"])
        self.images.append(compared)
        outcome = "written" if state.todo else "up to date"
        for one in compared.maps:
            self.reporter.result(row_of(self.plan, state.task, one, said, outcome))
        if self.album is not None:
            self.album.add(state.task, panel_path(state.task), compared, said, outcome)


def maps_of(state: ImageState) -> list[Explanation]:
    """The maps of an image at all places; a layer may have been named twice, by its name and by its path."""
    maps: list[Explanation] = []
    for explanations in state.explanations.values():
        known = {one.layer for one in maps}
        maps += [one for one in explanations if one.layer not in known]
    return maps


def panel_path(task: Task) -> Path:
    """Where the panel of an image goes."""
    return task.folder / f"{task.stem}{PANEL}.png"


def row_of(plan: Plan, task: Task, one: MapMetrics, said: Provenance, outcome: str) -> dict[str, Any]:
    """The row of one map."""
    labels = plan.request.labels
    found = one.as_dict()
    return {
        **dict.fromkeys(COLUMNS),
        "image": str(task.image.path),
        "outcome": outcome,
        **{name: found[name] for name in ("status", "layer", "method", "score", "score_name", "probability")},
        "class_index": one.target_class,
        "class_name": name_of(one.target_class, labels),
        "predicted_index": one.predicted_class,
        "predicted_name": name_of(one.predicted_class, labels),
        **found["values"],
        "preprocessing": said["preprocessing"],
        **limits(plan.request, one.method),
        "panel": str(panel_path(task)),
        "message": one.cause,
    }
