"""Picture files -> pixels, and pixels -> the part and size that a model takes.

What becomes of unusual pictures, by rule and never by their content alone:

- EXIF rotation is applied; of several frames the first is taken.
- Transparent pixels are put on white.
- Grey with 16 bits is divided by 257, so that 65535 becomes 255.
- Grey with 32 bits or floats: values within [0, 1] are multiplied by 255, within [0, 255] kept, within
  [0, 65535] divided by 257; others are refused.
- A window of grey values, where one is asked for, takes the place of both rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from xai_cam.images.frame_facts import FrameFacts
from xai_cam.images.grey_levels import GreyWindow, level_rule
from xai_cam.images.opening import DEEP_GREY_MODES, STORED, opened
from xai_cam.images.pixels import STRIP_PIXELS, gather, has_transparency, in_colour, strips_of
from xai_cam.images.reading import Admit, Reading, check_channels
from xai_cam.images.shrinking import Shrunk, shrink

GREY_MODES = ("1", "L")

GREY_WITH_TRANSPARENCY = ("L", "LA", "La")


@dataclass(frozen=True)
class Region:
    """The rectangle that a model's input covers, in pixels of the original picture.

    It reaches beyond the picture where the model saw a letterbox's bars. Of a volume or a film, `front` and
    `back` say which planes (slices, frames) it covers; pictures have neither.
    """

    top: float
    left: float
    bottom: float
    right: float
    front: float | None = None
    back: float | None = None

    @classmethod
    def of(cls, spans: Sequence[tuple[float, float]]) -> Region:
        """From where it begins and ends along each direction: planes (of volumes), rows, columns."""
        *planes, (top, bottom), (left, right) = spans
        return cls(top, left, bottom, right, *(planes[0] if planes else ()))

    @classmethod
    def whole(cls, size: Sequence[int]) -> Region:
        """All of a picture (H, W), or of a volume (D, H, W)."""
        return cls.of([(0, side) for side in size])

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Where it begins and ends along planes (of volumes), rows, columns."""
        planes = () if self.front is None or self.back is None else ((self.front, self.back),)
        return *planes, (self.top, self.bottom), (self.left, self.right)

    @property
    def sides(self) -> dict[str, float]:
        """Its sides by name, those that it has."""
        return {name: side for name, side in vars(self).items() if side is not None}

    def part(self, part: Region | None) -> Region:
        """A part of it, given in shares of its sides; None: all of it.

        A mirrored part has its top below its bottom, or its left to the right of its right.
        """
        if part is None:
            return self
        both = zip(self.spans, part.spans, strict=True)
        return Region.of([(a + first * (b - a), a + last * (b - a)) for (a, b), (first, last) in both])


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `pixels` (H, W, 3) uint8 to draw on, `values` for the model.

    Attributes
    ----------
    pixels : (H, W, 3) uint8
        RGB.
    values : array
        (H, W, 3) uint8; (H, W) float32 for grey with more than 8 bits, and for grey seen through a window; or
        (H, W, c) uint8 or float32 for bands.
    highest : int, optional
        The largest whole number that is stored with more than 8 bits.
    white : float, optional
        Which of the values stands for white, 0 for black; None: that is not known.
    notes : tuple of str
        What has to be said once of files that are read so.
    stored : str
        What the stored numbers are, and from where to where they run; only of those that may have no white.
    shown : tuple of int
        Numbers of the bands that `pixels` shows, from 1; empty where it is the picture as it is.
    facts : FrameFacts, optional
        How it was taken out of a file that holds more than a picture.
    shrunk : Shrunk, optional
        How it was shrunk while it was decoded.
    """

    pixels: np.ndarray
    values: np.ndarray
    highest: int | None = None
    white: float | None = 255.0
    notes: tuple[str, ...] = ()
    stored: str = ""
    shown: tuple[int, ...] = ()
    facts: FrameFacts | None = None
    shrunk: Shrunk | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in the file; of each slice of a volume."""
        return self.shrunk.size if self.shrunk else (self.pixels.shape[-3], self.pixels.shape[-2])

    def in_pixels(self, region: Region) -> Region:
        """Where a region of the picture in the file lies in these pixels."""
        shrunk = self.shrunk
        if shrunk is None:
            return region
        rows, columns = ([side / shrunk.step for side in span] for span in region.spans)
        return Region(
            *(rows[0] + shrunk.top, columns[0] + shrunk.left),
            *(rows[1] + shrunk.top, columns[1] + shrunk.left),
        )


def read_picture(path: Path, admit: Admit, reading: Reading) -> Picture:
    """A file that Pillow reads; the arguments and errors as of `readers.read_file`."""
    levels, frame = reading.levels, reading.frame_index
    with opened(path, reading.max_pixels, frame) as image:
        shrunk, cost = shrink(image, reading)
        admit(cost)
        of_bands = not reading.of_pictures
        picture = (
            decode_bands(image, reading.channels or 0)
            if of_bands
            else decode_image(image, levels, use_up=True)
        )
        picture = replace(picture, shrunk=shrunk)
        return picture if reading.frame is None else replace(picture, facts=FrameFacts(frame + 1))


def decode_bands(image: Image.Image, channels: int) -> Picture:
    """A picture for a model that takes grey or colours with transparency; it is shown on white.

    Raises
    ------
    ImageError
        It has no transparency, or the model takes another number of channels.
    """
    mode = image.mode
    if has_transparency(image):
        grey = channels == 2 and mode in GREY_WITH_TRANSPARENCY
        mode = "LA" if grey else "RGBA"
    check_channels(len(Image.new(mode, (1, 1)).getbands()), channels)
    image.load()
    values = gather(image, lambda strip: np.asarray(strip if strip.mode == mode else strip.convert(mode)))
    return Picture(gather(image, in_colour), values)


def decode_image(image: Image.Image, window: GreyWindow | None = None, use_up: bool = False) -> Picture:
    """A picture that Pillow has opened or made, turned as its EXIF asks.

    `use_up`: it may be closed on the way.

    Raises
    ------
    ImageError
        Its grey values are out of range.
    """
    image.load()
    if image.mode in DEEP_GREY_MODES:
        # Older Pillow opens grey PNG of 16 bits with 32.
        deep = image.mode.startswith("I;16") or (image.format == "PNG" and image.mode == "I")
        return _deep_picture(image, deep, window, use_up)
    if window and not window.deep_only and image.mode in GREY_MODES and not has_transparency(image):
        return _grey(gather(image, lambda strip: window.apply(np.asarray(strip.convert("L"))), use_up))
    pixels = gather(image, in_colour, use_up and STORED.get(image.mode) is None)
    return Picture(pixels, pixels)


def _deep_picture(image: Image.Image, sixteen_bits: bool, window: GreyWindow | None, use_up: bool) -> Picture:
    """A grey of more than 8 bits, whose scale depends on its lowest and highest value."""
    ends = [(part.min(), part.max()) for part in (np.asarray(strip) for _, strip in strips_of(image))]
    low, high = np.min([low for low, _ in ends]), np.max([high for _, high in ends])  # NaN stays NaN
    rule = window.apply if window else level_rule(sixteen_bits, low, high)
    levels = gather(image, lambda strip: rule(np.asarray(strip)), use_up)
    return _grey(levels, int(high) if high.dtype.kind in "iu" else None)


def deep_grey(stored: np.ndarray, sixteen_bits: bool, window: GreyWindow | None) -> Picture:
    """A picture of stored grey values (H, W) of more than 8 bits, through a window where there is one.

    Raises
    ------
    ImageError
        They are out of range.
    """
    ends = stored.min(), stored.max()
    rule = window.apply if window else level_rule(sixteen_bits, *ends)
    return _grey(rule(stored), int(ends[1]) if stored.dtype.kind in "iu" else None)


def _grey(levels: np.ndarray, highest: int | None = None) -> Picture:
    """A picture of levels (H, W): all its three colours are one plane in memory."""
    shown = np.empty(levels.shape, np.uint8)
    rows = max(1, STRIP_PIXELS // levels.shape[1])
    for top in range(0, len(levels), rows):
        shown[top : top + rows] = np.rint(levels[top : top + rows])
    return Picture(np.broadcast_to(shown[..., None], (*levels.shape, 3)), levels, highest)
