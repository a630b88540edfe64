"""Images from callers -> one array: lists of arrays, tensors, datasets; files are refused."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xai_cam.errors import InputError

log = logging.getLogger(__name__)

KINDS = "an (n, H, W, channels) array, a list of (H, W, channels) arrays, a tensor or a `tf.data.Dataset`"

ENDLESS = -1
"""TensorFlow's value for the length of an infinite dataset."""


def as_array(images: Any) -> np.ndarray:
    """Images as one array of numbers, of any shape; labels beside them are dropped.

    Raises
    ------
    InputError
        They are files or pictures, of several shapes, or no numbers at all.
    """
    return split_labels(images)[0]


def split_labels(images: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """The same, and the labels of a dataset that holds pairs of an image and its label; else None.

    Raises
    ------
    InputError
        As `as_array` does.
    """
    if is_dataset(images):
        return _of_dataset(images)
    if _is_file(images) or (isinstance(images, list | tuple) and any(map(_is_file, images))):
        raise InputError(
            "Files or pictures are given as `images`. Read them with `prepare(model, images)`, which scales "
            "them as the model takes them."
        )
    return _numbers(images), None


def is_dataset(images: Any) -> bool:
    """Whether these are a `tf.data.Dataset`; TensorFlow is not imported to find out."""
    return hasattr(images, "element_spec") and hasattr(images, "as_numpy_iterator")


def batch_of(images: Any, shape: Sequence[int | None] | None) -> np.ndarray:
    """Images as a model takes them.

    Parameters
    ----------
    images : array, list of arrays, tensor or dataset
        Several images, or a single one. Those of a model that takes grey may have no channels.
    shape : (H, W, c) or (D, H, W, c), optional
        Of the model's input; None in it, or instead of it, where that is left open.

    Returns
    -------
    batch : (n, H, W, c) float32

    Raises
    ------
    InputError
        Another shape, NaN or infinity, or as `as_array` does.
    """
    found = as_array(images)
    shape = shape or (None, None, None)
    rank = len(shape)
    if shape[-1] == 1 and found.ndim in (rank - 1, rank) and (found.ndim < rank or found.shape[-1] != 1):
        found = found[..., None]
    if found.ndim == rank:
        found = found[None]
    if found.size or found.ndim == rank + 1:
        _check_shape(found, shape)
    elif not len(found):
        found = np.empty((0, *(side or 0 for side in shape)))  # an empty list
    if found.dtype.kind in "ui" and found.size and found.max() > 1:
        log.warning(
            "The images are whole numbers and are taken as they are. Scale them as the model was trained, or "
            "let `prepare(model, images)` do it."
        )
    with np.errstate(over="ignore"):
        batch = np.ascontiguousarray(found, np.float32)
    finite = np.isfinite(batch).all(axis=tuple(range(1, batch.ndim)))
    if not finite.all():
        raise InputError(f"Image {int(np.argmin(finite))} holds NaN or infinity. Leave it out, or fix it.")
    return batch


def _check_shape(images: np.ndarray, shape: Sequence[int | None]) -> None:
    """Refuse images that are not (n, *shape)."""

    def fits(found: Sequence[int]) -> bool:
        pairs = zip(found, shape, strict=True)
        return all(size > 0 and wanted in (None, size) for size, wanted in pairs)

    batch = images.ndim == len(shape) + 1
    if batch and fits(images.shape[1:]):
        return
    wanted = " x ".join("any" if size is None else str(size) for size in shape)
    advice = "Give images of that shape."
    if batch and fits((*images.shape[2:], images.shape[1])):
        advice = "Put the channels last: `np.moveaxis(images, 1, -1)`."
    raise InputError(f"The images have the shape {images.shape}; the model takes n x {wanted}. {advice}")


def _is_file(one: Any) -> bool:
    """Whether this is a path, or a picture of Pillow's."""
    return isinstance(one, str | bytes | os.PathLike) or hasattr(one, "getexif")


def _numbers(images: Any) -> np.ndarray:
    try:
        found = np.asarray(images)
    except (TypeError, ValueError, RuntimeError) as error:
        shapes = list(dict.fromkeys(np.shape(one) for one in images)) if isinstance(images, list) else []
        if len(shapes) > 1:
            raise _of_several_shapes(shapes) from error
        raise InputError(f"`images` cannot be read as an array ({_line(error)}). Give {KINDS}.") from error
    if found.dtype.kind == "O" and found.ndim == 1 and all(isinstance(one, np.ndarray) for one in found):
        return _numbers(list(found))
    if found.dtype.kind not in "buif":
        what = f"an array of {found.dtype}" if found.ndim else f"a {type(images).__name__}"
        raise InputError(f"`images` is {what}, not an array of numbers. Give {KINDS}.")
    return found


def _of_several_shapes(shapes: Sequence[Any]) -> InputError:
    named = ", ".join(map(str, shapes[:3]))
    return InputError(
        f"The images differ in shape ({named}). Give one shape, or use `prepare(model, images)`."
    )


def _of_dataset(dataset: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """All images of a dataset, and their labels where it holds any; both batched or not."""
    import tensorflow as tf

    if int(dataset.cardinality()) == ENDLESS:
        raise InputError("The dataset never ends. Limit it with `dataset.take(n)`.")
    try:
        elements = list(_pairs(dataset))
    except (TypeError, ValueError, tf.errors.OpError) as error:
        raise InputError(f"The dataset cannot be read ({_line(error)}). Make it yield arrays.") from error
    images = [image for image, _ in elements]
    if not images:
        return np.empty(0, np.float32), None
    shapes = list(dict.fromkeys(image.shape[-3:] for image in images))
    if len(shapes) > 1:
        raise _of_several_shapes(shapes)
    join = np.concatenate if images[0].ndim == 4 else np.stack
    labels = [label for _, label in elements if label is not None]
    return _numbers(join(images)), join(labels) if labels else None


def _pairs(dataset: Any) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """An image or a batch at a time, and its label or labels."""
    for element in dataset.as_numpy_iterator():
        if isinstance(element, dict):
            raise TypeError(f"it holds dicts of {', '.join(map(str, element))}")
        parts = element if isinstance(element, tuple | list) else (element,)
        image, label = parts[0], parts[1] if len(parts) > 1 else None
        yield np.asarray(image), None if label is None else np.asarray(label)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
