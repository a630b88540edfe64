"""What is to be said of a measure: what it is called, what it needs and costs, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Need(Enum):
    """What a measure is made of."""

    MAP = "the map alone"
    SCORES = "scores of changed inputs"
    AGAIN = "maps of changed inputs"
    TRUTH = "where the object is"
    PROBABILITY = "a probability"


@dataclass(frozen=True)
class Cost:
    """Forward passes that measures take; those with the same cost take them together, unless `each`.

    Attributes
    ----------
    a_map : int
        Of every map.
    by_step : bool
        Further ones, of every map for each step but the last, and one that all maps of an image share.
    again : int
        How often the method explains a changed input.
    each : bool
        Whether every measure has passes of its own.
    """

    a_map: int = 0
    by_step: bool = False
    again: int = 0
    each: bool = False

    def passes(self, maps: int, steps: int) -> int:
        """How many at most the maps of one image take, beside what the method takes."""
        return maps * self.a_map + (maps * (steps - 1) + 1 if self.by_step and steps else 0)


FREE = Cost()
DIMMED = Cost(a_map=1)
CURVE = Cost(by_step=True, each=True)
IMPUTED = Cost(a_map=18)
MASKED_AGAIN = Cost(again=1, each=True)
SHAKEN = Cost(again=10, each=True)
TIMED = Cost(again=4, each=True)


@dataclass(frozen=True)
class Metric:
    """A row of the table.

    Attributes
    ----------
    name, title : str
        What it is called as an option and a column, and in words.
    better : str
        Which values are the better ones: `lower`, `higher` or `neither`.
    summary, paper : str
        What is measured, in half a sentence; who proposed it.
    unit : str
        Written behind a value: `%` or `ms`; empty for a plain number.
    objection : str
        What is known to speak against it, in a sentence.
    needs : tuple of Need
    cost : Cost
        What it asks of the model.
    uses : tuple of str
        Other measures that its value is made of.
    usual : bool
        Whether it is measured where nobody says what to measure.
    answers : (str, str), optional
        Of one that is 0 or 100 for an image: what that means.
    library : str
        What has to be installed for it beside the package, a module of `extras`; empty for nothing.
    pooled : bool
        Whether it is a curve for each image, whose best point is one for all images together (`bootstrap`).
    shared : bool
        Whether the images of a batch share one value: then there are no intervals over images.
    """

    name: str
    title: str
    better: Literal["lower", "higher", "neither"]
    summary: str
    paper: str
    unit: str
    objection: str
    needs: tuple[Need, ...]
    cost: Cost = FREE
    uses: tuple[str, ...] = ()
    usual: bool = False
    answers: tuple[str, str] | None = None
    library: str = ""
    pooled: bool = False
    shared: bool = False
