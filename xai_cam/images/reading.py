"""How files are to be read, whatever their kind: what a caller asks for, and what the model needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import InputError, UnfitImageError
from xai_cam.images.grey_levels import GreyWindow, grey_window
from xai_cam.images.numbers import whole_number
from xai_cam.images.opening import MAX_PIXELS

Admit = Callable[[int], None]
"""Gets the bytes that decoding takes, before it begins, and may wait until there is room for them."""

OF_PICTURES = (1, 3)
"""Channels of the models that any picture fits: what it lacks or has besides is no matter."""


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; a reader takes what concerns its kind of file.

    Attributes
    ----------
    window : (low, high), optional
        Stored values that become 0 and 255; those beyond are clipped.
    depth : int, optional
        Bits in use of values that have more than 8.
    max_pixels : int, optional
        The most pixels that are decoded; None: any number.
    channels : int, optional
        Those that the model takes; None where there is no model, or it is not known.
    show_bands : tuple of int, optional
        Which bands are shown as the picture, counted from 1: one as grey, or three as red, green and blue.
    frame : int, optional
        Which frame to take of a file that has several, from 1 on; None: the first.
    planes : int, optional
        Slices of the volumes, or frames of the films, that the model takes; None: it takes pictures.
    shrink_on_load : bool
        Whether a JPEG may be shrunk while it is decoded, where it is far larger than `input_size`.
    input_size : (int, int), optional
        Height and width that pictures are brought to; None: they are taken as they are.
    """

    window: Sequence[float] | None = None
    depth: int | None = None
    max_pixels: int | None = MAX_PIXELS
    channels: int | None = None
    show_bands: tuple[int, ...] | None = None
    frame: int | None = None
    planes: int | None = None
    shrink_on_load: bool = False
    input_size: tuple[int, int] | None = None

    @property
    def words(self) -> list[str]:
        """What was asked for, a word each."""
        window = [] if self.window is None else ["window={:.10g}:{:.10g}".format(*self.window)]
        numbers = {"depth": self.depth, "frame": self.frame}
        bands = [f"bands={','.join(map(str, self.show_bands))}"] if self.show_bands else []
        named = [f"{name}={one}" for name, one in numbers.items() if one is not None]
        return [*window, *named, *bands, *(["shrink-on-load"] if self.shrink_on_load else [])]

    @property
    def of_pictures(self) -> bool:
        """Whether the model takes what any picture has."""
        return self.planes is None and (self.channels is None or self.channels in OF_PICTURES)

    @property
    def columns(self) -> dict[str, Any]:
        """What was asked for, as columns of a row; what was not is empty."""
        window = "" if self.window is None else "{:.10g}:{:.10g}".format(*self.window)
        return {"window": window, "depth": self.depth, "frame": self.frame}

    def check(self) -> None:
        """Refuse what makes no sense, before a file is read.

        Raises
        ------
        InputError
        """
        _ = self.levels, self.frame_index

    @property
    def levels(self) -> GreyWindow | None:
        """The window that is asked for, by its ends or by the number of bits; None: none.

        Raises
        ------
        InputError
            Both are given, or one of them makes no sense.
        """
        return grey_window(self.window, self.depth)

    @property
    def frame_index(self) -> int:
        """The frame that is asked for, from 0 on; the first where none is.

        Raises
        ------
        InputError
            It is no number, or less than 1.
        """
        if self.frame is None:
            return 0
        number = whole_number(self.frame)
        if number is None or number < 1:
            raise InputError(f"`frame` is {self.frame!r}. Frames are counted from 1.")
        return number - 1


def check_bands(
    show_bands: Sequence[int] | int | None, channels: int | None = None
) -> tuple[int, ...] | None:
    """Bands to show, as a caller names them; None stays None.

    Raises
    ------
    InputError
        They are neither one number nor three, or a model of that many channels has no such band.
    """
    if show_bands is None:
        return None
    several = list(show_bands) if isinstance(show_bands, list | tuple | range) else [show_bands]
    numbers = tuple(number for one in several if (number := whole_number(one)) is not None and number > 0)
    if len(numbers) != len(several) or len(numbers) not in (1, 3):
        raise InputError(
            f"`show_bands` is {show_bands!r}. Give one number, or three for red, green and blue, counted "
            "from 1."
        )
    if channels is not None and max(numbers) > channels:
        raise InputError(
            f"`show_bands` names band {max(numbers)}, but the model takes {channels}. Count them from 1."
        )
    return numbers


def check_channels(bands: int, channels: int | None) -> None:
    """Refuse an image whose bands a model cannot take; grey and RGB go for one another.

    Raises
    ------
    UnfitImageError
    """
    if channels is None or bands == channels or {bands, channels} <= {1, 3}:
        return
    own = {2: "grey pictures with transparency, ", 4: "pictures with transparency, "}.get(channels, "")
    of = f"{bands} channel{'s' * (bands != 1)}"
    ways = (
        "pictures, or arrays of 1 or 3"
        if channels in OF_PICTURES
        else f"{own}.npy arrays or TIFF files of {channels} bands"
    )
    raise UnfitImageError(f"it has {of}, and the model takes {channels}: give {ways}")
