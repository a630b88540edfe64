"""How much of the range that a model expects its inputs cover: a picture that is read wrongly shows there.

A grey of 12 bits in a file of 16 reaches 0.06 where a model was trained on 0 to 1. The rule looks at the
input alone: a picture that is meant to be so dark, or so flat, is told too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from xai_cam.images.frame_facts import FrameFacts, FrameWatch
from xai_cam.images.picture import Picture
from xai_cam.models.input.preprocessing import WHITE, Preprocessing

SMALLEST_SHARE = 0.1
"""Of the expected range; inputs that cover less are told."""

USUAL_DEPTHS = (8, 10, 12, 14)
"""Bits that cameras and scanners give and that are kept in files of 16."""


@dataclass(frozen=True)
class FedRange:
    """What one image was to the model.

    Attributes
    ----------
    share : float
        Of the expected range that its input covers; NaN where the scaling has none.
    expected : (float, float)
        That range.
    highest : int, optional
        Largest whole number stored in a grey file of more than 8 bits.
    asked : str
        `window` or `depth` where one was asked for, else empty.
    left : bool
        Whether that does not concern this picture.
    """

    share: float
    expected: tuple[float, float] = (0.0, 0.0)
    highest: int | None = None
    asked: str = ""
    left: bool = False

    @property
    def narrow(self) -> bool:
        """Whether the input covers less than it should."""
        return self.share < SMALLEST_SHARE


def fed_range(picture: Picture, values: np.ndarray, preprocessing: Preprocessing, asked: str) -> FedRange:
    """The range of an image's input `values`, scaled by the `preprocessing`; `asked`: see `FedRange`."""
    ends = preprocessing.expected_ends(values.shape[-1])
    as_usual = picture.facts is not None and picture.facts.as_usual
    flat = asked == "depth" and picture.values.dtype == np.uint8
    colours = picture.values.ndim == 3 and (flat or not picture.stored)
    left = bool(asked) and (colours or as_usual)
    if ends is None or (preprocessing.as_stored and picture.white != WHITE):
        return FedRange(float("nan"), highest=picture.highest, asked=asked, left=left)
    black, white = ends
    share = float(np.ptp((_ends(values) - black) / (white - black)))
    return FedRange(share, (float(black.min()), float(white.max())), picture.highest, asked, left)


def _ends(values: np.ndarray) -> np.ndarray:
    """The lowest and the highest value of each channel, (2, c): a scaling keeps their order.

    Rows are compared with rows first, which NumPy does many numbers at a time.
    """
    rows, channels = values.reshape(len(values), -1), values.shape[-1]
    return np.stack([rows.min(0).reshape(-1, channels).min(0), rows.max(0).reshape(-1, channels).max(0)])


@dataclass
class RangeWatch:
    """Watches the inputs of a run: a line on the first that covers too little, and counts at the end."""

    _seen: int = 0
    _left: int = 0
    _asked: str = ""
    _narrow: list[FedRange] = field(default_factory=list)

    def see(self, name: str, fed: FedRange) -> list[str]:
        """Take in an image; the line to be said now, if there is one."""
        self._seen += 1
        self._left += fed.left
        self._asked = fed.asked
        if not fed.narrow:
            return []
        self._narrow.append(fed)
        return [self._first(name, fed)] if len(self._narrow) == 1 else []

    def close(self) -> list[str]:
        """The lines to be said at the end."""
        lines = []
        if len(self._narrow) > 1:
            lines.append(
                f"{len(self._narrow):,} of {self._seen:,} images cover less than a tenth of the range that "
                f"the model expects.{_remedy(self._narrow)}"
            )
        if self._left:
            kind = "grey pictures and bands"
            kind += "" if self._asked == "window" else " of more than 8 bits"
            lines.append(
                f"`{self._asked}` is for {kind}: {self._left:,} of {self._seen:,} images are others, and "
                "were read as usual."
            )
        return lines

    def _first(self, name: str, fed: FedRange) -> str:
        low, high = fed.expected
        return (
            f"{name}: its input covers {fed.share:.2g} of the range that the model expects ({low:.3g} to "
            f"{high:.3g}).{_remedy([fed])}"
        )


def lines_on(names: Sequence[str], found: Sequence[tuple[FrameFacts | None, FedRange]]) -> Iterator[str]:
    """What is to be said of images: how they were taken out of files, and which cover too little."""
    ranges, frames = RangeWatch(), FrameWatch()
    for name, (facts, fed) in zip(names, found, strict=True):
        yield from (*frames.see(name, facts), *ranges.see(name, fed))
    yield from (*frames.close(), *ranges.close())


def _remedy(narrow: list[FedRange]) -> str:
    """What can be done, as a sentence that begins with a space."""
    asked = next((fed.asked for fed in narrow if not fed.left), "")
    if asked:
        return f" Check `{asked}`."
    known = [fed.highest for fed in narrow if fed.highest]
    if not known:
        return " A dark or flat picture may be meant so; `window=(low, high)` stretches grey ones."
    highest = max(known)
    depth = next((bits for bits in USUAL_DEPTHS if highest < 2**bits), None)
    if depth is None:
        return " `window=(low, high)` says which values are black and white."
    return (
        f" The highest value stored is {highest:,}, as of {depth} bits (a guess): `depth={depth}` makes "
        f"{2**depth - 1:,} white, `window=(low, high)` takes any two values as black and white."
    )
