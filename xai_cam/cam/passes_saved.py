"""What a tolerance has saved: passes made of those that an exact run takes, over all images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.methods import METHODS


@dataclass
class PassesSaved:
    """Counts the passes of methods that score each channel, as their maps come by.

    Attributes
    ----------
    tolerance : float or None
        Largest error of a map; None: nothing is counted.
    """

    tolerance: float | None = None
    _made: dict[str, int] = field(default_factory=dict)
    _exact: dict[str, int] = field(default_factory=dict)

    def add(self, maps: Iterable[Explanation]) -> None:
        """Take in the maps of an image: passes are made once for all its classes."""
        seen = set()
        for one in maps:
            if self.tolerance is None or one.passes is None or one.channels is None:
                continue
            if not METHODS[one.method].evidence.by_channel or (one.method, one.layer) in seen:
                continue
            seen.add((one.method, one.layer))
            self._made[one.method] = self._made.get(one.method, 0) + one.passes
            self._exact[one.method] = self._exact.get(one.method, 0) + one.channels

    def describe(self) -> list[str]:
        """A line for each method: what was saved, or that nothing could be."""
        return [self._line(method) for method, exact in self._exact.items() if exact]

    def _line(self, method: str) -> str:
        made, exact = self._made[method], self._exact[method]
        if made == exact:
            return (
                f"{method} within {self.tolerance:g}: nothing could be saved. All {exact:,} channels had to "
                "be scored, as those scored first did not tell enough of the others."
            )
        return (
            f"{method} within {self.tolerance:g}: {made:,} of {exact:,} channels were scored "
            f"({made / exact:.0%})."
        )
