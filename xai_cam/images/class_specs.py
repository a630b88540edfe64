"""Which class: what users may ask for, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from xai_cam.errors import InputError

ClassSpec = str | int
"""`predicted`, `topN` or an index."""


def top_of(spec: ClassSpec) -> int | None:
    """N of `topN`, else None."""
    match = re.fullmatch(r"top([1-9]\d*)", spec) if isinstance(spec, str) else None
    return int(match[1]) if match else None


def class_index(spec: ClassSpec) -> int:
    """The index that a spec names.

    Raises
    ------
    InputError
        It is neither `predicted`, `topN` nor a number.
    """
    try:
        return int(spec)
    except ValueError as error:
        raise InputError(f"Unknown class {spec!r}. Use predicted, topN or an index.") from error


def check_classes(classes: np.ndarray, total: int) -> np.ndarray:
    """The same classes, if the model has them all.

    Raises
    ------
    InputError
        A class out of range.
    """
    wrong = classes[(classes < 0) | (classes >= total)]
    if wrong.size:
        raise InputError(f"The model has no class {wrong[0]}: its {total} classes are 0 to {total - 1}.")
    return classes


def classes_of(specs: Sequence[ClassSpec] | np.ndarray, part: slice) -> Sequence[ClassSpec] | np.ndarray:
    """The specs for a part of the images: an array has a row for each, a sequence is for all."""
    return specs[part] if isinstance(specs, np.ndarray) else specs
