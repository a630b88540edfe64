"""How far the sum of integrated gradients is from what the score changes by, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xai_cam.cam.explanation import Explanation

MOST = 0.05
"""Share of the score's change that a map's sum may be off by: that of Sundararajan et al. 2017, section 5."""


def share_of(residual: float | None, change: float | None) -> float:
    """The residual over the change of the score; where there is no change, over itself: all of the sum is."""
    if residual is None or change is None or residual == 0:
        return 0.0
    return abs(residual) / abs(change) if change else 1.0


def describe_residual(residual: float | None, change: float | None) -> str:
    """What is to be known of a map whose sum is off by much; empty where it is not."""
    share = share_of(residual, change)
    if share <= MOST or residual is None or change is None:
        return ""
    return f"the map's sum is off by {residual:.3g} from the score's change of {change:.3g} from black on"


@dataclass
class Residuals:
    """Counts maps whose sum is off by much, as they come by."""

    maps: int = 0
    shares: list[float] = field(default_factory=list)

    def add(self, explanations: Iterable[Explanation]) -> None:
        """Take in the maps of an image."""
        for one in explanations:
            if one.residual is not None:
                self.maps += 1
                share = share_of(one.residual, one.score_change)
                self.shares += [share] if share > MOST else []

    def join(self, other: Residuals) -> None:
        """Take in what another has counted of other images."""
        self.maps += other.maps
        self.shares += other.shares

    def describe(self) -> list[str]:
        """A line on them, if there are any."""
        if not self.shares:
            return []
        off, alone = len(self.shares), self.maps == 1
        return [
            f"integrated-gradients: the sum{'s' * (not alone)} of {off:,} of {self.maps:,} "
            f"map{'s' * (not alone)} {'is' if off == 1 else 'are'} off by more than {MOST:.0%} of what the "
            f"score changes by on the way from a black picture, at most by {max(self.shares):.0%}. "
            "More `samples` bring them closer."
        ]
