"""Class specs, which say what class to explain, checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.images.numbers import whole_number

ClassSpec = str | int
"""`predicted`, `topN` or an index."""

TargetClass = ClassSpec | float | None | Sequence[ClassSpec | float | None] | np.ndarray
"""A spec, several, or an array with a row of indices for each image. None is `predicted`."""


def top_of(spec: ClassSpec) -> int | None:
    """N of `topN`, else None."""
    match = re.fullmatch(r"top([1-9]\d*)", spec) if isinstance(spec, str) else None
    return int(match[1]) if match else None


def above_of(spec: ClassSpec) -> float | None:
    """T of `above:T`, a probability; else None.

    Raises
    ------
    InputError
        It is none.
    """
    if not (isinstance(spec, str) and spec.startswith("above:")):
        return None
    try:
        bound = float(spec.removeprefix("above:"))
    except ValueError:
        bound = -1.0
    if not 0 <= bound < 1:
        raise InputError(
            f"`target_class={spec!r}` names no probability. Use one from 0 to 1, as in above:0.5."
        )
    return bound


def group_of(spec: ClassSpec) -> tuple[int, ...] | None:
    """The classes of `3+5`, in their order, each once; else None.

    Raises
    ------
    InputError
        It is one class, several times.
    """
    if not (isinstance(spec, str) and re.fullmatch(r"\d+(\+\d+)+", spec)):
        return None
    found = tuple(sorted({int(number) for number in spec.split("+")}))
    if len(found) == 1:
        raise InputError(f"`target_class={spec!r}` names one class twice. Name it alone, or two classes.")
    return found


def check_rivals(specs: Iterable[ClassSpec], rivals: Sequence[int]) -> None:
    """Refuse a class that is explained against itself alone.

    Raises
    ------
    InputError
    """
    for spec in specs:
        own = group_of(spec) or ((int(spec),) if re.fullmatch(r"\d+", str(spec)) else ())
        if own and rivals and set(rivals) <= set(own):
            raise InputError(
                f"`against` names only what is explained, class {spec}. Name other classes, or leave it out."
            )


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
        raise InputError(
            f"Unknown class {spec!r}. Use predicted, topN or an index; 3+5 for several as one, above:0.5 for "
            "labels, up or down for a value."
        ) from error


def check_classes(classes: np.ndarray, total: int) -> np.ndarray:
    """The given classes, if the model has them all.

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


def as_specs(target_class: Any, count: int, total: int) -> list[ClassSpec] | np.ndarray:
    """Classes given by a caller, in one form.

    Parameters
    ----------
    target_class : spec, sequence of specs, or (n,) / (n, m) array
        `predicted` or None, `topN`, or an index (`2`, `2.0`, `np.int64(2)`), for all images alike; or
        indices image by image, as an array, a tensor or a list of rows.
    count : int
        How many images there are.
    total : int
        How many classes the model has.

    Returns
    -------
    specs : list of specs for all images, or (n, m) int array

    Raises
    ------
    InputError
        Something is not a class, or the array does not have a row for each image.
    """
    if isinstance(target_class, list | tuple | set | range):
        if not any(np.ndim(one) for one in target_class):
            if not target_class:
                raise InputError("No class is given. Use predicted, topN or an index.")
            return [_spec(one) for one in target_class]
    elif getattr(target_class, "ndim", 0) == 0:
        return [_spec(target_class)]
    rows = _rows(target_class)
    if rows.dtype.kind in "OUS" and rows.ndim == 1:
        return [_spec(one) for one in rows.tolist()]
    if len(rows) != count or rows.ndim > 2 or not rows.size:
        raise InputError(
            f"Classes of shape {rows.shape} were given for {count} images. Give one row for each image, or a "
            "class or a list of classes for all."
        )
    rows = rows.reshape(count, -1)
    if (
        total > 2
        and rows.shape[1] == total
        and ((rows == 0) | (rows == 1)).all()
        and (rows.sum(1) == 1).all()
    ):
        raise InputError("The classes are one-hot rows. Give their indices: `target_class.argmax(axis=1)`.")
    if rows.dtype.kind == "b" or not np.array_equal(rows, np.round(rows)):
        raise InputError(f"Classes of type {rows.dtype} are not indices. Give whole numbers.")
    return rows.astype(np.int64)


def _rows(target_class: Any) -> np.ndarray:
    try:
        rows = np.asarray(target_class)
    except (TypeError, ValueError) as error:
        raise InputError(
            "The rows of classes differ in length. Give the same number for each image."
        ) from error
    if rows.dtype.kind not in "biufOUS":
        raise InputError(f"A {type(target_class).__name__} is not a class. Use predicted, topN or an index.")
    return rows


def _spec(one: Any) -> ClassSpec:
    if one is None:
        return "predicted"
    if isinstance(one, str):
        return one
    number = whole_number(one)
    if number is None:
        raise InputError(f"{one!r} is not a class. Use predicted, topN or an index.")
    return number
