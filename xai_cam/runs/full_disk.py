"""A run whose disk is full stops, since all it would compute from then on is for nothing."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from xai_cam.files.disk_room import is_full, lacks_room
from xai_cam.runs.image_state import ImageState

MAX_FAILURES = 3
"""Images, one behind the other, that find no room though the disk has some: it has no room for any."""


class FullDisk:
    """Looks at images behind their last step, and finds out that the disk of their outputs is full.

    Attributes
    ----------
    found : bool
        Whether it is: no image needs to be computed any more.
    """

    def __init__(self) -> None:
        self.found = False
        self._folder = Path()
        self._failures = 0
        self._lock = Lock()

    @property
    def folder(self) -> Path | None:
        """A folder on the disk that is full; None as long as none is."""
        return self._folder if self.found else None

    def hear(self, folder: Path) -> None:
        """Take in that another has found the disk of this folder full."""
        self.found, self._folder = True, folder

    def see(self, state: ImageState) -> None:
        """Take in an image that was looked up or written; one that says no more than the first is left."""
        if state.left:
            return
        with self._lock:
            if not lacks_room(state.cause):
                self._failures = 0
            elif self.found:
                state.left = True
            else:
                self._failures += 1
                self._folder = state.task.folder
                self.found = self._failures == MAX_FAILURES or is_full(self._folder)

    def notices(self, done: int, total: int) -> list[str]:
        """A line on a run that ended after `done` images for want of room; nothing of any other."""
        if not self.found or done == total:
            return []
        return [
            f"Stopped after {done:,} of {total:,} images: the disk of {self._folder} is full. Free space, "
            "and run the same command again to go on."
        ]
