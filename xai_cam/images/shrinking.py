"""JPEGs decoded at a half, a quarter or an eighth of their size, where the model takes far less of them.

The decoder leaves out the finest of the waves that each block of 8 x 8 pixels consists of, which is nearly
the mean of the pixels: what the model is fed differs a little, the less the more is left to resize.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from xai_cam.images.opening import decoding_bytes
from xai_cam.images.pixels import FROM_BELOW, FROM_THE_RIGHT, SIDEWAYS, orientation_of
from xai_cam.images.reading import Reading

STEPS = (8, 4, 2)
"""By what a decoder of JPEGs can shrink a picture, as Pillow knows it."""

SPARE = 3
"""A shrunk picture is at least so many times as large as what the model takes: below, its scores drift."""


@dataclass(frozen=True)
class Shrunk:
    """How a picture was shrunk, and turned then.

    Attributes
    ----------
    size : (int, int)
        Height and width that it has in the file, turned as it is shown.
    step : int
        How many pixels of the file one stands for, along each side.
    top, left : float
        Where the picture begins in its pixels. Its last row, of a picture that is turned the first one, may
        stand for fewer rows of the file than the others, as the last column may.
    """

    size: tuple[int, int]
    step: int
    top: float = 0
    left: float = 0


def shrink(image: Image.Image, reading: Reading) -> tuple[Shrunk | None, int]:
    """Let an opened picture be decoded at a fraction of its size, where that is asked for and it is a JPEG.

    Returns
    -------
    shrunk : Shrunk, optional
        None where it is decoded as it is.
    cost : int
        Bytes that decoding takes. A progressive JPEG is there as a whole before it is shrunk.
    """
    cost, step, (width, height) = decoding_bytes(image), _step_of(image, reading), image.size
    if step == 1:
        return None, cost
    image.draft(None, (width // step, height // step))
    columns, rows = image.size
    if (columns, rows) != (-(-width // step), -(-height // step)):
        return None, cost  # a kind of JPEG that Pillow does not shrink
    turn = orientation_of(image)
    top = rows - height / step if turn in FROM_BELOW else 0
    left = columns - width / step if turn in FROM_THE_RIGHT else 0
    shown = (
        Shrunk((width, height), step, left, top)
        if turn in SIDEWAYS
        else Shrunk((height, width), step, top, left)
    )
    return shown, cost if "progressive" in image.info else decoding_bytes(image)


def _step_of(image: Image.Image, reading: Reading) -> int:
    size = reading.input_size
    if not reading.shrink_on_load or size is None or image.format not in ("JPEG", "MPO"):
        return 1
    rows, columns = size[::-1] if orientation_of(image) in SIDEWAYS else size
    room = min(image.width / columns, image.height / rows) / SPARE
    return next((step for step in STEPS if step <= room), 1)
