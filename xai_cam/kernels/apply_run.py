"""Run of `kernels apply`: filters every picture and writes results, figures and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.files.provenance import Provenance, encode_array, encode_picture
from xai_cam.files.rows import ORIGIN
from xai_cam.images.frame_facts import columns_of
from xai_cam.images.reading import Reading
from xai_cam.kernels.filtered_figure import draw_answer
from xai_cam.kernels.picture_filter import Answer, PictureFilter, Planes, apply_filter
from xai_cam.kernels.sources import Kernels
from xai_cam.runs.decode import PictureReader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.origin import origin_of
from xai_cam.runs.picture_run import Encode, Rendered
from xai_cam.runs.tasks import Task

ENDINGS = {"picture": "_filtered.png", "figure": "_filtered_figure.png", "raw": "_filtered.npy"}
"""Endings of the files by kind: the result at the picture's size; a figure of the picture, kernel, result and
single planes with captions; the result's values, float32."""

SAVES = tuple(ENDINGS)

MAX_RESULTS = 8
"""Filtered pictures that are held at a time, of all images together; one image's are held in any case."""

RULES = {
    "clip": "0 to 1 as it is, the rest clipped",
    "symmetric": "0 is mid grey, black and white are minus and plus the largest magnitude",
    "stretch": "the lowest value is black, the highest white",
}


@dataclass
class KernelRenderer:
    """Filters pictures: a result for each kernel.

    Parameters
    ----------
    border, scale, combine : str
        As in `apply_filter`.
    saves : tuple of str
        Some of `SAVES`.
    reading : Reading
        How files are read.
    """

    kernels: Kernels
    border: str = "reflect"
    scale: str = "auto"
    combine: str = "auto"
    saves: tuple[str, ...] = ("picture",)
    reading: Reading = field(default_factory=Reading)
    _first: ImageState | None = field(default=None, repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the results beside those of every run."""
        return "kernel", "combine", "border", "scale", "low", "high", *self.reading.columns

    @property
    def facts(self) -> tuple[str, ...]:
        """The model that the kernels are of."""
        return ORIGIN

    def facts_of(self, task: Task, values: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - as above
        """Its hashes; none for kernels that have a name or a file."""
        origin = self.kernels.origin
        return {**origin_of(None), **{name: origin[name] for name in ORIGIN if name in origin}}

    @property
    def writers(self) -> int | None:
        """The results of all kernels are held together: the more there are, the fewer images at once."""
        return max(1, MAX_RESULTS // len(self.kernels.names))

    def stems(self, task: Task) -> list[str]:
        """Beginnings of the names of a task's outputs."""
        return [f"{task.stem}_{name}" for name in self.kernels.names]

    def paths(self, task: Task) -> dict[str, Path]:
        """Output files of a task, by kind and kernel."""
        return {
            f"{save} {name}": task.folder / f"{task.stem}_{name}{ENDINGS[save]}"
            for name in self.kernels.names
            for save in self.saves
        }

    def describe_request(self, task: Task) -> Provenance:  # noqa: ARG002 - of the protocol
        """Request that an image's files answer: kernels, border, scale and combination."""
        asked = {name: value for name, value in self.reading.columns.items() if value}
        made = {"border": self.border, "scale": self.scale, "combine": self.combine}
        return {**self.kernels.origin, **made, **asked, **self._shown}

    @property
    def _shown(self) -> Provenance:
        """Which bands are filtered, where they were chosen."""
        return {"show_bands": list(self.reading.show_bands)} if self.reading.show_bands else {}

    def prepare(self) -> PictureReader:
        """Check that the kernels can be combined as asked for."""
        for picture_filter in self.kernels.filters:
            picture_filter.check_combine(self.combine)
        return PictureReader(self.reading)

    def ask(self, states: list[ImageState]) -> None:
        """Remember the first image, whose result is reported."""
        if self._first is None:
            self._first = states[0]

    def render(self, state: ImageState) -> Rendered:
        """Filter a picture by every kernel."""
        picture = state.source
        planes = Planes(picture)
        files: dict[str, Encode] = {}
        facts: list[Provenance] = []
        for kernel, picture_filter in zip(self.kernels.names, self.kernels.filters, strict=True):
            answer = apply_filter(picture_filter, planes, self.border, self.scale, self.combine)
            facts.append(self._facts(picture_filter, answer))
            draw = partial(draw_answer, state.name, picture.pixels, picture_filter, answer, self.border)
            for save in self.saves:
                files[f"{save} {kernel}"] = partial(_encode, save, draw, answer, facts[-1])
        if state is self._first:
            state.notices.append(describe_first(state.name, facts[0]))
        shared = {**self.kernels.origin, "pixels": "0 to 1", "bias": "not added", **self._shown}
        read = {**self.reading.columns, **columns_of(picture.facts)}
        return Rendered(files, shared, {**self._values(facts), **read})

    def _facts(self, picture_filter: PictureFilter, answer: Answer) -> Provenance:
        """Provenance of one kernel and its result."""
        return {
            "filter": picture_filter.name,
            "kernel_shape": list(picture_filter.values.shape),
            "reads": picture_filter.reads,
            "combine": answer.combine,
            "border": self.border,
            "scale": answer.scale,
            "shown": RULES[answer.scale],
            "low": float(answer.result.min()),
            "high": float(answer.result.max()),
        }

    def _values(self, facts: list[Provenance]) -> dict[str, Any]:
        """An image's row: of several kernels the names, and the range of all their results."""
        row = {
            name: ";".join(dict.fromkeys(f[name] for f in facts)) for name in ("combine", "border", "scale")
        }
        low, high = min(f["low"] for f in facts), max(f["high"] for f in facts)
        return {"kernel": ";".join(self.kernels.names), **row, "low": low, "high": high}


def describe_first(name: str, facts: Provenance) -> str:
    """Sentence on the first image's result and on how it is displayed."""
    together = "in colour" if facts["combine"] == "colour" else "summed"
    return (
        f"Pixels 0 to 1, border {facts['border']}, {together}, no bias. First image {name}: "
        f"{facts['low']:.3g} to {facts['high']:.3g}, shown by {facts['scale']} ({facts['shown']})."
    )


def _encode(
    save: str, draw: Callable[[], np.ndarray], answer: Answer, facts: Provenance, provenance: Provenance
) -> bytes:
    provenance = provenance | facts
    if save == "raw":
        return encode_array(answer.result, provenance)
    return encode_picture(draw() if save == "figure" else answer.pixels, provenance, "png")
