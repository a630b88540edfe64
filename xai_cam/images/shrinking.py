"""JPEGs decoded at a half, a quarter or an eighth of their size, where the model takes far less of them.

The decoder leaves out the finest of the waves that each block of 8 x 8 pixels consists of, which is not quite
the mean of the pixels: what the model is fed differs a little, the less the more is left to resize.
"""

from __future__ import annotations

from PIL import Image

from xai_cam.images.opening import decoding_bytes
from xai_cam.images.pixels import is_sideways
from xai_cam.images.reading import Reading

STEPS = (8, 4, 2)
"""By what a decoder of JPEGs can shrink a picture, as Pillow knows it."""

SPARE = 3
"""A shrunk picture is at least so many times as large as what the model takes: below, its scores drift."""


def shrink(image: Image.Image, reading: Reading) -> tuple[int, int]:
    """Let an opened picture be decoded at a fraction of its size, where that is asked for and it is a JPEG.

    Returns
    -------
    step : int
        How many pixels of the file one will stand for, along each side.
    cost : int
        Bytes that decoding takes. A progressive JPEG is there as a whole before it is shrunk.
    """
    cost, step, (width, height) = decoding_bytes(image), _step_of(image, reading), image.size
    if step > 1:
        image.draft(None, (width // step, height // step))
        if image.size != (-(-width // step), -(-height // step)):
            return 1, cost  # a kind of JPEG that Pillow does not shrink
    return step, cost if "progressive" in image.info else decoding_bytes(image)


def _step_of(image: Image.Image, reading: Reading) -> int:
    size = reading.input_size
    if not reading.shrink_on_load or size is None or image.format not in ("JPEG", "MPO"):
        return 1
    rows, columns = size[::-1] if is_sideways(image) else size
    room = min(image.width / columns, image.height / rows) / SPARE
    return next((step for step in STEPS if step <= room), 1)
