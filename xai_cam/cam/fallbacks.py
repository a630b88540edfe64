"""Images in which something else is explained than was asked for, because there is no such thing in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xai_cam.cam.explanation import Explanation
from xai_cam.images.class_specs import ClassSpec, above_of


@dataclass
class Fallbacks:
    """Counts them, each image once: for a threshold of `above:T` without a label above it, for a contrast
    without a class to compare with.

    `against` are the classes named to compare with.
    """

    against: str | tuple[int, ...] = ()
    _below: dict[float, set[str]] = field(default_factory=dict)
    _alone: set[str] = field(default_factory=set)

    def add(self, image: str, specs: Sequence[ClassSpec | None], explanations: Sequence[Explanation]) -> None:
        """Take in the maps of an image, made for these classes."""
        bounds = [bound for spec in specs if spec is not None and (bound := above_of(spec)) is not None]
        best: dict[str, float] = {}
        for one in explanations:
            best[one.output_name] = max(best.get(one.output_name, -1.0), one.probability)
        for bound in bounds:
            if any(highest <= bound for highest in best.values()):
                self._below.setdefault(bound, set()).add(image)
        if self.against and any(not one.against for one in explanations):
            self._alone.add(image)

    def join(self, other: Fallbacks) -> None:
        """Take in what another has counted of other images."""
        for bound, images in other._below.items():
            self._below.setdefault(bound, set()).update(images)
        self._alone |= other._alone

    def describe(self) -> list[str]:
        """A sentence for each threshold, and one for contrasts."""
        said = [
            f"No label is above {bound:g} in {_images(len(found))}: the highest is explained there."
            for bound, found in sorted(self._below.items())
        ]
        if self._alone:
            said.append(
                f"In {_images(len(self._alone))} the class explained is the only one that `against` names: "
                "its logit is explained there."
            )
        return said


def _images(count: int) -> str:
    return f"{count:,} image{'s' * (count != 1)}"
