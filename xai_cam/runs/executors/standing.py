"""How far a run by workers is: what they tell of the blocks that they are at, and blocks that are held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xai_cam.runs.executors.blocks import Block

Counted = tuple[str, int, int]
"""What the model is asked for, how often it was, and how often it will be."""


@dataclass(frozen=True)
class Told:
    """How far a worker is with a block.

    Attributes
    ----------
    after : int
        Images that come after the block in the run, by which it is known.
    images : float
        How many images' worth of those that have something to do are done.
    passes : (str, int, int), optional
        What is counted at present.
    """

    after: int
    images: float
    passes: Counted | None = None


class Tally:
    """Counts in a worker what is done of its block, while another thread may ask how much that is."""

    def __init__(self) -> None:
        self._told: Told | None = None
        self._after, self._through, self._within = 0, 0, 0.0

    def begin(self, after: int) -> None:
        """A block with so many images behind it."""
        self._told, self._after, self._through, self._within = None, after, 0, 0.0

    def image(self) -> None:
        """An image that had something to do is through."""
        self._through, self._within = self._through + 1, max(0.0, self._within - 1)
        self._tell(self._told.passes if self._told and self._within else None)

    def watch(self, what: str, done: int, total: int, images: float) -> None:
        """The model was asked, as of `xai_cam.runs.passes.Watch`."""
        self._within = images
        self._tell((what, done, total))

    def end(self) -> None:
        """The block is through."""
        self._told = None

    def told(self) -> Told | None:
        """How far the worker is; None between blocks, and before anything is done of one.

        What comes before that is made once, and would be taken for slow work.
        """
        return self._told

    def _tell(self, passes: Counted | None) -> None:
        self._told = Told(self._after, self._through + self._within, passes)


def standing(at_work: Iterable[tuple[Block, Told]], held: Iterable[Block]) -> tuple[str, int, int, float]:
    """What is counted, and how many images' worth is done of blocks that are not reported yet.

    As `xai_cam.runs.passes.Watch` takes it. Counts are those of the first block that tells any: its images
    are the next to be reported.
    """
    told = sorted(at_work, key=lambda one: one[0].start)
    done = sum(min(one.images, sum(block.begun)) for block, one in told)
    counts = next((one.passes for _, one in told if one.passes), ("", 0, 0))
    return (*counts, done + sum(sum(block.begun) for block in held))
