"""What a sanity check found: the checks of all layers and methods, and the verdict on each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_cam.sanity.checks import Check
from xai_cam.sanity.dependence import SanityVerdict, judge


@dataclass(frozen=True, eq=False)
class Sanity:
    """The checks, layer by layer and within a layer method by method, and how they were made.

    `predicted` (n,) is the class explained of each image: the predicted one, if no other was named.
    """

    checks: tuple[Check, ...]
    predicted: np.ndarray
    draws: int
    seed: int

    @cached_property
    def verdicts(self) -> tuple[SanityVerdict, ...]:
        """The verdict on each check."""
        return tuple(judge(check) for check in self.checks)
