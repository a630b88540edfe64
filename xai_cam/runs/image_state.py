"""One image on its way through a run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import Place
from xai_cam.files.rows import Row
from xai_cam.files.writing import reason_of
from xai_cam.images.picture import Picture, Region
from xai_cam.runs.tasks import Task


@dataclass
class ImageState:
    """What is known of an image so far, and what a run will tell of it.

    Attributes
    ----------
    todo : dict
        The methods that each place still needs.
    rows, notices : list
        To be told when the image's turn has come.
    failure : str
        Why it failed; empty if it did not.
    picture, values, region
        The decoded picture, what the model takes of it, (H, W, c) float32, and where that lies.
    explanations : dict
        The maps of each place, class by class and method by method.
    """

    task: Task
    todo: dict[Place, list[str]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    failure: str = ""
    picture: Picture | None = None
    values: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    region: Region = field(default_factory=lambda: Region(0, 0, 0, 0))
    explanations: dict[Place, list[Explanation]] = field(default_factory=dict)

    @property
    def pending(self) -> bool:
        """Whether there is something to do for it."""
        return bool(self.todo) and not self.failure

    @property
    def pixels(self) -> int:
        """Of the picture that is kept for it."""
        picture = self.picture  # it may be dropped meanwhile
        return 0 if picture is None else picture.size[0] * picture.size[1]

    def fail(self, error: Exception) -> None:
        """Take in why nothing, or not all, can be made of it."""
        reason = reason_of(error)
        self.failure = self.failure or reason
        self.rows.append(Row(str(self.task.image.path), "failed", "failed", message=reason))

    def release(self) -> None:
        """Let go of what is large: all of it is drawn."""
        self.picture, self.values = None, np.empty(0, np.float32)
        self.explanations.clear()
