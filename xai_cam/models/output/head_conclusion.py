"""What a model's head is: concluded from its final activation, its loss, and what the caller says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_cam.errors import InputError, ModelError
from xai_cam.models.observing import Activation
from xai_cam.models.output.final_activation import find_activation
from xai_cam.models.output.head import HEADS, OF_CLASSES, OF_ONE_CLASS, Head, count_of, kind_of_classifier
from xai_cam.models.output.losses import meaning_of
from xai_cam.models.traced.placement import Placement

AS_VALUES = '`head="regression"` takes them for values'
AS_EMBEDDING = "and `like` for an embedding, as their length of 1 suggests"
AS_VALUE = '`head="regression"` takes it for a value'
AS_TWO_CLASSES = '`head="binary"` takes it for two classes'
AS_SEGMENTATION = '`head="segmentation"` takes it for two classes at each place'


@dataclass(frozen=True)
class Ending:
    """How a model ends: the number of units, the final activation, and what it can give if that is scaled.

    `pixels` are the rows and columns of an output that has as many units at each place of the picture.
    """

    units: int
    activation: str
    span: tuple[float, float] | None = None
    pixels: tuple[int, ...] | None = None


def find_ending(output: Any, activations: Sequence[Activation], placement: Placement | None = None) -> Ending:
    """How a traced model ends.

    Parameters
    ----------
    output : tensor
        One of its outputs.
    activations : sequence of Activation
        What passed through the activation functions of its layers.
    placement : Placement, optional
        Where the numbers of the output lie in the picture, if they do.

    Raises
    ------
    ModelError
        It gives neither a list of numbers for an image nor a map of the picture, or always the same.
    """
    sides = tuple(output.shape)[1:]
    pixels = None if placement is None else placement.shape[:-1]
    if placement is None and (None in sides or sum(side != 1 for side in sides) > 1):
        raise ModelError(
            f"The model is not a classifier of whole images, nor of each place: its output is {sides}. Give "
            "one that ends in one score per class."
        )
    units = math.prod(sides) if placement is None else placement.shape[-1]
    final = find_activation(output, activations)
    if final.name == "ones" or (final.name in OF_CLASSES and units == 1):
        raise ModelError(
            "The model ends in a softmax over a single unit, which is 1 for every image. Train it with a "
            "sigmoid, or with two units."
        )
    return Ending(units, final.name, final.span, pixels)


def sums_to_one(answers: np.ndarray) -> bool:
    """Whether outputs (…, units) look like the probabilities of classes."""
    return bool((answers >= 0).all() and np.allclose(answers.sum(-1), 1, atol=1e-3))


def has_length_one(answers: np.ndarray) -> bool:
    """Whether outputs (n, units) are brought to the length 1."""
    return bool(answers.ndim == 2 and np.allclose(np.linalg.norm(answers, axis=-1), 1, atol=1e-3))


# --- Conclusions -------------------------------------------------------------------------------------


def conclude(ending: Ending, sums: bool, loss: str | None, asked: str = "auto", unit: bool = False) -> Head:
    """What the output means.

    Parameters
    ----------
    ending : Ending
        How the model ends.
    sums : bool
        Whether its outputs add up to 1.
    loss : str, optional
        The name of the loss that it was trained with.
    asked : str
        One of `HEADS`; but for `auto` it overrules.
    unit : bool
        Whether its outputs have the length 1, as those of many embeddings.

    Raises
    ------
    InputError
        The model cannot be what was asked for.
    """
    if asked not in HEADS:
        raise InputError(f"`head` is {asked!r}. Use {', '.join(HEADS)}.")
    if asked == "segmentation" and ending.pixels is None:
        raise InputError(
            '`head="segmentation"` is for a model that gives classes at every place of the picture. Leave it '
            "out."
        )
    found = _concluded(ending, sums, loss, asked)
    more = f", {AS_EMBEDDING}" if unit and found.reason.endswith(AS_VALUES) else ""
    return replace(found, pixels=ending.pixels, reason=found.reason + more)


def check_head(found: Head, asked: str) -> None:
    """Refuse what a model cannot be, by what was concluded of it where nothing was asked for.

    Raises
    ------
    InputError
    """
    sums = found.kind == "softmax" and found.activation == "unknown"
    conclude(Ending(found.units, found.activation, None, found.pixels), sums, None, asked)


def _concluded(ending: Ending, sums: bool, loss: str | None, asked: str) -> Head:
    if asked not in ("auto", "segmentation"):
        return _overruled(ending, sums, asked)
    units, activation = ending.units, ending.activation
    if activation in OF_CLASSES or (sums and units > 1):
        return _by_softmax(ending)
    scaled = ending.span is not None and units == 1
    if not scaled and (activation in OF_ONE_CLASS or activation == "unknown"):
        return _by_sigmoid(ending, loss)
    return _by_loss(ending, loss, asked == "segmentation")


def _by_softmax(ending: Ending) -> Head:
    """Outputs that add up to 1; without a final activation that gives the logits these cannot be had."""
    unknown = ending.activation in ("linear", "unknown")
    reason = "its logits cannot be had, so that scores are log-probabilities" if unknown else ""
    return Head(ending.units, "unknown" if unknown else ending.activation, "softmax", reason)


def _by_sigmoid(ending: Ending, loss: str | None) -> Head:
    """Units with a probability each."""
    units, activation = ending.units, ending.activation
    reason = ""
    if meaning_of(loss) == "quantity":
        reason = f"trained with {loss}; {AS_VALUE if units == 1 else AS_VALUES}"
    elif activation == "unknown":
        reason = "its logits cannot be had, so that scores are log-probabilities"
    return Head(units, activation, "binary" if units == 1 else "multilabel", reason)


def _by_loss(ending: Ending, loss: str | None, classes: bool = False) -> Head:
    """Outputs of any size: the loss or the caller tells, else one is a value and several are classes."""
    units, activation, meaning = ending.units, ending.activation, meaning_of(loss)
    what = f"one {activation} unit" if units == 1 else f"{units} {activation} units"
    if ending.span is not None:
        what += f" scaled to {ending.span[0]:.4g} to {ending.span[1]:.4g}"
    known = "no loss is known" if loss is None else f"its loss {loss} is not known here"
    if classes and meaning in (None, "quantity"):
        kind = kind_of_classifier(units, activation)
        return Head(units, activation, kind, 'as `head="segmentation"` says')
    if meaning == "quantity":
        return Head(units, activation, "regression", f"trained with {loss}")
    if meaning is not None:
        separate = units > 1 and meaning == "yes or no" and activation == "linear"
        kind = "multilabel" if separate else kind_of_classifier(units, activation)
        return Head(units, activation, kind, f"{what}, trained with {loss}")
    if units == 1:
        otherwise = AS_SEGMENTATION if ending.pixels else AS_TWO_CLASSES
        return Head(1, activation, "regression", f"{what}, and {known}; {otherwise}")
    return Head(units, activation, reason=f"{what}, and {known}; {AS_VALUES}")


def _overruled(ending: Ending, sums: bool, asked: str) -> Head:
    """The head that the caller says, if the model can have it."""
    units, activation, said = ending.units, ending.activation, f'as `head="{asked}"` says'
    if asked == "regression":
        return Head(units, activation, asked, said)
    if (units == 1) != (asked == "binary"):
        others = '`head="binary"` or `head="regression"`' if units == 1 else '`head="softmax"`'
        raise InputError(
            f'`head="{asked}"` is not for a model with {count_of(units, "unit")}. Use {others}, or '
            "leave it out."
        )
    exclusive = activation in OF_CLASSES or sums
    if (asked == "multilabel" and exclusive) or (asked == "softmax" and activation in OF_ONE_CLASS):
        found = "outputs that add up to 1" if activation not in (*OF_CLASSES, *OF_ONE_CLASS) else activation
        raise InputError(
            f'The model ends in {found}, so that `head="{asked}"` cannot be. Leave it out, or use '
            '`head="regression"`.'
        )
    if exclusive:
        return _by_softmax(ending)
    # The sign before one unit's activation decides, whatever that is. Several units' is otherwise part of the
    # network, whose outputs then go into a softmax or sigmoid.
    own = activation in (*OF_ONE_CLASS, "unknown") or asked == "binary"
    return Head(units, activation if own else "linear", asked, said)
