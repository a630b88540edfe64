"""What `explain` is asked of a model, and the numbers that this means: one kind of target or input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from oracle.targets import OneClass, Region, Target
from support.by_tape import METHODS, ByHand
from support.cut_models import Cut

OFFICIAL = [*METHODS, "score-cam-official"]
"""The methods that take a number which has a probability."""


@dataclass(frozen=True)
class Kind:
    """One call of `explain` and what it must find.

    `asked` are arguments of `explain` besides those of the methods; `targets` says for image i what each of
    its maps is of, in their order.
    """

    cut: Callable[[], Cut]
    asked: dict[str, Any]
    targets: Callable[[int], list[Target]]
    methods: list[str] = field(default_factory=lambda: METHODS)

    def by_hand(self) -> ByHand:
        """What the model says of the inputs, computed once a session."""
        return by_hand(self.cut)


@cache
def by_hand(cut: Callable[[], Cut]) -> ByHand:
    return ByHand(cut(), cut().inputs())


def kind(cut: Any, targets: list[Target], *, chances: bool = True, **asked: Any) -> Kind:
    """A kind whose targets are the same for all images."""
    return Kind(cut, asked, lambda _: targets, OFFICIAL if chances else METHODS)


def of_images(cut: Any, targets: Callable[[int], list[Target]], chances: bool = True, **asked: Any) -> Kind:
    """A kind whose targets differ from image to image."""
    return Kind(cut, asked, targets, OFFICIAL if chances else METHODS)


def at(index: int, head: str, where: str | np.ndarray = "predicted") -> Region:
    """A class over some pixels."""
    return Region(OneClass(index, head), where)
