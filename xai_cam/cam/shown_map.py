"""What is said of a map wherever it is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_cam.drawing.text import one_line
from xai_cam.images.labels import name_of


class ShownMap:
    """The values of an `Explanation` that stand beside its map."""

    cam: np.ndarray
    method: str
    layer: str
    target_class: int
    predicted_class: int | None
    score: float
    score_name: str
    probability: float
    status: str
    cause: str
    image: int
    labels: Sequence[str] | None

    @property
    def class_name(self) -> str:
        """What the class explained is called; its number where no `labels` were given."""
        return name_of(self.target_class, self.labels)

    @property
    def target(self) -> str:
        """What is explained, in words: the class's name, or what its number is of."""
        kind = "value" if self.score_name == "value" else "class"
        return one_line(self.class_name) if self.labels else f"{kind} {self.target_class}"
