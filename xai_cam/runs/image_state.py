"""One image on its way through a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from xai_cam.errors import XaiCamError
from xai_cam.files.batch import OutputBatch
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.rows import IMAGE, SECONDS
from xai_cam.files.threads import Reserve
from xai_cam.files.writing import reason_of, write_whole
from xai_cam.images.frame_facts import FrameFacts, columns_of
from xai_cam.images.picture import Picture, Region
from xai_cam.models.input.fed_range import FedRange
from xai_cam.models.input.inputs import Inputs
from xai_cam.runs.tasks import Task


@dataclass
class ImageState:
    """State of one image during a run, and what will be reported of it.

    Attributes
    ----------
    blank : mapping
        A row of the run with nothing in it: a failure is reported in it.
    holds : callable
        Tells whether what its look-up rests on is still so: the files of the model.
    todo : Any
        What the image still needs, in the words of the run's work; nothing where it is up to date.
    redo : list
        What is to be made of outputs of an earlier run, without the model, in the words of the run's work.
    rows, notices : list
        To be reported when the image's turn has come.
    opening : list of str
        What is said of the first image of a run that has something to do.
    failure : str
        Why it failed, the first reason; empty if it did not.
    cause : Exception, optional
        The error that it failed with, the first one.
    left : bool
        Whether the run came to an end before its outputs were written; then it is not reported.
    picture : Picture, optional
        The decoded file.
    values : (H, W, c) float32, optional
        What the model takes of it.
    extras : tuple of arrays
        What the model's other inputs are held at for it.
    region : Region
        Where that lies in the picture.
    fed_range : FedRange, optional
        How much of the expected range it covers.
    notes : tuple of str
        What has to be said once in a run of files that are read as it is.
    seen : (H, W, 3) uint8, optional
        What is shown of it, at the size of the model's input.
    white : float
        Which of the values stands for white, where they are not scaled yet.
    regions : tuple of (h, w) uint8 arrays
        Where it is explained, if masks say so, for each output of places.
    explanations : dict
        Its maps by place.
    answer : Any
        What else the model was asked of it, in the words of the run's work.
    size : (int, int), optional
        Height and width of the picture, once it was decoded.
    frame_facts : FrameFacts, optional
        How it was taken out of a file that holds more than a picture.
    seconds : float
        What was spent on it.
    targets : list of Path
        Stand for what is to be written of it: no two runs are at the same ones at a time.
    elsewhere : bool
        Whether another run is at them.
    outputs : OutputBatch, optional
        Where its outputs wait for those of other images, to get their names together.
    written : list of Path
        Its outputs that were written.
    ended : Event
        Set when no more of it will be written.
    """

    task: Task
    blank: Mapping[str, Any]
    holds: Callable[[], bool] = lambda: True
    todo: Any = None
    redo: list[Any] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    opening: list[str] = field(default_factory=list)
    failure: str = ""
    cause: Exception | None = None
    left: bool = False
    picture: Picture | None = None
    values: np.ndarray | None = None
    extras: tuple[np.ndarray, ...] = ()
    region: Region = field(default_factory=lambda: Region(0, 0, 0, 0))
    fed_range: FedRange | None = None
    notes: tuple[str, ...] = ()
    seen: np.ndarray | None = None
    white: float = 255.0
    regions: tuple[np.ndarray, ...] = ()
    explanations: dict[Any, Any] = field(default_factory=dict)
    answer: Any = None
    size: tuple[int, int] | None = None
    frame_facts: FrameFacts | None = None
    seconds: float = 0.0
    targets: list[Path] = field(default_factory=list)
    elsewhere: bool = False
    outputs: OutputBatch | None = None
    written: list[Path] = field(default_factory=list)
    ended: Event = field(default_factory=Event)

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.task.image.path.name

    @property
    def pending(self) -> bool:
        """Whether the model has to be asked about it."""
        return bool(self.todo) and not self.failure

    @property
    def unwritten(self) -> bool:
        """Whether there is something to write of it, by the model or without."""
        return bool(self.todo or self.redo) and not self.failure

    @property
    def pixels(self) -> int:
        """Of the picture that is kept for it."""
        picture = self.picture  # another thread may release it meanwhile
        return 0 if picture is None else picture.size[0] * picture.size[1]

    @property
    def source(self) -> Picture:
        """The decoded file of an image that was read."""
        assert self.picture is not None, f"{self.name} was not read"
        return self.picture

    @property
    def fed(self) -> np.ndarray:
        """Model input of an image that was read."""
        assert self.values is not None, f"{self.name} was not read"
        return self.values

    def write(self, path: Path, data: bytes, new: bool = False) -> None:
        """Write one of its outputs; a `new` one, in a store, replaces nothing of others.

        Raises
        ------
        OutputError
            The folder cannot be written to, or the disk is full.
        """
        if self.outputs is None:
            write_whole(path, data)
        else:
            self.outputs.write(path, data, new)
        self.written.append(path)

    def add_row(self, outcome: str, values: Mapping[str, Any]) -> None:
        """A row to be reported, with the image's name and what became of it."""
        self.rows.append({**self.blank, "image": str(self.task.image.path), "outcome": outcome, **values})

    def fail(self, error: Exception | str) -> None:
        """Record why the image failed, or failed in part."""
        reason = error if isinstance(error, str) else reason_of(error)
        self.cause = self.cause or (None if isinstance(error, str) else error)
        self.failure = self.failure or reason
        status = {"status": "failed"} if "status" in self.blank else {}
        self.add_row("failed", {**status, "message": reason})

    def complete(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row with the image's size and the time it took, where the run has such columns."""
        height, width = self.size or (None, None)
        spent = float(f"{self.seconds:.4g}") if self.seconds else None
        known = zip((*IMAGE, SECONDS), (width, height, spent), strict=True)
        return {**row, **{name: value for name, value in known if name in row and row[name] is None}}

    def see(self, picture: Picture) -> None:
        """Keep what rows and notices say of the decoded file."""
        self.size, self.frame_facts, self.notes = picture.size, picture.facts, picture.notes
        known = {name: value for name, value in columns_of(picture.facts).items() if name in self.blank}
        self.blank = {**self.blank, **known}

    def release(self) -> None:
        """Release pixels and maps once everything is written."""
        self.picture = self.values = self.seen = None
        self.extras = self.regions = ()
        self.explanations = {}


def inputs_of(states: Sequence[ImageState]) -> Inputs:
    """What the model takes of several images that were read."""
    extras = zip(*(state.extras for state in states), strict=True)
    regions = zip(*(state.regions for state in states), strict=True)
    beside = [tuple(np.stack(one) for one in some) for some in (extras, regions)]
    return Inputs(np.stack([state.fed for state in states]), *beside)


def waiting_for(reserve: Reserve, state: ImageState) -> Reserve:
    """The same, for an image: to wait for memory is not time spent on it."""

    def wait(weight: float) -> None:
        started = time.perf_counter()
        reserve(weight)
        state.seconds -= time.perf_counter() - started

    return wait


@contextmanager
def spent_on(states: Sequence[ImageState]) -> Iterator[None]:
    """Count the time of the block as spent on these images, an equal share for each."""
    started = time.perf_counter()
    try:
        yield
    finally:
        for state in states:
            state.seconds += (time.perf_counter() - started) / len(states)


@contextmanager
def failing(state: ImageState) -> Iterator[None]:
    """Whatever costs one image fails it alone, want of memory too."""
    try:
        yield
    except (XaiCamError, OSError) as error:
        state.fail(error)
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        state.release()
        state.fail(TOO_LITTLE)
