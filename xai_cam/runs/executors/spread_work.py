"""Works whose images are computed by workers, and reported by the one that has sent them out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from xai_cam.cam.engines.questions import Computing
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.passes import Watch
from xai_cam.runs.runner import Work
from xai_cam.runs.tasks import Task


class SpreadWork(Work, Protocol):
    """A work that workers can do: all of it but `finish`, which is for the one that reports.

    Attributes
    ----------
    writes : bool
        Whether images have outputs, in the folders of their tasks.
    watch : callable
        Told of passes through the model, and where there are workers of how far they are: without a name
        where no passes are counted.
    """

    writes: ClassVar[bool]
    computing: Computing
    watch: Watch

    @property
    def beside(self) -> tuple[Path, ...]:
        """Folders that workers write to besides those of the outputs."""

    def for_worker(self) -> SpreadWork:
        """A copy that can be pickled, without what only the one that reports has: console, page, tasks."""

    def notices(self) -> list[str]:
        """In a worker: what was said of the model and of the first image since this was asked last."""

    def hand_over(self) -> Any:
        """In a worker: what was found of all images since this was asked last, to be pickled."""

    def take_in(self, found: Any) -> None:
        """Where images are reported: take in what a worker has found, in the order of the images."""


SENT = (
    *("blank", "rows", "notices", "opening", "failure", "size", "seconds"),
    *("fed_range", "notes", "frame_facts", "answer"),
)
"""What is reported of an image."""


def sent(state: ImageState) -> dict[str, Any]:
    """An image that is through, as a worker hands it over: what is reported of it, and that alone."""
    todo, redo = bool(state.todo), [True] * bool(state.redo)
    return {**{name: getattr(state, name) for name in SENT}, "todo": todo, "redo": redo}


def received(task: Task, found: Mapping[str, Any]) -> ImageState:
    """The image of `sent`, where it is reported."""
    return ImageState(task, **found)
