"""How files are to be read, whatever their kind: what a caller asks for, and what the model needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import InputError
from xai_cam.images.grey_levels import GreyWindow, grey_window
from xai_cam.images.numbers import whole_number
from xai_cam.images.opening import MAX_PIXELS

Admit = Callable[[int], None]
"""Gets the bytes that decoding takes, before it begins, and may wait until there is room for them."""


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
    frame : int, optional
        Which frame to take of a file that has several, from 1 on; None: the first.
    """

    window: Sequence[float] | None = None
    depth: int | None = None
    max_pixels: int | None = MAX_PIXELS
    frame: int | None = None

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
