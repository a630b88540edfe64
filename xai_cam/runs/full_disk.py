"""A run whose disk is full, or whose store takes nothing, stops: what it would compute is for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from xai_cam.errors import causes_of
from xai_cam.files.disk_room import is_full, is_refused, is_unanswered, lacks_room
from xai_cam.files.stores.local_files import NotTakenError
from xai_cam.files.stores.paths import StorePath
from xai_cam.runs.image_state import ImageState

MAX_FAILURES = 3
"""Images, one behind the other, that find no room though the disk has some: it has no room for any.

So it is with a store that refuses the outputs of as many.
"""

MAX_UNANSWERED = 64
"""Images, one behind the other, about which a store does not answer: it has not done so for half a minute."""


class FullDisk:
    """Looks at images behind their last step, and finds out that the disk of their outputs is full.

    Or that the store takes none of them, or does not answer any more, which comes to the same.

    Attributes
    ----------
    found : bool
        Whether it is: no image needs to be computed any more.
    """

    def __init__(self) -> None:
        self.found = False
        self._folder = Path()
        self._failures = self._refused = self._unanswered = 0
        self._lock = Lock()

    @property
    def folder(self) -> Path | None:
        """A folder on the disk that is full; None as long as none is."""
        return self._folder if self.found else None

    def hear(self, folder: Path) -> None:
        """Take in that another has found the disk of this folder full."""
        self.found, self._folder = True, folder

    def see(self, state: ImageState) -> None:
        """Take in an image that was looked up or written; one that says no more than the first is left.

        One that was read, and has no outputs whose names are still to come, ends a row of failures.
        """
        if state.left:
            return
        with self._lock:
            if not state.failure and not state.written:
                self._refused = self._unanswered = 0
            self._see_room(state)
            self._see_answer(state)

    def see_named(self, states: Sequence[ImageState], failed: Sequence[ImageState]) -> None:
        """Take in images whose outputs got their names together, and those of them that failed at that.

        A store that took the outputs of one does not refuse all.
        """
        taken = any(state.written and not state.failure for state in states)
        with self._lock:
            if taken:
                self._refused = self._unanswered = 0
            for state in failed:
                self._see_room(state)
                if not taken:
                    self._see_answer(state)

    def _see_room(self, state: ImageState) -> None:
        if not lacks_room(state.cause) or is_refused(state.cause):
            self._failures = 0
        elif self.found:
            state.left = True
        else:
            self._failures += 1
            self._folder = folder_of(state)
            self.found = self._failures == MAX_FAILURES or is_full(self._folder)

    def _see_answer(self, state: ImageState) -> None:
        refused, unanswered = is_refused(state.cause), is_unanswered(state.cause)
        if not refused and not unanswered:
            return
        if self.found:
            state.left = True
            return
        self._refused += refused
        self._unanswered += unanswered
        places = (state.task.folder, state.task.image.path.parent)
        self._folder = next((place for place in places if isinstance(place, StorePath)), self._folder)
        self.found = self._refused == MAX_FAILURES or self._unanswered == MAX_UNANSWERED

    def notices(self, done: int, total: int) -> list[str]:
        """A line on a run that ended after `done` images for want of room; nothing of any other."""
        if not self.found or done == total:
            return []
        if isinstance(self._folder, StorePath):
            why = (
                f"{self._folder.bucket} takes no outputs, or does not answer: see the last failure. Mend that"
            )
        else:
            why = f"the disk of {self._folder} is full. Free space"
        stopped = f"Stopped after {done:,} of {total:,} images: {why}"
        return [f"{stopped}, and run the same command again to go on."]


def folder_of(state: ImageState) -> Path:
    """The folder in which an image found no room: that of what is fetched, or else that of its outputs."""
    fetched = (one.folder for one in causes_of(state.cause) if isinstance(one, NotTakenError))
    return next(fetched, state.task.folder)
