"""Which measures a comparison is asked for, and how they are taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from xai_cam.cam.threshold import SHARE, Threshold
from xai_cam.errors import InputError, nearest
from xai_cam.extras import check_extra
from xai_cam.metrics.measure import CURVE, DIMMED, FREE, Cost, Need
from xai_cam.metrics.measures import BY_BOX, METRICS, PRESETS, USUAL

BASELINES = "mean", "blur", "zero", "noise"
"""What may take the place of pixels that are deleted, or not inserted yet."""

STEPS = 32
"""Steps of deletion and insertion where nobody says how many."""


@dataclass(frozen=True)
class Asked:
    """What is measured, and how.

    Attributes
    ----------
    names : tuple of str
        The measures, in the order of the table.
    steps : int
        Of deletion and insertion.
    baseline : str, optional
        Of deletion and insertion, one of `BASELINES`; default: the mean colour, and the blurred image.
    named : frozenset of str
        What they were asked for by, names of measures and of presets: it is an error where all that one of
        these names needs what nobody gave.
    """

    names: tuple[str, ...] = USUAL
    steps: int = STEPS
    baseline: str | None = None
    named: frozenset[str] = field(default=frozenset())

    @property
    def used(self) -> frozenset[str]:
        """The measures, and those that they are made of."""
        return frozenset(self.names).union(*(METRICS[name].uses for name in self.names))

    @property
    def scored(self) -> bool:
        """Whether some need scores of changed inputs."""
        return any(Need.SCORES in METRICS[name].needs for name in self.used)

    @property
    def explains_again(self) -> bool:
        """Whether some need maps of changed inputs."""
        return self.rounds > 0

    @property
    def rounds(self) -> int:
        """How often every map is made anew, of a changed input."""
        return sum(METRICS[name].cost.again for name in self.used)

    @property
    def of_values(self) -> Asked:
        """Those of a value of a regression, which has no probability."""
        return self._without(Need.PROBABILITY)

    @property
    def unscored(self) -> Asked:
        """Those of what has neither probability nor value."""
        return self._without(Need.SCORES)

    @property
    def untold(self) -> Asked:
        """Those that need not know where the object is."""
        return self._without(Need.TRUTH)

    def _without(self, need: Need) -> Asked:
        return replace(self, names=tuple(name for name in self.names if need not in METRICS[name].needs))

    @property
    def stage(self) -> str:
        """What the model is asked for that they need, in the words of the progress."""
        costs = self.costs()
        if CURVE in costs:
            return " and ".join(costs[CURVE])
        return "masked by maps" if list(costs) == [DIMMED] else "changed inputs"

    def costs(self) -> dict[Cost, list[str]]:
        """The measures that ask something of the model, by what they ask."""
        found: dict[Cost, list[str]] = {}
        for name in METRICS:
            if name in self.used and METRICS[name].cost != FREE:
                found.setdefault(METRICS[name].cost, []).append(name)
        return found


OF_BOXES = ("iou", "max_box_acc")
"""Measured too where nobody says what, if there are boxes."""


def asked_for(
    measures: Any = None, steps: int = STEPS, baseline: str | None = None, boxes: bool = False
) -> Asked:
    """The measures of these names, or of a preset; of None the usual ones.

    Parameters
    ----------
    measures : str or sequence of str, optional
        Names in `METRICS` or `PRESETS`.
    steps : int
        Of deletion and insertion; 0 leaves them out.
    baseline : str, optional
        What takes the place of their pixels, one of `BASELINES`; default: of deletion the mean colour, of
        insertion the blurred image.
    boxes : bool
        Whether boxes say where the object is.

    Raises
    ------
    InputError
        There is no such measure or baseline, or a measure is asked for that has no steps.
    XaiCamError
        A library that one needs is not installed.
    """
    if baseline is not None and baseline not in BASELINES:
        raise InputError(f"`baseline` is {baseline!r}. Use {', '.join(BASELINES[:-1])} or {BASELINES[-1]}.")
    if measures is None:
        names, named = frozenset((*USUAL, *(OF_BOXES if boxes else ()))), frozenset[str]()
    else:
        given = _given(measures)
        named = frozenset(given)
        names = frozenset[str]().union(*(PRESETS.get(name, (name,)) for name in given))
    stepped = [name for name in METRICS if METRICS[name].cost.by_step]
    lost = [name for name in stepped if name in named and not steps]
    if lost:
        raise InputError(
            f"`measures` names {lost[0]}, which `steps` 0 leaves out. Give it steps, or do not name it."
        )
    known = [name for name in METRICS if name in names and (steps or name not in stepped)]
    if baseline is not None and not set(stepped) & set(known):
        raise InputError(
            f"`baseline` {baseline} is for {' and '.join(stepped)}, and neither is measured. Leave it out, "
            "or measure one."
        )
    for library in {METRICS[name].library for name in known} - {""}:
        check_extra(library)
    return Asked(tuple(known), steps, baseline, named)


def _given(measures: Any) -> list[str]:
    """One name or several.

    Raises
    ------
    InputError
        There is none, one is no string, or nothing is called so.
    """
    given = [measures] if isinstance(measures, str) or not isinstance(measures, Iterable) else list(measures)
    wrong = [name for name in given if not isinstance(name, str)]
    if wrong or not given:
        raise InputError(f"`measures` is {wrong[0] if wrong else measures!r}. Give a name, or several.")
    known = (*METRICS, *PRESETS)
    given = [name if name in known else name.replace("-", "_") for name in given]
    for name in given:
        if name not in known:
            near = ", ".join(nearest(name, list(known), 3))
            raise InputError(f"Unknown measure {name!r}. Nearest: {near}.")
    return given


def check_truth(asked: Asked, is_known: bool, is_flat: bool = True) -> None:
    """Refuse what was asked for and has to know where the object is, where nobody knows it.

    Of volumes, which are not `is_flat`, no boxes can be compared.

    Raises
    ------
    InputError
    """
    named = {name: PRESETS.get(name, (name,)) for name in (*METRICS, *PRESETS) if name in asked.named}
    lost = [name for name, of in named.items() if all(Need.TRUTH in METRICS[one].needs for one in of)]
    if lost and not is_known:
        raise InputError(
            f"`measures` names {lost[0]}, which has to know where the object is. Add `masks` or "
            "`boxes`, or leave it out."
        )
    boxed = [name for name in named if name in BY_BOX]
    if boxed and not is_flat:
        raise InputError(
            f"`measures` names {boxed[0]}, which compares boxes in pictures, and the model takes volumes. "
            "Leave it out."
        )


def check_threshold(threshold: float | str, asked: Asked) -> None:
    """Refuse a threshold that is none, and one of its own where IoU, which alone has one, is not measured.

    Raises
    ------
    InputError
    """
    if Threshold.of(threshold) != Threshold(SHARE) and "iou" not in asked.names:
        raise InputError(
            f"`threshold` {threshold} is for the boxes of iou, which is not measured. Leave it out, or name "
            "iou in `measures`."
        )
