"""Several runs over one place divide the images: one that another is at is left to it at first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from xai_cam.files.claims import Claims
from xai_cam.files.leftovers import sweep, sweep_temporary
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.task_list import are_remote, folders_of
from xai_cam.runs.tasks import Task

BETWEEN = 0.2
"""Seconds between looks at whether another run has ended an image."""

LookUp = Callable[[Task], ImageState]


class Division:
    """What this run is at, and what it leaves to others."""

    def __init__(self) -> None:
        self._claims = Claims()
        self._elsewhere: list[ImageState] = []
        self._told = False

    def begin(self, tasks: Sequence[Task]) -> None:
        """Delete what killed runs left in the folders of the outputs, and what they had fetched."""
        if are_remote(tasks):
            sweep_temporary()
        for folder in folders_of(tasks):
            sweep(folder)
            self._claims.tidy(folder)

    def take(self, task: Task, look_up: LookUp) -> ImageState:
        """An image as `look_up` finds it; if there is something to do, it is this run's, or `elsewhere`."""
        state = look_up(task)
        if not (state.unwritten and state.targets):
            return state
        if not self._claims.take(state.targets):
            state.todo, state.redo, state.elsewhere = None, [], True
        elif self._claims.were_others(state.targets):  # one of them may have ended it just now
            targets, state = state.targets, look_up(task)
            if not state.unwritten:
                self._claims.release(targets)
        return state

    def leave(self, state: ImageState) -> None:
        """Take in that this run has ended an image."""
        if state.targets and not state.elsewhere:
            self._claims.release(state.targets)

    def put_aside(self, state: ImageState) -> None:
        """Keep an image for later that another run is at."""
        self._elsewhere.append(state)

    def rest(self, notice: Callable[[str], None]) -> list[Task]:
        """The images that others were at, once the first of them is free; none if there were none."""
        aside, self._elsewhere = self._elsewhere, []
        while aside and not any(self._is_free(state) for state in aside):
            if not self._told:
                notice(f"Another run is at {len(aside):,} of the images. Waiting for it.")
                self._told = True
            time.sleep(BETWEEN)
        return [state.task for state in aside]

    def close(self) -> None:
        """Leave everything to others."""
        self._claims.close()

    def _is_free(self, state: ImageState) -> bool:
        free = self._claims.take(state.targets)
        if free:
            self._claims.release(state.targets)
        return free
