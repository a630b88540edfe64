"""A run that draws pictures of each image: which are up to date, their provenance, the image's row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Protocol

from xai_cam._version import __version__
from xai_cam.files.current import intact_provenance
from xai_cam.files.names import real_path
from xai_cam.files.provenance import Provenance, check_replaceable, digest
from xai_cam.files.real_paths import RealPaths
from xai_cam.files.rows import IMAGE, SECONDS
from xai_cam.files.stores.listings import Listings
from xai_cam.files.writing import Folders, check_not_input
from xai_cam.runs.decode import Reader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.recorded import values_in
from xai_cam.runs.tasks import Task
from xai_cam.runs.unspoken import Unspoken

Encode = Callable[[Provenance], bytes]
"""Provenance of a file -> the file's bytes."""


@dataclass(frozen=True)
class Rendered:
    """Pictures drawn of one image.

    Attributes
    ----------
    files : mapping of str to callable
        By kind, as in `Renderer.paths`.
    provenance : dict
        What each of the files says of itself.
    values : dict
        What the image's row says; it is kept in the files, so that a later run can report it again.
    """

    files: Mapping[str, Encode]
    provenance: Provenance
    values: dict[str, Any] = field(default_factory=dict)


class Renderer(Protocol):
    """Draws one kind of pictures."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values in an image's row."""

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of what else the row says, beside the values that its files hold."""

    @property
    def writers(self) -> int | None:
        """Threads that may render at once, as of `Runner`."""

    def paths(self, task: Task) -> dict[str, Path]:
        """Where the files of an image go, by kind; known before anything is computed."""

    def facts_of(self, task: Task, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What else the row of an image says, by `facts`; `values` are those that its files hold."""

    def describe_request(self, task: Task) -> Provenance:
        """Everything that determines the content of an image's files, as JSON; the image's hash is added."""

    def prepare(self) -> Reader:
        """As `Work.prepare`."""

    def ask(self, states: list[ImageState]) -> None:
        """As `Work.ask`."""

    def render(self, state: ImageState) -> Rendered:
        """The files of one image; called in a thread.

        Raises
        ------
        XaiCamError
            The image fails.
        """


def columns_of(renderer: Renderer) -> tuple[str, ...]:
    """The columns of a run's rows."""
    return ("image", "outcome", *renderer.columns, "output", "message", *renderer.facts, *IMAGE, SECONDS)


@dataclass
class PictureWork(Unspoken):
    """Some files of each image, all drawn by one renderer.

    What an image still needs: the digests of its files by kind.

    Parameters
    ----------
    inputs : set of str
        Real paths of what must not be written over.
    """

    writes: ClassVar[bool] = True
    renderer: Renderer
    inputs: RealPaths = field(default_factory=RealPaths)
    overwrite: bool = False
    listings: Listings = field(default_factory=Listings)
    _folders: Folders = field(default_factory=Folders)

    @cached_property
    def blank(self) -> Mapping[str, Any]:
        """A row with nothing in it."""
        return dict.fromkeys(columns_of(self.renderer))

    def look_up(self, state: ImageState) -> None:
        """Find out whether the files are up to date, and check that they can be written otherwise."""
        request = self.renderer.describe_request(state.task)
        state.holds = lambda: self.renderer.describe_request(state.task) == request
        digests = self._digests(state.task)
        values = self._up_to_date(state.task, digests)
        if values is None:
            for path in self.renderer.paths(state.task).values():
                self.check_target(path)
            self._folders.check(state.task.folder)
            state.todo = digests
            state.targets = list(self.renderer.paths(state.task).values())
        else:
            self._add_row(state, "up to date", values)

    def is_up_to_date(self, task: Task) -> bool:
        """Whether all files of an image are there and what would be drawn now."""
        return self._up_to_date(task, self._digests(task)) is not None

    @property
    def computing(self) -> Any:
        """The engine and its settings, of a renderer that has them."""
        return vars(self.renderer)["computing"]

    def for_worker(self) -> PictureWork:
        """As `SpreadWork` has it."""
        return replace(self)

    def prepare(self) -> Reader:
        """Get the renderer ready."""
        return self.renderer.prepare()

    def ask(self, states: list[ImageState]) -> None:
        """Let the renderer ask the model."""
        self.renderer.ask(states)

    def write(self, state: ImageState) -> None:
        """Draw and write the files of an image."""
        rendered = self.renderer.render(state)
        height, width = state.size or (None, None)
        values = {**rendered.values, **dict(zip(IMAGE, (width, height), strict=True))}
        for kind, path in self.renderer.paths(state.task).items():
            content = {
                "tool": f"xai-cam {__version__}",
                "image_sha256": state.task.image_hash,
                **rendered.provenance,
                "values": values,
                "request": state.todo[kind],
            }
            new = not self.overwrite and not self.listings.may_have(path)
            state.write(path, rendered.files[kind](content), new)
        state.answer = None  # it is large, and drawn
        self._add_row(state, "written", values)

    def finish(self, state: ImageState) -> None:
        """Nothing to do: the rows are complete."""

    def _digests(self, task: Task) -> dict[str, str]:
        request = self.renderer.describe_request(task)
        shared = {"version": __version__, "image": task.image_hash, **request}
        return {kind: digest({"kind": kind, **shared}) for kind in self.renderer.paths(task)}

    def _up_to_date(self, task: Task, digests: Mapping[str, str]) -> dict[str, Any] | None:
        """The values of an image whose files are all there and what would be drawn now; else None."""
        if self.overwrite or task.anew:
            return None
        values: dict[str, Any] | None = None
        for kind, path in self.renderer.paths(task).items():
            values = self._values_of(path, digests[kind]) if self.listings.may_have(path) else None
            if values is None:
                return None
        return values

    def _values_of(self, path: Path, digest: str) -> dict[str, Any] | None:
        """The values that a file holds which would be drawn now; None of any other."""
        provenance = intact_provenance(self.listings.told(path), digest)
        return None if provenance is None else values_in(provenance, (*self.renderer.columns, *IMAGE))

    def check_target(self, path: Path) -> None:
        """Refuse to overwrite an input, and a file that this tool did not write.

        Raises
        ------
        XaiCamError
        """
        if real_path(path) in self.inputs:
            check_not_input(path, [path])
        if not self.overwrite and self.listings.may_have(path):
            check_replaceable(self.listings.told(path))

    def _add_row(self, state: ImageState, outcome: str, values: Mapping[str, Any]) -> None:
        output = ";".join(map(str, self.renderer.paths(state.task).values()))
        facts = self.renderer.facts_of(state.task, values)
        state.add_row(outcome, {**values, "output": output, "message": "", **facts})


def inputs_of(tasks: Sequence[Task], others: Iterable[Path | str | None]) -> RealPaths:
    """All that a run reads: its images, and some other files."""
    return RealPaths(chain(others, (task.image.path for task in tasks)))
