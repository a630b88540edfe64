"""What a limit of channels has saved, and what it cost: passes of those of an exact run, over all images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.methods import METHODS


class Told(Protocol):
    """A map that tells how many channels were scored for it, and how far off it may be."""

    @property
    def passes(self) -> int | None:
        """None of a method that scores none."""

    @property
    def expected_error(self) -> float | None:
        """None where nobody knows."""


def summed(limits: ChannelLimits, maps: Iterable[Told]) -> dict[str, Any]:
    """The limits that were set, the mean of the passes that maps took, and the largest error expected of one.

    Nothing where there is no limit, or the maps are of a method that scores no channels; an error of None is
    one that nobody knows.
    """
    told = [(one.passes, one.expected_error) for one in maps if one.passes is not None]
    if not told or not limits.given:
        return {}
    passes, errors = zip(*told, strict=True)
    largest = None if None in errors else max(errors)
    return {**limits.given, "passes": sum(passes) / len(passes), "expected_error": largest}


class ToldOf(Told, Protocol):
    """The same of one of several variants that are compared."""

    @property
    def variant(self) -> str:
        """Its name."""


def summed_by_variant(limits: ChannelLimits, maps: Sequence[ToldOf]) -> dict[str, dict[str, Any]]:
    """The same for each variant that has something to tell."""
    names = dict.fromkeys(one.variant for one in maps)
    found = {name: summed(limits, (one for one in maps if one.variant == name)) for name in names}
    return {name: told for name, told in found.items() if told}


@dataclass
class PassesSaved:
    """Counts the passes of methods that score each channel, as their maps come by.

    Attributes
    ----------
    tolerance : float or None
        Largest error of a map.
    limited : bool
        Whether channels end at a number of them.
    """

    tolerance: float | None = None
    limited: bool = False
    _made: dict[str, int] = field(default_factory=dict)
    _exact: dict[str, int] = field(default_factory=dict)
    _errors: dict[str, list[float]] = field(default_factory=dict)

    def add(self, maps: Iterable[Explanation]) -> None:
        """Take in the maps of an image: passes are made once for all its classes."""
        seen = set()
        for one in maps:
            if not METHODS[one.method].evidence.by_channel or one.passes is None or one.channels is None:
                continue
            unknown = 0.0 if one.passes == one.channels else math.inf
            error = unknown if one.expected_error is None else one.expected_error
            self._errors.setdefault(one.method, []).append(error)
            if (one.method, one.layer) in seen:
                continue
            seen.add((one.method, one.layer))
            self._made[one.method] = self._made.get(one.method, 0) + one.passes
            self._exact[one.method] = self._exact.get(one.method, 0) + one.channels

    def join(self, other: PassesSaved) -> None:
        """Take in what another has counted of other images."""
        for method, exact in other._exact.items():
            self._exact[method] = self._exact.get(method, 0) + exact
            self._made[method] = self._made.get(method, 0) + other._made[method]
        for method, errors in other._errors.items():
            self._errors.setdefault(method, []).extend(errors)

    def describe(self) -> list[str]:
        """A line for each method: what was saved, or that nothing could be."""
        if self.tolerance is None and not self.limited:
            return []
        return [self._line(method) for method, exact in self._exact.items() if exact]

    def _line(self, method: str) -> str:
        made, exact, errors = self._made[method], self._exact[method], self._errors[method]
        count = f"{made:,} of {exact:,} channels were scored ({made / exact:.0%})"
        if self.tolerance is None or max(errors) > self.tolerance:
            return f"{method}: {count}{_beyond(errors, self.tolerance)}."
        if made == exact:
            return (
                f"{method} within {self.tolerance:g}: nothing could be saved. All {exact:,} channels had to "
                "be scored, as those scored first did not tell enough of the others."
            )
        return f"{method} within {self.tolerance:g}: {count}."


def _beyond(errors: Sequence[float], tolerance: float | None) -> str:
    """How far off maps may be that end at a number of channels."""
    worst, bound = max(errors), tolerance or 0.0
    if not worst:
        return ""
    far = f"by {worst:.2g} of its maximum" if worst < 1 else "by as much as its maximum"
    said = f", which is all that the limit allows: a map may be off {far}"
    if math.isinf(worst):
        said = ", which is all that the limit allows, and too few to expect anything of the others by"
    if tolerance is None:
        return said
    beyond, maps = sum(error > bound for error in errors), "map" if len(errors) == 1 else "maps"
    return f"{said}, and {beyond:,} of {len(errors):,} {maps} by more than {bound:g}"
