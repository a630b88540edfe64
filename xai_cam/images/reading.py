"""How files are to be read, whatever their kind: what a caller asks for, and what the model needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xai_cam.images.grey_levels import GreyWindow, grey_window
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
    """

    window: Sequence[float] | None = None
    depth: int | None = None
    max_pixels: int | None = MAX_PIXELS

    @property
    def levels(self) -> GreyWindow | None:
        """The window that is asked for, by its ends or by the number of bits; None: none.

        Raises
        ------
        InputError
            Both are given, or one of them makes no sense.
        """
        return grey_window(self.window, self.depth)
