"""Picture files identified by Pillow's plugins, without the limit that Pillow has for a whole process."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import IO

from PIL import Image, ImageFile, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")
"""Formats that are decoded; Pillow knows more, but some of them run other programs (PostScript)."""

PLUGINS = ("Bmp", "Gif", "Jpeg", "Png", "Tiff", "WebP")


def identified(file: IO[bytes], formats: Sequence[str] = FORMATS) -> ImageFile.ImageFile:
    """The picture in a file, as `Image.open` finds it; nothing is decoded.

    Pillow gets no name: a file that is cut short while it is mapped would end the process.

    Raises
    ------
    UnidentifiedImageError
        It is of none of these formats, or its head is damaged.
    """
    _load_plugins()
    prefix = file.read(16)
    for name in formats:
        factory, accept = Image.OPEN[name]
        try:
            accepted = accept is None or accept(prefix)
            if accepted and not isinstance(accepted, str):  # a text says why this Pillow cannot
                file.seek(0)
                return factory(file, "")
        except (SyntaxError, IndexError, TypeError, struct.error):
            continue
    raise UnidentifiedImageError


@cache
def _load_plugins() -> None:
    """Register the formats: importing every plugin of Pillow's takes ten times as long."""
    for name in PLUGINS:
        import_module(f"PIL.{name}ImagePlugin")
