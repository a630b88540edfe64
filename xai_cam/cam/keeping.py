"""A map on disk: its figure, its overlay, the map itself, its mask, or its boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.errors import InputError
from xai_cam.files.coco import Document, encode_document
from xai_cam.files.provenance import Provenance, encode_array, encode_picture
from xai_cam.files.writing import check_not_input, write_whole

TOOL = f"xai-cam {__version__}"

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
    provenance = {"tool": TOOL, **said}
    if suffix == ".npy":
        return _written(path, lambda: encode_array(cam, provenance), inputs)
    return _written(path, lambda: encode_picture(draw(), provenance, PICTURES[suffix]), inputs)


def write_mask(path: Path, mask: np.ndarray, said: dict[str, Any], inputs: Iterable[Path]) -> Path:
    """Write a mask (H, W) bool as a grey PNG of 0 and 255; arguments and errors as of `write_map`."""
    _check_suffix(path, ".png", "A mask is a picture that loses nothing.")
    return _written(path, lambda: encode_mask(mask, {"tool": TOOL, **said}), inputs)


def write_boxes(path: Path, document: Document, said: dict[str, Any], inputs: Iterable[Path]) -> Path:
    """Write boxes as COCO; arguments and errors as of `write_map`."""
    _check_suffix(path, ".json", "Boxes are written as COCO.")
    return _written(path, lambda: encode_document(document, {"tool": TOOL, **said}), inputs)


def encode_mask(mask: np.ndarray, provenance: Provenance) -> bytes:
    """A mask (H, W) bool as a grey PNG of 0 and 255 that carries its provenance."""
    return encode_picture(mask.astype(np.uint8) * np.uint8(255), provenance, "png")


def _check_suffix(path: Path, wanted: str, why: str) -> None:
    if path.suffix.lower() != wanted:
        raise InputError(f"`path` ends in {path.suffix or 'nothing'!r}. {why} Use {wanted}.")


def _written(path: Path, encode: Callable[[], bytes], inputs: Iterable[Path]) -> Path:
    check_not_input(path, inputs)
    write_whole(path, encode(), "`path`")
    return path
