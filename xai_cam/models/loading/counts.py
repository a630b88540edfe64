"""Numbers and lists in a configuration that let Keras or TensorFlow make, or go through, far too much."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from xai_cam.errors import ModelError
from xai_cam.models.activations import Largest, check_activations


class Bound(NamedTuple):
    """The most that some arguments may say, and what they say, for the message."""

    most: int
    says: str
    arguments: tuple[str, ...]
    lengths: bool = False
    """Whether the length of a list counts, and not what is in it."""
    numbers: bool = True
    """Whether a number counts."""


LARGE = 2**63
"""What is larger is not told."""

BOUNDS = (
    Bound(10_000, "gives {:,} tensors", ("indices_or_sections", "num"), lengths=True),
    Bound(
        2**16,
        "has windows, steps or margins of {:,}",
        (
            *("pool_size", "pool_length", "kernel_size", "strides", "stride", "dilation_rate", "dilations"),
            *("dilation", "padding", "cropping", "subsample_length", "subsample", "atrous_rate"),
        ),
    ),
    Bound(
        254,
        "speaks of {:,} dimensions",
        (
            *("axis", "axes", "shape", "newshape", "target_shape", "output_shape", "dims", "pad_width"),
            *("shift", "source", "destination", "spatial_dims"),
        ),
        lengths=True,
        numbers=False,
    ),
)
"""`Split` and its relatives make their tensors one by one, more than any layer has channels.

No input is as large as a window of 2 ** 16, for which TensorFlow takes memory, or crashes. TensorFlow's
tensors have at most 254 dimensions.
"""

OF_CLASS = {"Diff": Bound(16, "is computed {:,} times over", ("n",))}
"""Arguments whose names say something else elsewhere."""


def check_counts(config: Any) -> None:
    """Refuse a configuration with a layer or an operation that is there to take for ever.

    Raises
    ------
    ModelError
    """
    waiting = [config]
    while waiting:
        item = waiting.pop()
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        waiting += [one for one in inner if isinstance(one, dict | list)]
        if isinstance(item, dict) and isinstance(item.get("class_name"), str):
            _check(item["class_name"], item.get("config"))
            _check_memory(item["class_name"], item.get("config"))


def _check(class_name: str, config: Any) -> None:
    bounds = (*BOUNDS, OF_CLASS[class_name]) if class_name in OF_CLASS else BOUNDS
    for bound in bounds if isinstance(config, dict) else ():
        for value in filter(None, map(config.get, bound.arguments)):
            count = _count(value, bound)
            if count > bound.most:
                name = config.get("name") or class_name
                raise ModelError(
                    f"The operation {str(name)[:200]!r} {bound.says.format(count)}, more than "
                    f"{bound.most:,}. Rebuild the model without it."
                )


def _count(value: Any, bound: Bound) -> int:
    if bound.lengths and isinstance(value, list):
        return len(value)
    return max(_numbers(value), default=0) if bound.numbers else 0


def _numbers(value: Any) -> Iterator[int]:
    """How large the numbers in a value are, in its lists and in what these hold."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | dict):
            waiting += item.values() if isinstance(item, dict) else item
        elif isinstance(item, int | float):
            yield int(abs(item)) if abs(item) < LARGE else LARGE  # also what is not a number


def _check_memory(class_name: str, config: Any) -> None:
    """Refuse what takes memory while it is built, before activations are looked at."""
    if not isinstance(config, dict):
        return
    sides = config.get("batch_shape") or config.get("batch_input_shape")
    if class_name == "InputLayer" and isinstance(sides, list):
        own = tuple(side for side in sides[1:] if isinstance(side, int))
        check_activations(Largest(4 * math.prod(own), own, "float32"), 1, "an input")
    axes = config.get("axis")
    if class_name == "Normalization" and isinstance(axes, list) and len(axes) > 1:
        given = [config[key] for key in ("mean", "variance") if config.get(key) is not None]
        if any(len(sides := _sides(value)) < len(axes) or 1 in sides[:-1] for value in given):
            raise ModelError(
                f"The layer {str(config.get('name'))[:200]!r} spreads a few numbers over {len(axes)} axes of "
                "its input. Rebuild the model with the axes that have numbers of their own, or axis=None."
            )


def _sides(value: Any) -> list[int]:
    """The shape of an array that is written as lists in lists."""
    sides = []
    while isinstance(value, list) and value:
        sides.append(len(value))
        value = value[0]
    return sides
