"""Heat maps of a folder: explain every image of a plan, and write the overlay of every map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import Place
from xai_cam.cam.names import method_at
from xai_cam.errors import ImageError, XaiCamError
from xai_cam.files.rows import Row
from xai_cam.files.writing import Folders
from xai_cam.images.labels_beside import labels_behind
from xai_cam.runs.batch_explainer import BatchExplainer
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.maps_work import MapsWork
from xai_cam.runs.origin import origin_of
from xai_cam.runs.outputs import describe, encode, row_of
from xai_cam.runs.parts_anew import PartsAnew
from xai_cam.runs.passes import PassCounter
from xai_cam.runs.plan import Plan
from xai_cam.runs.region_files import MapParts
from xai_cam.runs.request import REGION_FILES
from xai_cam.runs.target_part import class_name_of
from xai_cam.runs.tasks import Task


class PictureStore(Protocol):
    """A page that keeps pictures of the run beside it."""

    def add_picture(self, image_hash: str, pixels: np.ndarray) -> None:
        """Keep an image, (H, W, 3) uint8, so that the page need not decode it again; called in a thread."""

    def for_worker(self, plan: Plan) -> PictureStore:
        """A copy that can be sent to a worker, with the plan that is sent."""


@dataclass
class ExplainWork(MapsWork):
    """One set of outputs for each image, layer, method and class.

    What an image still needs: for each place and method, the digests of its outputs by kind.

    Parameters
    ----------
    page : PictureStore, optional
        A report that shows the images.
    """

    page: PictureStore | None = None
    _folders: Folders = field(default_factory=Folders)

    @property
    def blank(self) -> Mapping[str, Any]:
        """A row that says no more than what made it."""
        return {**vars(Row("", "")), **origin_of(self.plan.files)}

    def look_up(self, state: ImageState) -> None:
        """Find the maps that are up to date, and check that the others can be written."""
        state.todo, state.holds = {}, self.plan.files.watch()
        for place, method in self.plan.request.variants:
            self._look_up_map(state, place, method)
        if state.unwritten:
            self._folders.check(state.task.folder)
            asked = [(place, method) for place, methods in state.todo.items() for method in methods]
            anew = [(parts.place, parts.method) for parts, _ in state.redo]
            state.targets = [
                state.task.folder / self.plan.stem(state.task, *variant)
                for variant in dict.fromkeys((*asked, *anew))
            ]

    def _look_up_map(self, state: ImageState, place: Place, method: str) -> None:
        digests = self.plan.digests(state.task, place, method)
        done = self.plan.done(state.task, place, method, digests)
        if done is not None:
            state.rows += [vars(row_of(state.task, p, p["paths"], "up to date")) for p in done]
            return
        anew = PartsAnew(self.plan, state.task, place, method, digests)
        if kept := anew.look_up():
            state.redo += [(anew, said) for said in kept]
            return
        if not self.plan.request.many:  # else their names are not known before the model is asked
            for save in self.plan.request.saves:
                self.plan.check_target(self.plan.output(state.task, place, method, None, save))
        state.todo.setdefault(place, {})[method] = digests

    def prepare(self) -> ModelReader:
        """Load the model."""
        request, images = self.plan.request, self.plan.images
        feeding = request.open(self.open_model(), self.computing.batch_size)
        counter, findings = PassCounter(self.watch), self.findings
        made = request, feeding, images, self.notice, self.computing
        self.begin(BatchExplainer(*made, counter=counter, findings=findings))
        return ModelReader(feeding)

    def ask(self, states: list[ImageState]) -> None:
        """Make the maps of a batch."""
        self.explainer.explain(states)

    def write(self, state: ImageState) -> None:
        """Write all outputs of an image; a map that is not finite has none."""
        for parts, said in state.redo:
            try:
                state.rows.append(parts.write(said, state.write))
            except (XaiCamError, OSError) as error:
                state.fail(error)
        for place, methods in state.todo.items():
            for method in methods:
                found = [e for e in state.explanations[place] if e.method == method]
                for rank, explanation in enumerate(found):
                    self._write_map(state, place, explanation, {"rank": rank, "classes": len(found)})
        if self.page is not None and state.todo and any(row["outcome"] != "failed" for row in state.rows):
            self.page.add_picture(state.task.image_hash, state.source.pixels)

    def finish(self, state: ImageState) -> None:
        """Add to the rows which class the image shows."""
        state.rows = [{**row, **self._truth(state.task, row)} for row in state.rows]

    def _truth(self, task: Task, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its columns; none where there are no classes, or where it is not known whether there are."""
        failed, predicted = row["outcome"] == "failed", row["predicted_index"]
        if self.outputs is not None:
            labels, head = (
                self.outputs.labels_of(row["output_name"]),
                self.outputs.head_of(row["output_name"]),
            )
            has = self.plan.request.like is None and head is not None and not head.is_regression
        else:
            labels = labels_behind(row["predicted_name"], predicted, self.plan.request.labels)
            has = failed or predicted is not None
        return task.truth_columns(labels, "folder" in self.plan.request.classes) if has else {}

    def _write_map(
        self, state: ImageState, place: Place, explanation: Explanation, position: Mapping[str, int]
    ) -> None:
        """Write the outputs of one map, and fill in its row; `position` is its rank among the classes."""
        if explanation.status == "non-finite":
            state.fail(ImageError(f"the {explanation.method} map is not finite: {explanation.cause}"))
            return
        feeding = self.explainer.feeding
        provenance = describe(self.plan, state.task, explanation, feeding, state.region, state.source)
        provenance |= position
        try:
            parts = self._parts(state, explanation) if self.plan.request.wants_parts else None
            paths = self._save(state, place, explanation, provenance, parts)
            told = {} if parts is None else parts.columns
        except (XaiCamError, OSError) as error:
            state.fail(error)
            return
        state.rows.append(vars(row_of(state.task, provenance | told, paths, "written")))
        if explanation.status != "ok":
            shown = self._shown_by(explanation, position["classes"] > 1)
            state.notices.append(f"{state.name}: {shown} is {explanation.status}: {explanation.cause}.")

    def _shown_by(self, explanation: Explanation, several_classes: bool) -> str:
        """The method, and whatever tells the map from others of its image: its layer and its class."""
        several_layers = len(self.plan.request.places) > 1
        shown = method_at(explanation.method, explanation.layer if several_layers else "")
        if not several_classes:
            return shown
        labels = self.explainer.feeding.labels_of(explanation.output_name)
        name = class_name_of(explanation.target_class, explanation.members, labels)
        return f"{shown} of {name or explanation.target_class}"

    def _parts(self, state: ImageState, explanation: Explanation) -> MapParts:
        """The parts of a map of this image."""
        request, region = self.plan.request, state.region.part(explanation.part)
        return MapParts(explanation, region, state.source.size, request.threshold, request.components)

    def _save(
        self,
        state: ImageState,
        place: Place,
        explanation: Explanation,
        provenance: dict[str, Any],
        parts: MapParts | None,
    ) -> dict[str, str]:
        """Write every kind of output of one map; their paths by kind."""
        plan, method, paths = self.plan, explanation.method, {}
        labels = self.explainer.feeding.labels_of(explanation.output_name)
        for save, digest in state.todo[place][method].items():
            path = plan.output(state.task, place, method, provenance, save, labels is not None)
            if plan.request.many:
                plan.check_target(path)
            content = {**provenance, "request": digest}
            if parts is not None and save in REGION_FILES:
                data = parts.encode(save, state.task, content)
            else:
                shown = state.source.pixels, state.region
                data = encode(explanation, save, plan.request, content, *shown, labels)
            state.write(path, data, plan.is_new(path))
            paths[save] = str(path)
        return paths
