"""The shape of a model's one image input, as the model or the call that built it tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xai_cam.errors import ModelError

Shape = tuple[int | None, ...]


def input_shapes(model: Any) -> list[Shape]:
    """The shapes of all inputs of a built model, each with its batch; none where it does not say.

    A functional model has them itself, whatever the structure of its inputs. A subclass of `Model` keeps
    those that it was built for, by the names of the arguments; once they have been in a file they are lists.
    """
    if not model.built:
        return []
    try:
        told = getattr(model, "input_shape", None)
    except (AttributeError, ValueError):  # of a model that never was called on a symbolic tensor
        told = None
    return list(_flat(told or getattr(model, "_build_shapes_dict", None)))


def _flat(told: Any) -> Iterator[Shape]:
    if isinstance(told, dict):
        told = list(told.values())
    elif isinstance(told, list | tuple) and told and all(isinstance(side, int | None) for side in told):
        yield tuple(told)
        return
    for inner in told if isinstance(told, list | tuple) else ():
        yield from _flat(inner)


def image_shape(shape: Shape | None, size: tuple[int, int] | None = None) -> tuple[int, int, int]:
    """(H, W, channels) of the images that a model takes; (channels, H, W) where that is their order.

    Parameters
    ----------
    shape : (n, H, W, channels)
        Of the model's image input; None where it does not tell.
    size : (int, int), optional
        Height and width where the model leaves them open.

    Raises
    ------
    ModelError
        The input is no image, or its size is open.
    """
    if shape is None:
        raise ModelError(
            "The model does not say what its input looks like. Call it once on an image, then explain it or "
            "save it again."
        )
    if len(shape) != 4:
        raise ModelError(
            f"The model does not take images: its input is {shape}. Give one whose input is height x width x "
            "channels."
        )
    first = may_be_channels_first(shape[1:])
    channels, height, width = shape[1:] if first else (shape[3], *shape[1:3])
    if channels is None:
        raise ModelError("The model leaves its number of channels open. Build it for grey or RGB images.")
    if size is not None:
        if (height or size[0], width or size[1]) != tuple(size):
            raise ModelError(
                f"The model's input is {height} x {width}, so `size=({size[0]}, {size[1]})` cannot be used. "
                "Leave it out."
            )
        height, width = size
    if height is None or width is None:
        raise ModelError("The model takes images of any size. Choose one with `size=(height, width)`.")
    return (channels, height, width) if first else (height, width, channels)


CHANNELS = (1, 2, 3, 4)
"""Numbers of channels that pictures have; a side of an image is hardly so short."""


def may_be_channels_first(shape: Shape) -> bool:
    """Whether the first of an input's three sides may be its channels, and the last cannot."""
    return shape[0] in CHANNELS and shape[2] not in CHANNELS
