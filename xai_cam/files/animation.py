"""Frames -> an animated WebP or GIF that runs for ever, with a text in it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, features

from xai_cam.errors import XaiCamError

FORMATS = ("webp", "gif")
QUALITY = 85
COLOURS = 256
DESCRIPTION = 0x010E
"""The tag of EXIF for a description, in which a WebP carries its text."""


def encode_animation(frames: Sequence[tuple[np.ndarray, int]], text: str, file_format: str) -> bytes:
    """Frames (H, W, 3) uint8 RGB and their milliseconds as a file; the text is ASCII.

    Raises
    ------
    XaiCamError
        Pillow was built without WebP.
    """
    images, times = [Image.fromarray(frame) for frame, _ in frames], [time for _, time in frames]
    buffer = io.BytesIO()
    if file_format == "gif":
        _save_gif(images, times, text, buffer)
        return buffer.getvalue()
    if not features.check("webp"):
        raise XaiCamError("this Pillow cannot write WebP. Use `animation='gif'`.")
    exif = Image.Exif()
    exif[DESCRIPTION] = text
    images[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=times,
        loop=0,
        quality=QUALITY,
        exif=exif,
    )
    return buffer.getvalue()


def _save_gif(images: list[Image.Image], times: list[int], text: str, buffer: io.BytesIO) -> None:
    """One palette for all frames: with one each, colours would flicker."""
    every = Image.new("RGB", (images[0].width, len(images) * images[0].height))
    for number, image in enumerate(images):
        every.paste(image, (0, number * image.height))
    palette = every.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    drawn = [image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for image in images]
    drawn[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=drawn[1:],
        duration=times,
        loop=0,
        comment=text.encode(),
        optimize=False,
    )
