"""A run that explains every image in several ways, measures each, and draws them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.target_facts import can_be_measured
from xai_cam.errors import ImageError
from xai_cam.files.current import intact_provenance, lacks_bulk
from xai_cam.files.provenance import Provenance, digest, encode_picture
from xai_cam.files.writing import Folders
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_file
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics, with_truth
from xai_cam.metrics.measuring import measure_images
from xai_cam.runs.batch_explainer import BatchExplainer
from xai_cam.runs.compare_measures import Measures
from xai_cam.runs.compare_panel import PanelStyle, draw_comparison
from xai_cam.runs.compare_rows import COLUMNS, of_all_maps, panel_path, values_of
from xai_cam.runs.compare_truth import Marks, WhereObjects, check_boxes
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.kept_maps import kept_maps, maps_of, without_maps
from xai_cam.runs.maps_work import MapsWork
from xai_cam.runs.notices import describe_measuring
from xai_cam.runs.origin import origin_of
from xai_cam.runs.outputs import describe
from xai_cam.runs.panel_parts import keep, kept_parts
from xai_cam.runs.passes import PassCounter
from xai_cam.runs.plan import Plan
from xai_cam.runs.recorded import labels_of, metrics_of
from xai_cam.runs.tasks import Task

ASKED = "perturbed scores"
REPLACED = "{} was replaced while the run went on. Run the same command again"


class Page(Protocol):
    """A report on a comparison, as a run fills it."""

    def has_pictures(self, panel: str, maps: int) -> bool:
        """Whether all pictures of an image with that many maps are there; `panel` is its digest."""

    def add_pictures(
        self,
        panel: str,
        pixels: np.ndarray,
        region: Region,
        explanations: Sequence[Explanation],
        marks: Sequence[Marks] = (),
    ) -> None:
        """Write an image and its overlays, with the boxes over each; called in a thread."""

    def fail(self, path: Path, reason: str) -> None:
        """Take in an image that failed."""

    def add(self, task: Task, file: Path, metrics: ImageMetrics, panel: Provenance, outcome: str) -> None:
        """Add a finished image; `file` is its panel, and `panel` that panel's provenance."""

    def for_worker(self, plan: Plan) -> Page:
        """A copy that can be sent to a worker, with the plan that is sent: for the pictures alone."""


@dataclass
class CompareWork(MapsWork):
    """One panel for each image; its metrics are kept for the summary.

    What an image still needs: for each place its methods. What is found of it: its panel's provenance.
    """

    measures: Measures = field(default_factory=Measures)
    page: Page | None = None
    images: list[ImageMetrics] = field(default_factory=list)
    _told: bool = False
    _folders: Folders = field(default_factory=Folders)

    @property
    def blank(self) -> Mapping[str, Any]:
        """A row that says no more than what made it."""
        return {**dict.fromkeys(COLUMNS), **origin_of(self.plan.files)}

    @property
    def comparison(self) -> Comparison:
        """Everything that was measured so far."""
        return Comparison(self.images, self.plan.request.limits, self.plan.request.threshold)

    # --- What is done already ------------------------------------------------------------------------

    def look_up(self, state: ImageState) -> None:
        """Find out whether the panel is up to date, and check that it can be written otherwise."""
        state.holds, digest = self.plan.files.watch(), self.digest(state.task)
        state.answer = self.up_to_date(state.task, digest)
        if state.answer is not None:
            self._draw_for_page(state.task, state.answer)
            state.answer = without_maps(state.answer)
            return
        target = panel_path(self.plan, state.task)
        self.plan.check_target(target)
        self._folders.check(state.task.folder)
        request = self.plan.request
        state.todo = {place: request.methods_at(place) for place in request.places}
        state.answer = {"request": digest}
        state.targets = [target]

    def up_to_date(self, task: Task, digest: str) -> Provenance | None:
        """Provenance of an earlier panel if it is up to date, else None; `digest` is that of the request."""
        path = panel_path(self.plan, task)
        if self.plan.overwrite or task.anew or not self.plan.listings.may_have(path):
            return None
        for whole in (False, True):  # its maps are for a page that lacks pictures
            panel = intact_provenance(self.plan.listings.told(path), digest, whole)
            if panel is None:
                return None
            metrics = metrics_of(panel, self.measures.steps, self.measures.asked.names)
            if metrics is None:
                return None
            kept = self.page is not None and kept_maps(panel, metrics) is not None
            if kept or self._has_pictures(panel, metrics):
                return panel
            if not lacks_bulk(panel):
                return None
        return None

    def _has_pictures(self, panel: Provenance, metrics: ImageMetrics) -> bool:
        """Whether a report, if there is one, has all pictures of an image already."""
        return self.page is None or self.page.has_pictures(panel["request"], len(metrics.maps))

    def _draw_for_page(self, task: Task, panel: Provenance) -> None:
        """Give the report the pictures of a panel of an earlier run; the model is not asked for them.

        Raises
        ------
        XaiCamError, OSError
            The image cannot be read any more, or nothing can be written.
        """
        if self.page is None:
            return
        metrics = ImageMetrics.from_dict(panel["compared"])
        kept = kept_maps(panel, metrics)
        if kept is None or self._has_pictures(panel, metrics):
            return
        request, (region, explanations) = self.plan.request, kept
        reading = request.reading(panel.get("input_channels"), panel.get("input_planes"))
        picture = read_file(task.image.path, lambda _: None, reading)
        if not task.is_unchanged():
            raise ImageError(REPLACED.format("it"))
        marks = self._where.marks(
            *(task.image, explanations, region, picture.size),
            lambda output: labels_of(panel, output, request.labels),
        )
        self.page.add_pictures(panel["request"], picture.pixels, region, explanations, marks)

    @property
    def _where(self) -> WhereObjects:
        return WhereObjects(self.measures.masks, self.measures.boxes, self.plan.request.threshold)

    def digest(self, task: Task) -> str:
        """Hash of everything that determines a panel's content, except the model's answers."""
        request, measures = self.plan.request, self.measures
        maps = [self.plan.digest(task, place, method, "overlay") for place, method in request.variants]
        return digest(
            {
                "maps": maps,
                "steps": measures.steps,
                "baselines": measures.baselines,
                **self._where.told(task.image, request.labels),
                "scale": measures.scale,
                **({"baseline": measures.baseline} if measures.baseline else {}),  # else as ever
                **request.other_parts,
            }
        )

    # --- From maps to a panel ------------------------------------------------------------------------

    def prepare(self) -> ModelReader:
        """Load the model."""
        request, baselines = self.plan.request, self.measures.baselines
        feeding = request.open(self.open_model(), self.computing.batch_size)
        self.measures.check(feeding.network.input_shape, feeding.of_places)
        check_boxes(self.measures.boxes, feeding)
        if self.measures.masks and request.region == "predicted" and feeding.of_places:
            request = replace(request, masks=self.measures.masks)
        images, asked = self.plan.images, self.measures.asked
        counter = PassCounter(self.watch, int(asked.scored), asked.rounds)
        made = request, feeding, images, self.notice, self.computing, baselines
        self.begin(BatchExplainer(*made, True, counter, self.findings))
        return ModelReader(feeding)

    def ask(self, states: list[ImageState]) -> None:
        """Make the maps of a batch, and measure them together, so that the model's calls are full."""
        self.explainer.explain(states)
        for state in states:
            broken = [e for e in maps_of(state) if e.status == "non-finite"]
            if broken:
                state.fail(ImageError(f"the {broken[0].method} map is not finite: {broken[0].cause}"))
        good = [state for state in states if state.pending]
        if good:
            images, maps = np.stack([state.fed for state in good]), [maps_of(state) for state in good]
            asked = self.measures.asked.untold if self.measures.boxes else self.measures.asked
            again = self.explainer.again(good, maps) if asked.explains_again else None
            threshold = self.plan.request.threshold
            measured = measure_images(self._score(maps), images, maps, asked, again, threshold)
            for state, metrics in zip(good, measured, strict=True):
                state.answer["metrics"] = metrics

    def _score(self, maps: list[list[Explanation]]) -> Any:
        """What scores the inputs that a batch is measured by; None where the model has no probabilities."""
        counter, asked = self.explainer.counter, self.measures.asked
        aimed = self.explainer.aimed
        counter.ask(len(maps))
        measurable = can_be_measured(aimed)
        if not self._told:  # by the first batch, which knows how many maps there are of an image
            self._told = True
            if all(block.opposite for block in aimed.blocks):
                asked = asked.of_values
            asked = asked if measurable else asked.unscored
            for line in describe_measuring(self.plan.images, max(map(len, maps)), asked):
                self.notice(line)
            counter.names[ASKED] = asked.stage
        return self.explainer.engine.perturbed_scores if measurable else None

    def write(self, state: ImageState) -> None:
        """Draw and write the panel of an image."""
        request, path, digest = self.plan.request, panel_path(self.plan, state.task), state.answer["request"]
        explanations, metrics, picture = maps_of(state), state.answer["metrics"], state.source
        if self.measures.located:
            metrics = self._point(state, explanations, metrics, picture.size)
        labels = self.explainer.feeding.named
        style = PanelStyle(request.style, self.measures.scale, request.enlarge, request.sign, request.outline)
        shown = picture.pixels, state.region, explanations
        panel = draw_comparison(state.name, *shown, metrics, labels, style)
        if self.page is not None:
            labels_of, image = self.explainer.feeding.labels_of, state.task.image
            marks = self._where.marks(image, explanations, state.region, picture.size, labels_of)
            self.page.add_pictures(digest, *shown, marks)
        kept = keep(explanations, state.region, picture.size, request.threshold)
        provenance = self._describe(state, explanations[0], metrics) | kept
        state.write(path, encode_picture(panel, provenance, "png"), self.plan.is_new(path))
        state.answer = without_maps(provenance)
        for one in metrics.maps:
            if one.status != "ok":
                state.notices.append(f"{state.name}: {one.variant} is {one.status}: {one.cause}.")

    def _point(
        self, state: ImageState, explanations: list[Explanation], metrics: ImageMetrics, size: tuple[int, int]
    ) -> ImageMetrics:
        """Add how well the maps show where the object is, as far as anything says where it is."""
        where, asked = self._where, self.measures.asked
        labels_of = self.explainer.feeding.labels_of
        image = state.task.image
        found, notes = where.measure(image, explanations, state.region, size, asked.used, labels_of)
        if self.digest(state.task) != state.answer["request"]:
            raise ImageError(REPLACED.format("what says where its object is"))
        state.notices += [f"{state.name}: {note}." for note in notes]
        return with_truth(metrics, found, asked.names)

    def _describe(self, state: ImageState, first: Explanation, metrics: ImageMetrics) -> Provenance:
        """Provenance of the panel: how all its maps were made, and everything that was measured."""
        shared = describe(self.plan, state.task, first, self.explainer.feeding, state.region, state.source)
        return {
            **of_all_maps(shared),
            "request": state.answer["request"],
            "compared": metrics.as_dict(),
        }

    # --- Rows ----------------------------------------------------------------------------------------

    def finish(self, state: ImageState) -> None:
        """Keep the metrics of an image, and fill in its rows."""
        if state.failure:
            if self.page is not None:
                self.page.fail(state.task.image.path, state.failure)
            return
        metrics = ImageMetrics.from_dict(state.answer["compared"]).only(self.measures.asked.names)
        self.images.append(metrics)
        outcome = "written" if state.todo else "up to date"
        for one, parts in zip(metrics.maps, kept_parts(state.answer, len(metrics.maps)), strict=True):
            state.add_row(outcome, values_of(self.plan, state.task, one, state.answer) | parts)
        if self.page is not None:
            self.page.add(state.task, panel_path(self.plan, state.task), metrics, state.answer, outcome)
