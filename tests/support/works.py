"""A work of a run that needs no model and no files, whose every stage a test can look at and step in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from support.runs import Recorder
from xai_cam.errors import ImageError
from xai_cam.files.threads import Reserve
from xai_cam.images.finding import ImageFile
from xai_cam.images.picture import Picture
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import Task, tasks_of

PIXELS = 6
"""Of each picture."""

Step = Callable[[Any], None]


def tasks(count: int) -> list[Task]:
    """Tasks of `00.png`, `01.png` and so on, which need not be there."""
    return tasks_of([ImageFile(Path(f"{number:02}.png"), Path()) for number in range(count)])


def name_of(state: ImageState) -> str:
    """Its number, as a text of two digits."""
    return state.task.stem


class StagedWork:
    """Writes down what is asked of it.

    Parameters
    ----------
    up_to_date : collection of str
        Names of images with nothing to do.
    steps : callables by stage
        Run at `look_up`, `read`, `write` and `finish` with the image, at `ask` with the batch, and at
        `prepare` with nothing.
    """

    def __init__(self, up_to_date: Collection[str] = (), **steps: Step) -> None:
        self.blank: Mapping[str, Any] = dict.fromkeys(("image", "outcome", "message"))
        self.up_to_date, self.steps = up_to_date, steps
        self.log: list[tuple[str, str]] = []
        self.threads: dict[str, set[threading.Thread]] = {}

    def at(self, stage: str) -> list[str]:
        """Names of the images that came to a stage, in the order in which they came."""
        return [name for one, name in self.log if one == stage]

    def look_up(self, state: ImageState) -> None:
        self._enter("look_up", name_of(state), state)
        if self.is_there(state):
            state.add_row("up to date", {})
        else:
            state.todo = {"something": name_of(state)}

    def is_there(self, state: ImageState) -> bool:
        """Whether there is nothing to do for an image."""
        return name_of(state) in self.up_to_date

    def prepare(self) -> StagedWork:
        self._enter("prepare", "", None)
        return self

    def read(self, state: ImageState, reserve: Reserve) -> None:
        reserve(PIXELS)
        try:
            self._enter("read", name_of(state), state)
        except ImageError as error:  # as the readers do
            state.fail(error)
            return
        pixels = np.zeros((2, PIXELS // 2, 3), np.uint8)
        state.picture, state.values = Picture(pixels, pixels), np.ones((1, 1, 3), np.float32)

    def ask(self, states: list[ImageState]) -> None:
        self._enter("ask", " ".join(map(name_of, states)), states)
        for state in states:
            assert (state.fed == 1).all()
            state.explanations["place"] = [name_of(state)]
            state.answer = f"answer {name_of(state)}"

    def write(self, state: ImageState) -> None:
        self._enter("write", name_of(state), state)
        state.add_row("written", {"message": ""})

    def finish(self, state: ImageState) -> None:
        self._enter("finish", name_of(state), state)

    def _enter(self, stage: str, name: str, given: Any) -> None:
        self.log.append((stage, name))
        self.threads.setdefault(stage, set()).add(threading.current_thread())
        self.steps.get(stage, lambda _: None)(given)


def at_image(name: str, step: Callable[[], Any]) -> Step:
    """Do something when the image of this name comes by, or the batch that begins with it."""

    def when(given: Any) -> None:
        first = given[0] if isinstance(given, list) else given
        if name_of(first) == name:
            step()

    return when


def raises(error: BaseException) -> Callable[[], None]:
    """What raises an error."""

    def fail() -> None:
        raise error

    return fail


def outcomes(watching: Recorder) -> list[tuple[str, str]]:
    """Name and outcome of each row."""
    return [(Path(row["image"]).stem, row["outcome"]) for row in watching.rows]


class StagedRun:
    """A run of a staged work over some images; what it raised is kept."""

    def __init__(self, count: int, work: StagedWork, **options: Any) -> None:
        self.work, self.watching = work, options.pop("reporter", None) or Recorder()
        runner = Runner(tasks(count), work, self.watching, **{"batch_size": 3, **options})
        self.summary, self.raised = runner.summary, None
        try:
            assert runner.run() is self.summary
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.raised: BaseException | None = error
        for thread in threading.enumerate():
            if thread.name.startswith("xai-cam"):  # Ctrl-C came while it started: nobody has to wait for it
                thread.join(5)
                assert not thread.is_alive()

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return outcomes(self.watching)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Written, up to date, failed."""
        return self.summary.written, self.summary.up_to_date, self.summary.failed
