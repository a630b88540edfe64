"""Arrays in `.npy` files: a row for each image of a run, or one for all."""

from __future__ import annotations

import os
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.files.stores.drafts import on_disk
from xai_cam.images.npy import are_sides

MAX_BYTES = 1 << 30
"""Of an array, which is held as a whole; larger ones are pictures, which lie in a folder."""

HEAD = 1 << 16
"""Bytes of a header, and more."""

KINDS = "biuf"
"""Kinds of numbers: yes and no, whole ones, floating ones."""


def read_extra_array(path: Path) -> np.ndarray:
    """The array in a file. What its header says is looked at before any of it is read; no pickle is opened.

    Raises
    ------
    InputError
        There is none, it holds no numbers, is damaged or too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES + HEAD:  # before it is fetched
            raise ValueError("larger than any")
        with on_disk(path) as here, open_regular(here) as file:
            shape, kind = _header(file)
            if not are_sides(shape):
                raise ValueError(f"{shape} is no shape")
            size = kind.itemsize
            for side in shape:
                size *= side
            stored = os.fstat(file.fileno()).st_size
            if kind.kind not in KINDS or size > min(MAX_BYTES, stored):
                raise ValueError(f"{shape} of {kind}")
            file.seek(0)
            found = np.lib.format.read_array(file, allow_pickle=False)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {why_unreadable(path, error)}. Name a .npy file.") from error
    except (ValueError, EOFError, SyntaxError, TokenError, TypeError, OverflowError, MemoryError) as error:
        raise InputError(
            f"Cannot read {path}: it holds no numbers, is damaged, or larger than {MAX_BYTES >> 30} GB. "
            "Write it with numpy.save."
        ) from error
    if not np.isfinite(found).all():
        raise InputError(f"{path} holds NaN or infinity. Give finite numbers.")
    return found


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    return shape, kind
