"""The images of a run that were computed together: their outputs get their names together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.files.batch import OutputBatch
from xai_cam.runs.image_state import ImageState


class Batch:
    """Follows its images through the threads that write, and is done when all of them are.

    Attributes
    ----------
    states : sequence of ImageState
        The images, in order.
    pixels : int
        Of pictures that it keeps itself: none.
    """

    pixels = 0

    def __init__(self, states: Sequence[ImageState]) -> None:
        self.states = states
        self._outputs = OutputBatch()
        for state in states:
            state.outputs = self._outputs

    def wait(self) -> None:
        """Wait until all images are written or have failed; all have to be with a thread already."""
        for state in self.states:
            state.ended.wait()

    def name(self, stop: bool = False) -> list[ImageState]:
        """Give the outputs their names; the images that fail since theirs cannot have one.

        With `stop`, no output behind the first such image gets its name.
        """
        failed = self._outputs.name(stop)
        found = [state for state in self.states if failed.keys() & set(state.written)]
        for state in found:
            for path in filter(failed.__contains__, state.written):
                state.rows = [row for row in state.rows if not _names(row, path)]
                state.fail(failed[path])
        return found

    def discard(self) -> None:
        """Delete what has no name yet."""
        self._outputs.discard()


def _names(row: Mapping[str, Any], path: Path) -> bool:
    """Whether a row is about an output."""
    name = str(path)
    return any(value == name or name in str(value).split(";") for value in row.values())
