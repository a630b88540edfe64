"""A run that draws something of each image: skip what is up to date, draw, write, go on after a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from xai_cam._version import __version__
from xai_cam.errors import ImageError, OutputError, XaiCamError
from xai_cam.files.provenance import Provenance, check_replaceable, digest, read_provenance
from xai_cam.files.rows import Reporter, Summary
from xai_cam.files.writing import check_not_input, check_writable, real_path, reason_of, write_whole
from xai_cam.runs.tasks import Task

Encode = Callable[[Provenance], bytes]
"""Gets what a file is to say of itself; returns the file's bytes."""


@dataclass(frozen=True)
class Rendered:
    """What was made of one image.

    Attributes
    ----------
    files : mapping of str to callable
        By kind, as in `Renderer.paths`.
    said : dict
        What each of the files says of itself.
    values : dict
        What the image's row says; it is kept in the files, so that a later run can tell it again.
    """

    files: Mapping[str, Encode]
    said: Provenance
    values: dict[str, Any] = field(default_factory=dict)


class Renderer(Protocol):
    """Makes one kind of pictures."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values in an image's row."""

    def paths(self, task: Task) -> dict[str, Path]:
        """Where the files of an image go, by kind; known before anything is computed."""

    def asked(self, task: Task) -> Provenance:
        """All that decides the content of an image's files, as JSON; the image's own hash is added."""

    def make(self, task: Task) -> Rendered:
        """The files of one image.

        Raises
        ------
        XaiCamError
            An `ImageError` or `OutputError` fails this image, any other the run.
        """


def columns_of(renderer: Renderer) -> tuple[str, ...]:
    """The columns of a run's rows."""
    return ("image", "outcome", *renderer.columns, "output", "message")


@dataclass
class PictureRun:
    """Carry out tasks, one image after the other.

    Parameters
    ----------
    inputs : iterable of paths
        What must not be written over besides the images.
    """

    tasks: list[Task]
    renderer: Renderer
    reporter: Reporter
    inputs: tuple[Path | None, ...] = ()
    overwrite: bool = False
    fail_fast: bool = False
    summary: Summary = field(default_factory=Summary)

    def __post_init__(self) -> None:
        named = (*self.inputs, *(task.image.path for task in self.tasks))
        self._inputs = frozenset(real_path(path) for path in named if path is not None)

    def run(self) -> Summary:
        """Draw what is not up to date; rows come in the order of the images.

        Raises
        ------
        XaiCamError
            What stops the whole run: the model or an option.
        """
        for number, task in enumerate(self.tasks, 1):
            failed = not self._carry_out(task)
            if failed and self.fail_fast:
                self.reporter.notice("Stopped at the first failure.")
                break
            self.reporter.progress(number, len(self.tasks))
        return self.summary

    def state(self, task: Task) -> str:
        """`up to date`, `to do`, or why it cannot be done."""
        try:
            if self._up_to_date(task) is not None:
                return "up to date"
            self._check_targets(task)
        except (XaiCamError, OSError) as error:
            return reason_of(error)
        return "to do"

    def miss(self, path: Path) -> None:
        """Report an image that is not there."""
        self._fail(path, "there is no such file")

    def _carry_out(self, task: Task) -> bool:
        path = task.image.path
        try:
            values = self._up_to_date(task)
            if values is None:
                self._check_targets(task)
                check_writable(task.folder)
            before = task.image_hash  # reads the image: one that cannot be read fails here
        except (XaiCamError, OSError) as error:
            self._fail(path, reason_of(error))
            return False
        if values is not None:
            self.summary.up_to_date += 1
            self._tell(path, "up to date", values, self.renderer.paths(task))
            return True
        try:
            made = self.renderer.make(task)
            self._write(task, made, before)
        except (ImageError, OutputError, OSError) as error:
            self._fail(path, reason_of(error))
            return False
        self.summary.written += 1
        self._tell(path, "written", made.values, self.renderer.paths(task))
        return True

    def _write(self, task: Task, made: Rendered, image_hash: str) -> None:
        for kind, path in self.renderer.paths(task).items():
            said = {
                "tool": f"xai-cam {__version__}",
                "image_sha256": image_hash,
                **made.said,
                "values": made.values,
                "request": self._digest(task, kind),
            }
            write_whole(path, made.files[kind](said))

    def _up_to_date(self, task: Task) -> dict[str, Any] | None:
        """The values of an image whose files are all there and what would be made now; else None."""
        if self.overwrite:
            return None
        values: dict[str, Any] | None = None
        for kind, path in self.renderer.paths(task).items():
            said = read_provenance(path) if path.exists() else None
            if said is None or said.get("request") != self._digest(task, kind):
                return None
            values = said.get("values")
        return values if isinstance(values, dict) else None

    def _digest(self, task: Task, kind: str) -> str:
        asked = self.renderer.asked(task)
        return digest({"version": __version__, "image": task.image_hash, "kind": kind, **asked})

    def _check_targets(self, task: Task) -> None:
        """Refuse to write over inputs and files of somebody else's.

        Raises
        ------
        XaiCamError
        """
        for path in self.renderer.paths(task).values():
            if real_path(path) in self._inputs:
                check_not_input(path, [path])
            if not self.overwrite:
                check_replaceable(path)

    def _tell(self, path: Path, outcome: str, values: dict[str, Any], paths: dict[str, Path]) -> None:
        row = dict.fromkeys(columns_of(self.renderer)) | {"image": str(path), "outcome": outcome, **values}
        self.reporter.result(row | {"output": ";".join(map(str, paths.values())), "message": ""})

    def _fail(self, path: Path, reason: str) -> None:
        self.summary.failed += 1
        row = dict.fromkeys(columns_of(self.renderer)) | {"image": str(path), "outcome": "failed"}
        self.reporter.result(row | {"message": reason})
