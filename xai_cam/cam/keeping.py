"""A map on disk: its figure, its overlay, or the map itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.errors import InputError
from xai_cam.files.provenance import encode_array, encode_picture
from xai_cam.files.writing import check_not_input, write_whole

PICTURES = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}


def write_map(
    path: Path,
    draw: Callable[[], np.ndarray],
    cam: np.ndarray,
    said: dict[str, Any],
    inputs: Iterable[Path],
) -> Path:
    """Write what the suffix of `path` asks for, with what is said of the map inside; returns the path.

    Raises
    ------
    InputError
        Another suffix, or the path is one of `inputs`, the pictures that were explained.
    OutputError
        It cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (*PICTURES, ".npy"):
        raise InputError(
            f"`path` ends in {suffix or 'nothing'!r}. Use .png, .jpg, or .npy for the map itself."
        )
    check_not_input(path, inputs)
    provenance = {"tool": f"xai-cam {__version__}", **said}
    data = (
        encode_array(cam, provenance)
        if suffix == ".npy"
        else encode_picture(draw(), provenance, PICTURES[suffix])
    )
    write_whole(path, data, "`path`")
    return path
