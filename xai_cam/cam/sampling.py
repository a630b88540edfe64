"""Options of methods that take a mean over inputs made of an image: how many, and by what seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xai_cam.errors import InputError
from xai_cam.images.numbers import check_count, whole_number


@dataclass(frozen=True)
class Sampling:
    """How such methods sample.

    Attributes
    ----------
    samples : int, optional
        Inputs made of an image; default: the method's own, `Method.samples`.
    seed : int
        What random ones are drawn from, together with the image's content: neither its place in a batch nor
        the batch's size changes its map.

    Raises
    ------
    InputError
        A number that is none.
    """

    samples: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", check_count("samples", self.samples))
        seed = whole_number(self.seed)
        if seed is None or seed < 0:
            raise InputError(f"`seed` is {self.seed!r}. Give a whole number of at least 0.")
        object.__setattr__(self, "seed", seed)

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given, by name."""
        usual = Sampling.__dataclass_fields__
        return {name: value for name, value in vars(self).items() if value != usual[name].default}
