"""How many images of a run the model has not been asked about yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Ahead:
    """A note that whoever runs keeps up to date, and that whoever computes reads.

    Attributes
    ----------
    images : int or None
        Those that come after the ones that the model is asked about now; None: nobody knows.
    times : int
        How often the model is asked about each.
    """

    images: int | None = None
    times: int = 1

    @property
    def passes(self) -> int | None:
        """So many images in so many calls; None where nobody knows."""
        return None if self.images is None else self.images * self.times
