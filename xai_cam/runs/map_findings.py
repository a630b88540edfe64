"""What the maps of a run show together: gathered as they come by, told when all images are through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fallbacks import Fallbacks
from xai_cam.cam.methods import METHODS
from xai_cam.cam.passes_saved import PassesSaved
from xai_cam.cam.residuals import Residuals
from xai_cam.cam.signs import Signs
from xai_cam.cam.standard_errors import StandardErrors
from xai_cam.runs.request import Request


@dataclass
class MapFindings:
    """Signs, fallbacks, passes saved, residuals and errors of all maps so far.

    Attributes
    ----------
    labels : sequence of str, optional
        Names of the classes, once they are known.
    """

    labels: Sequence[str] | None = None
    signs: Signs = field(default_factory=Signs)
    fallbacks: Fallbacks = field(default_factory=Fallbacks)
    saved: PassesSaved = field(default_factory=PassesSaved)
    residuals: Residuals = field(default_factory=Residuals)
    errors: StandardErrors = field(default_factory=StandardErrors)

    @classmethod
    def of(cls, request: Request) -> MapFindings:
        """None yet, of the maps of a request."""
        limited = request.max_channels is not None and request.channels_by == "scores"
        return cls(saved=PassesSaved(request.tolerance, limited))

    def add(self, image: str, classes: Sequence[Any], made: Sequence[Explanation], again: bool) -> None:
        """Take in the maps of an image, made for these classes; `again`: after others of the same image."""
        maps = [one for one in made if one.method in METHODS]
        self.signs.add(image, maps, again=again)
        self.fallbacks.add(image, classes, maps)
        self.saved.add(maps)
        self.residuals.add(maps)
        self.errors.add(maps)

    def join(self, other: MapFindings) -> None:
        """Take in what was found of other images."""
        self.labels = self.labels or other.labels
        self.signs.join(other.signs)
        self.fallbacks.join(other.fallbacks)
        self.saved.join(other.saved)
        self.residuals.join(other.residuals)
        self.errors.join(other.errors)

    def take(self) -> MapFindings:
        """What was found so far; it is forgotten here."""
        taken = replace(self)
        self.signs = Signs(taken.signs.of_places)
        self.fallbacks = Fallbacks(taken.fallbacks.against)
        self.saved = PassesSaved(taken.saved.tolerance, taken.saved.limited)
        self.residuals, self.errors = Residuals(), StandardErrors()
        return taken

    def describe(self, request: Request) -> list[str]:
        """A line on each that has something to say, of the maps of this request."""
        samples = {name: request.samples or METHODS[name].samples for name in request.methods}
        return [
            *self.signs.describe(self.labels),
            *self.fallbacks.describe(),
            *self.saved.describe(),
            *self.residuals.describe(),
            *self.errors.describe(samples),
        ]
