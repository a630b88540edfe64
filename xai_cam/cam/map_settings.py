"""How maps are made of a network's answers, whatever the layer: what all explainers of a run share."""

from __future__ import annotations

from dataclasses import dataclass, field

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.map_sign import check_sign
from xai_cam.cam.sampling import Sampling
from xai_cam.errors import InputError


@dataclass(frozen=True)
class MapSettings:
    """Settings of maps.

    Attributes
    ----------
    score : str, optional
        `logit` or `probability`; default: each method's own.
    limits : ChannelLimits
        How many channels are scored, by methods that score each.
    sign : str
        What a map shows, one of `SIGNS`.
    sampling : Sampling
        Of methods that take a mean over inputs made of an image.
    smooth : bool
        Whether a map is the mean of those of the image, mirrored, darker and brighter.

    Raises
    ------
    InputError
        One makes no sense.
    """

    score: str | None = None
    limits: ChannelLimits = field(default_factory=ChannelLimits)
    sign: str = "positive"
    sampling: Sampling = field(default_factory=Sampling)
    smooth: bool = False

    def __post_init__(self) -> None:
        check_sign(self.sign)
        if not isinstance(self.smooth, bool):
            raise InputError(f"`smooth` is {self.smooth!r}. Use True or False.")
