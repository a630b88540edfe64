"""Subject of a sanity check: a model's files, and images read and scaled as the model takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import method_at
from xai_cam.errors import ImageError
from xai_cam.files.names import real_path
from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import Reporter, target_columns
from xai_cam.images.finding import ImageFile
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Picture, Region
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs, stacked
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState, failing, inputs_of
from xai_cam.runs.plan import Request
from xai_cam.runs.runner import Runner
from xai_cam.runs.target_options import mask_in
from xai_cam.runs.tasks import tasks_of
from xai_cam.sanity.report import Shown, image_to_show
from xai_cam.sanity.result import Sanity


@dataclass
class Subject:
    """A model and images; once read, `read` lists the readable ones, and `values` their pixels.

    `failures` holds the reasons of the others, and of those whose maps are not finite. `shown` is the image
    that the user wants in the figure; `pictures` keeps that one decoded, or else the first, which is likely.
    """

    files: ModelFiles
    request: Request
    paths: list[Path]
    shown: Path | None = None
    notices: list[str] = field(default_factory=list)
    read: list[Path] = field(default_factory=list)
    values: list[Inputs] = field(default_factory=list)
    masks: list[np.ndarray] = field(default_factory=list)
    failures: dict[Path, str] = field(default_factory=dict)
    pictures: dict[Path, tuple[Picture, Region]] = field(default_factory=dict)
    of_values: bool = False

    def read_images(self, feeding: Feeding, reporter: Reporter) -> None:
        """Read every image; unreadable ones count as failed."""
        self.of_values = feeding.network.head.is_regression
        work = SubjectWork(feeding, self)
        Runner(tasks_of([ImageFile(path, Path()) for path in self.paths]), work, reporter).run()

    @property
    def stacked_masks(self) -> np.ndarray | None:
        """The masks of these images at the size of the model's input, if such are given."""
        return np.stack(self.masks) if self.masks else None

    @property
    def images(self) -> Inputs:
        """What the model takes of the images that could be read."""
        return stacked(self.values)

    def describe_images(self, sanity: Sanity) -> list[dict[str, Any]]:
        """For each image that could be read: its file's name and the class explained, if it has one."""
        known = [None if self.of_values else int(c) for c in sanity.predicted]
        return [
            {"image": path.name, "predicted": c, "predicted_name": name_of(c, self.request.labels)}
            for path, c in zip(self.read, known, strict=True)
        ]

    def take_in(self, sanity: Sanity) -> list[str]:
        """Mark images whose own maps are not finite as failed; lines on those skipped for another reason."""
        lines = []
        for check in sanity.checks:
            for left in check.left_out:
                path = self.read[left.image]
                cause = f"{method_at(check.method, check.layer)} is {left.status}"
                if left.status == "non-finite":
                    self.failures.setdefault(path, f"{cause}: {left.cause}")
                else:
                    lines.append(f"{path.name}: {cause}, skipped: {left.cause}.")
        return lines

    def provenance(self, feeding: Feeding) -> Provenance:
        """Provenance of the check: the files of the model, the scaling, the images that failed."""
        return {
            "tool": f"xai-cam {__version__}",
            **self.files.origin,
            "preprocessing": feeding.describe(),
            "head": feeding.network.head.describe(),
            **target_columns("", (), self.request.sign),
            **self._sampled,
            "failed": len(self.failures),
        }

    @property
    def _sampled(self) -> dict[str, Any]:
        """How inputs were made of images, as far as some method heeds it; the seed is that of the check."""
        rows, sampling = [METHODS[name] for name in self.request.methods], self.request.sampling
        samples = {row.name: sampling.samples or row.samples for row in rows if row.samples}
        found: dict[str, Any] = {"samples": samples or None, "smooth": self.request.smooth or None}
        if any(row.covers for row in rows):
            found |= {"patch": sampling.patch, "stride": sampling.stride}
        return {name: value for name, value in found.items() if value is not None}

    def to_show(self, sanity: Sanity, feeding: Feeding) -> Shown | None:
        """The image for the figure; None where no image has a map, or it has gone since."""
        requested = self.read.index(self.shown) if self.shown in self.read else None
        number = image_to_show(sanity, requested)
        if number is None:
            return None
        path = self.read[number]
        try:
            picture, region = self.pictures.get(path) or self._decode(path, feeding)
        except (ImageError, OSError):
            return None
        image = self.describe_images(sanity)[number]
        return Shown(number, image["image"], image["predicted_name"], picture, region)

    def _decode(self, path: Path, feeding: Feeding) -> tuple[Picture, Region]:
        picture = feeding.read(path)
        return picture, feeding.fit_in(picture)[1]


@dataclass
class SubjectWork:
    """Reads the images of a subject; failures are reported with those of the check."""

    feeding: Feeding
    subject: Subject
    blank: Mapping[str, Any] = field(default_factory=lambda: dict.fromkeys(("image", "outcome", "message")))

    def look_up(self, state: ImageState) -> None:
        """Every image is read."""
        state.todo = True

    def prepare(self) -> ModelReader:
        """The model is open already."""
        return ModelReader(self.feeding)

    def ask(self, states: list[ImageState]) -> None:
        """Keep the images of a batch, and the picture that the figure is likely to show."""
        for state in states:
            path, masks = state.task.image.path, self.subject.request.masks
            if masks is not None:
                with failing(state):
                    self.subject.masks.append(mask_in(state, masks, self.feeding.network.input_shape[:2]))
            if state.failure:
                continue
            if path == (self.subject.shown or path) and not self.subject.pictures:
                self.subject.pictures[path] = state.source, state.region
            self.subject.read.append(path)
            shape, known = self.feeding.network.input_shape, state.source.white is not None
            black = self.feeding.preprocessing.black(shape, known)
            self.subject.values.append(replace(inputs_of([state]), black=black))

    def write(self, state: ImageState) -> None:
        """Nothing to do: the check writes."""

    def finish(self, state: ImageState) -> None:
        """Record why an image could not be read."""
        if state.failure:
            self.subject.failures[state.task.image.path] = state.failure
            state.rows.clear()


def spread(paths: Sequence[Path], count: int, wanted: Path | None = None) -> list[Path]:
    """At most `count` of the images, evenly spread; `wanted` takes the place of the one nearest to it."""
    places = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    if wanted is not None and paths.index(wanted) not in places:
        places[np.abs(places - paths.index(wanted)).argmin()] = paths.index(wanted)
    return [paths[place] for place in places]


def same_file(paths: Sequence[Path], name: Path) -> Path | None:
    """The one of the paths that leads to this file, whatever its spelling."""
    return next((path for path in paths if real_path(path) == real_path(name)), None)
