"""How far maps of random samples may be off, over a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xai_cam.cam.explanation import Explanation


@dataclass
class StandardErrors:
    """Collects the standard errors of maps, as they come by."""

    by_method: dict[str, list[float]] = field(default_factory=dict)

    def add(self, explanations: Iterable[Explanation]) -> None:
        """Take in the maps of an image."""
        for one in explanations:
            if one.standard_error is not None:
                self.by_method.setdefault(one.method, []).append(one.standard_error)

    def join(self, other: StandardErrors) -> None:
        """Take in what another has collected of other images."""
        for method, found in other.by_method.items():
            self.by_method.setdefault(method, []).extend(found)

    def describe(self, samples: Mapping[str, int]) -> list[str]:
        """A line for each method, of so many `samples` of an image."""
        return [self._line(method, samples[method], found) for method, found in self.by_method.items()]

    @staticmethod
    def _line(method: str, samples: int, found: list[float]) -> str:
        count, middle = len(found), sum(found) / len(found)
        spread = f"{middle:.2g}" if count == 1 else f"{middle:.2g} on average, at most {max(found):.2g},"
        return (
            f"{method}: with {samples:,} samples the standard error of {count:,} map{'s' * (count != 1)} is "
            f"{spread} of the maximum. Four times as many halve it."
        )
