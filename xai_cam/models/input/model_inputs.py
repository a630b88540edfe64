"""The inputs of a model: which of them is the image, and how all of them are handed to the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError, nearest
from xai_cam.models.input.input_shape import RANKS, Shape, input_shapes


@dataclass(frozen=True)
class ModelInput:
    """One input of a model: its name, its shape without the batch (None: open), its kind of numbers."""

    name: str
    shape: Shape
    dtype: str = "float32"

    @property
    def is_image(self) -> bool:
        """Whether it may be a picture: height x width x channels, with slices before them in volumes."""
        return len(self.shape) in RANKS

    def __str__(self) -> str:
        sides = " x ".join("any" if side is None else str(side) for side in self.shape) or "one number"
        return f"{self.name} ({sides}, {self.dtype})"


class TellsInputs(ABC):
    """Something in the place of a model that tells its inputs, without being built."""

    @property
    @abstractmethod
    def inputs(self) -> list[ModelInput]:
        """The inputs of the model, in the order in which Keras flattens them."""


def inputs_of(model: Any) -> list[ModelInput]:
    """The inputs of a built model, in the order in which Keras flattens them; empty where it does not say."""
    if isinstance(model, TellsInputs):
        return model.inputs
    declared = getattr(model, "inputs", None)
    if model.built and declared:
        return [ModelInput(str(one.name), tuple(one.shape)[1:], str(one.dtype)) for one in declared]
    shapes = input_shapes(model)
    names = _names_of_arguments(model, len(shapes))
    return [ModelInput(name, shape[1:]) for name, shape in zip(names, shapes, strict=True)]


def _names_of_arguments(model: Any, count: int) -> list[str]:
    """What a subclassed model calls its inputs: the arguments of its call, or the keys of the one dict."""
    told = getattr(model, "_build_shapes_dict", None) or {}
    names = [name.removesuffix("_shape") for name in told]
    if len(told) == 1 and isinstance(first := next(iter(told.values())), dict):
        names = list(map(str, first))
    return names if len(names) == count else [f"input_{number}" for number in range(count)]


def image_among(inputs: Sequence[ModelInput], wanted: str | None = None) -> int:
    """The number of the input that is the image: the one named, or the only one that may be one.

    Raises
    ------
    ModelError
        There is none of that name, or none or several may be images.
    """
    if wanted is not None:
        for number, one in enumerate(inputs):
            if wanted in (one.name, str(number)):
                return number
        names = [one.name for one in inputs]
        raise ModelError(
            f"The model has no input {wanted!r}. Nearest: {', '.join(nearest(wanted, names, 3))}."
        )
    images = [number for number, one in enumerate(inputs) if one.is_image]
    if len(images) == 1 or len(inputs) == 1:
        return images[0] if images else 0
    named = "; ".join(map(str, inputs))
    if not images:
        raise ModelError(
            f"None of the model's {len(inputs)} inputs is an image: {named}. Give a model that takes height "
            "x width x channels."
        )
    raise ModelError(
        f"{len(images)} of the model's inputs may be the image: {named}. Choose one with "
        f'`image_input="{inputs[images[0]].name}"`.'
    )


def image_beside(model: Any, held: Iterable[str]) -> str | None:
    """The name of the only input that may be the image beside those that are held; None: nobody can say."""
    names = set(held)
    images = [one.name for one in inputs_of(model) if one.is_image and one.name not in names]
    return images[0] if names and len(images) == 1 else None


def all_by_name(inputs: Sequence[ModelInput], image: int, given: Any) -> Any:
    """A list of all inputs, as Keras takes it, by their names; anything else, a list of images too, as it is.

    Parameters
    ----------
    inputs : sequence of ModelInput
        Those of the model, in its order, which is that of the list.
    image : int
        Which of them is the image.
    given : list, or whatever else a caller calls images
        In a list of all inputs an array of several images is in the image's place.
    """
    several = isinstance(given, list | tuple) and len(given) == len(inputs) > 1
    if not several or len(getattr(given[image], "shape", ())) != len(inputs[image].shape) + 1:
        return given
    return {one.name: value for one, value in zip(inputs, given, strict=True)}


def _is_shape(told: Sequence[Any]) -> bool:
    return all(isinstance(side, int | None) for side in told)


def as_asked(
    model: Any, image: Any, extras: Sequence[Any] = (), number: int = 0
) -> tuple[Any, dict[str, Any]]:
    """The arguments of a model's call: all inputs in the structure that it asks for, its image as given.

    Parameters
    ----------
    model : keras.Model
        Built.
    image : tensor
        The input that is the image.
    number : int
        Its place among all inputs.
    extras : sequence of tensors
        The other inputs, in their order.

    Returns
    -------
    first, more : tensor or structure, and dict
        The first argument, and further ones by name.
    """
    import keras

    tensors = [*extras[:number], image, *extras[number:]]
    asked = getattr(model, "_inputs_struct", None)
    if asked is not None:
        return keras.tree.pack_sequence_as(asked, tensors), {}
    told = getattr(model, "_build_shapes_dict", None) or {}  # not functional: what it was called with
    if len(told) > 1 and len(told) == len(tensors):
        return tensors[0], dict(zip(_names_of_arguments(model, len(tensors))[1:], tensors[1:], strict=True))
    first = next(iter(told.values())) if len(told) == 1 else None
    if isinstance(first, dict) and len(first) == len(tensors):
        return dict(zip(first, tensors, strict=True)), {}
    if isinstance(first, list | tuple) and len(first) == len(tensors) and not _is_shape(first):
        return tensors, {}
    return (tensors if len(tensors) > 1 else tensors[0]), {}
