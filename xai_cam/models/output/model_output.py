"""The outputs of a model: their names, what each means, and which of them is explained."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError, nearest, shortened
from xai_cam.models.output.head import Head
from xai_cam.models.traced.placement import Placement

LONGEST_NAME = 80
"""Letters of an output's name in a message; the file of a model may hold any."""


log = logging.getLogger(__name__)

EVERY = ("*",)
"""In place of names: all outputs."""


@dataclass(frozen=True)
class ModelOutput:
    """One output of a model.

    Attributes
    ----------
    name : str
        As the model calls it.
    number : int
        Its place among all outputs.
    shape : tuple of int
        Of what it gives for an image.
    head : Head or None
        What it means; None where it is neither a list of numbers nor a map of the picture.
    why_not : str
        Why it has no head.
    placement : Placement, optional
        Where the numbers of a map lie in the picture.
    """

    name: str
    number: int
    shape: tuple[int | None, ...]
    head: Head | None
    why_not: str = ""
    placement: Placement | None = None

    @property
    def is_classifier(self) -> bool:
        """Whether it gives classes of whole images."""
        head = self.head
        return head is not None and not (head.is_regression or head.is_segmentation)

    @property
    def is_certain(self) -> bool:
        """Whether its final activation says so; of linear units only a loss does."""
        return (
            self.is_classifier
            and self.head is not None
            and self.head.has_probabilities
            and (self.head.activation not in ("linear", "unknown"))
        )

    @property
    def short_name(self) -> str:
        """The name as messages have it."""
        return shortened(self.name, LONGEST_NAME)

    def __str__(self) -> str:
        sides = " x ".join("any" if side is None else str(side) for side in self.shape) or "1"
        meaning = self.head.describe() if self.head else "neither classes nor values"
        return f"{self.short_name} ({sides}: {meaning})"


def names_of_outputs(model: Any, output: Any) -> list[str]:
    """The names of all outputs of a call, in the order in which Keras flattens them."""
    import keras

    count = len(keras.tree.flatten(output))
    names = [str(name) for name in getattr(model, "output_names", None) or ()]
    if isinstance(output, dict) and len(output) == count:
        return sorted(map(str, output))
    if len(names) == count and len(set(names)) == count:
        return names
    return [f"output_{number}" for number in range(count)] if count > 1 else ["output"]


def choose(outputs: Sequence[ModelOutput], wanted: Sequence[str | int] = ()) -> list[ModelOutput]:
    """The outputs that a caller names, each once; else the only one, or the only classifier of images.

    Raises
    ------
    ModelError
        There is none of that name, or none was named and several would do.
    """
    if tuple(wanted) == EVERY:
        return list(outputs)
    if wanted:
        return list({one.number: one for one in (_named(outputs, name) for name in wanted)}.values())
    if len(outputs) == 1:
        return [outputs[0]]
    for kind in ("is_certain", "is_classifier"):
        found = [one for one in outputs if getattr(one, kind)]
        if len(found) == 1:
            return found
    raise ModelError(
        f"The model has {len(outputs)} outputs: {'; '.join(map(str, outputs))}. Choose one with "
        f'`output_name="{outputs[0].name}"`.'
    )


def named_by(outputs: Sequence[ModelOutput], labels: Sequence[str] | None) -> ModelOutput | None:
    """The output whose classes labels name: of several the first that has as many classes, else the first.

    None where no output has classes or values.
    """
    known = [one for one in outputs if one.head is not None]
    fitting = [one for one in known if one.head and labels is not None and one.head.classes == len(labels)]
    return next(iter(fitting or known), None)


def numbers_of(names: Sequence[str], wanted: Sequence[str | int]) -> list[int]:
    """The numbers of the outputs named, by name or else by number; what is neither is left out."""
    found = [names.index(str(one)) if one in names else str(one) for one in wanted]
    numbers = [str(number) for number in range(len(names))]
    return [one if isinstance(one, int) else int(one) for one in found if str(one) in numbers]


def _named(outputs: Sequence[ModelOutput], wanted: str | int) -> ModelOutput:
    for one in outputs:
        if wanted == one.name:
            if wanted.isdecimal() and int(wanted) < len(outputs) and int(wanted) != one.number:
                log.warning(f"Output {wanted!r} is taken by its name, and not as number {wanted}.")
            return one
    for one in outputs:
        if str(wanted) == str(one.number):
            return one
    names = [shortened(name, LONGEST_NAME) for name in nearest(str(wanted), [one.name for one in outputs], 8)]
    raise ModelError(f"The model has no output {wanted!r}. Nearest: {', '.join(names)}.")
