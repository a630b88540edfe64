"""Images in which no label lies above the threshold of `above:T`: there the highest is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xai_cam.cam.explanation import Explanation
from xai_cam.images.class_specs import ClassSpec, above_of


@dataclass
class AboveThreshold:
    """Counts them, each image once for a threshold."""

    _images: dict[float, set[str]] = field(default_factory=dict)

    def add(self, image: str, specs: Sequence[ClassSpec], explanations: Sequence[Explanation]) -> None:
        """Take in the maps of an image, made for these classes."""
        bounds = [bound for spec in specs if (bound := above_of(spec)) is not None]
        best: dict[str, float] = {}
        for one in explanations:
            best[one.output_name] = max(best.get(one.output_name, -1.0), one.probability)
        for bound in bounds:
            if any(highest <= bound for highest in best.values()):
                self._images.setdefault(bound, set()).add(image)

    def describe(self) -> list[str]:
        """A sentence for each threshold."""
        return [
            f"No label is above {bound:g} in {len(found):,} image{'s' * (len(found) != 1)}: the highest is "
            "explained there."
            for bound, found in sorted(self._images.items())
        ]
