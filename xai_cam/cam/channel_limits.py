"""How many of a layer's channels are scored: all of them, so many, or as many as a tolerance asks for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xai_cam.cam.methods import METHODS
from xai_cam.errors import InputError
from xai_cam.images.numbers import check_count

CHANNELS_BY = ("scores", "spread")
"""How the channels that are scored are chosen: by what scores have shown so far, or by how much they vary."""


@dataclass(frozen=True)
class ChannelLimits:
    """Options of methods that score each channel; without any of them all channels are scored.

    Attributes
    ----------
    max_channels : int, optional
        Score no more channels of an image.
    tolerance : float, optional
        Score as many as it takes for the map to be off by no more than this, over its maximum.
    channels_by : str
        `scores`: those come next which, by the scores so far, will weigh most in the map, and those that are
        left out get the weight that is expected of them; `spread`: those that vary most over the map, the
        others get none, as in Faster Score-CAM.

    Raises
    ------
    InputError
        A number that is none, an unknown word, a tolerance that nothing could be said of, or a choice by
        spread among all channels.
    """

    max_channels: int | None = None
    tolerance: float | None = None
    channels_by: str = CHANNELS_BY[0]

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_channels", check_count("max_channels", self.max_channels))
        object.__setattr__(self, "tolerance", check_tolerance(self.tolerance))
        if self.channels_by not in CHANNELS_BY:
            raise InputError(f"`channels_by` is {self.channels_by!r}. Use {' or '.join(CHANNELS_BY)}.")
        if self.channels_by == "spread" and self.tolerance is not None:
            raise InputError(
                "Of channels chosen by their spread nobody knows what the others would have changed. Leave "
                '`channels_by="spread"` out, or give `max_channels` in place of `tolerance`.'
            )
        if self.channels_by == "spread" and self.max_channels is None:
            raise InputError(
                '`channels_by="spread"` says which channels `max_channels` leaves. Give `max_channels`, too.'
            )

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given, by name."""
        usual = ChannelLimits.__dataclass_fields__
        return {name: value for name, value in vars(self).items() if value != usual[name].default}

    @property
    def by_rounds(self) -> bool:
        """Whether channels are asked for round by round, by what those before have shown."""
        limited = self.max_channels is not None or self.tolerance is not None
        return limited and self.channels_by == "scores"


def check_needed(methods: Iterable[str], limits: ChannelLimits, precision: str = "f32") -> None:
    """Refuse options of methods that score each channel where none of the methods asked for does.

    Raises
    ------
    InputError
    """
    asked = set(methods)
    by_channel = [name for name, method in METHODS.items() if method.evidence.by_channel]
    if asked & set(by_channel) or not asked <= set(METHODS):  # an unknown one is refused elsewhere
        return
    for name, given in (
        ("max_channels", limits.max_channels is not None),
        ("tolerance", limits.tolerance is not None),
        ("precision", precision != "f32"),
    ):
        if given:
            raise InputError(
                f"`{name}` is for methods that score each channel. Use one of these: {', '.join(by_channel)}."
            )


def check_tolerance(value: Any) -> float | None:
    """A tolerance as it was given, as a float.

    Raises
    ------
    InputError
        It is no number between 0 and 1.
    """
    if value is None:
        return None
    try:
        found = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not 0 < found < 1:
        raise InputError(
            f"`tolerance` is {value!r}. Give a number between 0 and 1, such as 0.02 for maps that are off by "
            "2 % of their maximum, or leave it out for exact ones."
        )
    return found
