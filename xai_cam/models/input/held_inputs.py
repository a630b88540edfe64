"""A model's other inputs, which are held at what the caller gives while images are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xai_cam.errors import InputError, nearest
from xai_cam.models.input.model_inputs import ModelInput


def held_at(inputs: Sequence[ModelInput], given: Mapping[str, Any], count: int) -> tuple[np.ndarray, ...]:
    """Arrays (count, …) for inputs, in their order.

    Parameters
    ----------
    inputs : sequence of ModelInput
        The model's inputs besides the image.
    given : dict of name to value
        For each a value for all images (a number, or an array of the input's shape), or a row for each.
    count : int
        How many images there are.

    Raises
    ------
    InputError
        Something is missing, is no input, or has another shape.
    """
    check_names(inputs, given)
    return tuple(rows_for(one, given[one.name], count) for one in inputs)


def check_names(inputs: Sequence[ModelInput], given: Mapping[str, Any]) -> None:
    """Refuse names that are not those of the inputs.

    Raises
    ------
    InputError
        Something is missing, or is no input.
    """
    names = [one.name for one in inputs]
    unknown = [name for name in given if name not in names]
    if unknown and not names:
        raise InputError(
            f"The model has no input besides the image, so that `extra` {unknown[0]!r} fits none. Leave "
            "it out."
        )
    if unknown:
        near = ", ".join(nearest(unknown[0], names, 5))
        raise InputError(f"The model has no input {unknown[0]!r} besides the image. Nearest: {near}.")
    absent = [one for one in inputs if one.name not in given]
    if absent:
        what = "another input" if len(absent) == 1 else f"{len(absent)} other inputs"
        raise InputError(
            f"The model has {what} besides the image, for which nothing is given: "
            f"{'; '.join(map(str, absent))}. Say with `extra`, by name, at which value to hold "
            f"{'it' if len(absent) == 1 else 'each'}."
        )


def rows_for(wanted: ModelInput, value: Any, count: int) -> np.ndarray:
    """An array (count, …) for one input: a value for all images repeated, or a row for each.

    Raises
    ------
    InputError
        It holds no numbers, has another shape, or numbers that are not finite.
    """
    try:
        found = np.asarray(value)
        whole = wanted.dtype.startswith(("int", "uint"))
        rows = found.astype(np.dtype(wanted.dtype) if whole else np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"`extra` {wanted.name!r} holds no numbers. The model takes {wanted}.") from error
    if whole and not np.array_equal(rows, found):
        raise InputError(
            f"`extra` {wanted.name!r} is not made of whole numbers, which the model takes: {wanted}. Give "
            "such."
        )
    if not np.isfinite(rows).all():
        raise InputError(f"`extra` {wanted.name!r} holds NaN or infinity. Give numbers.")
    shape = tuple(wanted.shape)
    for candidate in (rows, rows[..., None] if shape and shape[-1] == 1 else rows):
        if candidate.shape[:1] == (count,) and _fits(candidate.shape[1:], shape):
            return np.ascontiguousarray(candidate)
        one = candidate[0] if candidate.shape[:1] == (1,) and candidate.ndim == len(shape) + 1 else candidate
        if _fits(one.shape, shape):
            return np.repeat(one[None], count, axis=0)
    if rows.ndim == 0 and shape and all(side == 1 for side in shape):
        return np.full((count, *(1 for _ in shape)), rows)
    raise InputError(
        f"`extra` {wanted.name!r} has the shape {rows.shape} for {count} images, and the model takes "
        f"{wanted}. Give a row for each image, or one for all."
    )


def fed_as(dtype: str) -> str:
    """The kind of numbers in which another input is handed over; the model gets its own kind."""
    return dtype if dtype.startswith(("int", "uint")) else "float32"


def _fits(found: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(found) == len(wanted) and all(w in (None, f) for f, w in zip(found, wanted, strict=True))
