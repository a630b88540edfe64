"""The shape of a model's one image input, as the model or the call that built it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from xai_cam.errors import InputError, ModelError

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


RANKS = (3, 4)
"""Sides of an image, its channels among them: of a picture, and of a volume or a film."""


def image_shape(shape: Shape | None, size: Sequence[int] | None = None) -> tuple[int, ...]:
    """(H, W, channels) of the images that a model takes; (channels, H, W) where that is their order.

    Of volumes and films it is (D, H, W, channels): their slices or frames come first.

    Parameters
    ----------
    shape : (n, H, W, channels) or (n, D, H, W, channels)
        Of the model's image input; None where it does not tell.
    size : (int, int) or (int, int, int), optional
        Height and width where the model leaves them open; of volumes also with their slices before.

    Raises
    ------
    ModelError
        The input is no image, or its size is open.
    InputError
        The size has more numbers than the input has sides.
    """
    if shape is None:
        raise ModelError(
            "The model does not say what its input looks like. Call it once on an image, then explain it or "
            "save it again."
        )
    if len(shape) - 1 not in RANKS:
        raise ModelError(
            f"The model does not take images: its input is {shape}. Give one whose input is height x width x "
            "channels, with slices or frames before them in volumes and films."
        )
    first = may_be_channels_first(shape[1:])
    channels, *sides = shape[1:] if first else (shape[-1], *shape[1:-1])
    if channels is None:
        raise ModelError("The model leaves its number of channels open. Build it for grey or RGB images.")
    found = _sized(sides, size or ())
    return (channels, *found) if first else (*found, channels)


def _sized(sides: Sequence[int | None], size: Sequence[int]) -> list[int]:
    """The sides of an input, those that it leaves open as asked for; the last ones, if fewer are."""
    asked = "(height, width)" if len(sides) == 2 else "(slices, height, width)"
    if len(size) > len(sides):
        raise InputError(f"`size` is {tuple(size)}, and the model takes pictures. Give {asked}.")
    wanted = [None] * (len(sides) - len(size)) + [*size]
    whole = [side or one for side, one in zip(sides, wanted, strict=True)]
    if size and tuple(whole[-len(size) :]) != tuple(size):
        shown = " x ".join("any" if side is None else str(side) for side in sides)
        raise ModelError(
            f"The model's input is {shown}, so `size={tuple(size)}` cannot be used. Leave it out."
        )
    found = [side for side in whole if side is not None]
    if len(found) < len(sides):
        raise ModelError(f"The model takes images of any size. Choose one with `size={asked}`.")
    return found


CHANNELS = (1, 2, 3, 4)
"""Numbers of channels that pictures have; a side of an image is hardly so short."""


def may_be_channels_first(shape: Shape) -> bool:
    """Whether the first of an input's sides may be its channels, and the last cannot."""
    return shape[0] in CHANNELS and shape[-1] not in CHANNELS
