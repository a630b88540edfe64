"""The main job: explain every image of a plan, and write the overlay of every map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import Place
from xai_cam.errors import ImageError, XaiCamError
from xai_cam.files.writing import write_whole
from xai_cam.images.picture import read_image
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.outputs import describe, encode, row_of
from xai_cam.runs.runner import Run


@dataclass
class Job(Run):
    """A run that writes one set of outputs for each image, layer, method and class."""

    def _look_up(self, state: ImageState) -> None:
        for place in self.plan.request.places:
            for method in self.plan.request.methods:
                self._look_up_map(state, place, method)

    def _look_up_map(self, state: ImageState, place: Place, method: str) -> None:
        done = self.plan.done(state.task, place, method)
        if done is not None:
            state.rows += [row_of(state.task, p, p["paths"], "up to date") for p in done]
            return
        if not self.plan.request.many_classes:
            for save in self.plan.request.saves:
                self.plan.check_target(self.plan.output(state.task, place, method, None, save))
        state.todo.setdefault(place, []).append(method)

    def _measure(self, states: list[ImageState]) -> None:
        """Nothing: the maps are all that is asked for."""

    def _write(self, state: ImageState) -> None:
        for place in self.plan.request.places:
            for method in state.todo.get(place, []):
                self._write_maps(state, place, [e for e in state.explanations[place] if e.method == method])

    def _write_maps(self, state: ImageState, place: Place, explanations: list[Explanation]) -> None:
        """Write the outputs of one method for all classes of one image."""
        for rank, explanation in enumerate(explanations):
            if explanation.status == "non-finite":
                state.fail(ImageError(f"the {explanation.method} map is not finite: {explanation.cause}"))
                continue
            provenance = describe(self.plan, state.task, explanation, self._preprocessing, state.region)
            provenance |= {"rank": rank, "classes": len(explanations)}
            try:
                paths = self._save(state, place, explanation, provenance)
            except (XaiCamError, OSError) as error:
                state.fail(error)
                continue
            state.rows.append(row_of(state.task, provenance, paths, "written"))
            if explanation.status != "ok":
                name, method = state.task.image.path.name, explanation.method
                state.notices.append(f"{name}: {method} is {explanation.status}: {explanation.cause}.")

    def _save(
        self, state: ImageState, place: Place, explanation: Explanation, provenance: dict[str, Any]
    ) -> dict[str, str]:
        """Write every kind of output of one explanation; their paths by kind."""
        plan, paths = self.plan, {}
        picture = state.picture or read_image(state.task.image.path)
        for save in plan.request.saves:
            method = explanation.method
            path = plan.output(state.task, place, method, explanation.target_class, save)
            plan.check_target(path)
            said = provenance | {"request": plan.digest(state.task, place, method, save)}
            write_whole(path, encode(explanation, save, plan.request, said, picture.pixels, state.region))
            paths[save] = str(path)
        return paths
