"""What a model's head is: concluded from its final activation, its loss, and what the caller says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import InputError, ModelError
from xai_cam.models.observing import Activation
from xai_cam.models.output.final_activation import find_activation
from xai_cam.models.output.head import HEADS, OF_CLASSES, OF_ONE_CLASS, Head, count_of, kind_of_classifier
from xai_cam.models.output.losses import meaning_of

AS_VALUES = '`head="regression"` takes them for values'
AS_VALUE = '`head="regression"` takes it for a value'
AS_TWO_CLASSES = '`head="binary"` takes it for two classes'


@dataclass(frozen=True)
class Ending:
    """How a model ends: the number of units, the final activation, and what it can give if that is scaled."""

    units: int
    activation: str
    span: tuple[float, float] | None = None


def find_ending(output: Any, activations: Sequence[Activation]) -> Ending:
    """How a traced model ends.

    Raises
    ------
    ModelError
        It does not give a list of numbers for an image, or always the same.
    """
    sides = tuple(output.shape)[1:]
    if None in sides or sum(side != 1 for side in sides) > 1:
        raise ModelError(
            f"The model is not a classifier of whole images: its output is {sides}. Give one that ends in "
            "one score per class."
        )
    units, final = math.prod(sides), find_activation(output, activations)
    if final.name == "ones" or (final.name in OF_CLASSES and units == 1):
        raise ModelError(
            "The model ends in a softmax over a single unit, which is 1 for every image. Train it with a "
            "sigmoid, or with two units."
        )
    return Ending(units, final.name, final.span)


def sums_to_one(function: Any, shape: tuple[int, int, int], units: int) -> bool:
    """Whether the outputs for two images of noise look like the probabilities of classes."""
    import numpy as np
    import tensorflow as tf

    inputs = np.random.default_rng(0).uniform(0, 1, (2, *shape)).astype(np.float32)
    inputs[1] *= 255
    output = np.asarray(function(tf.constant(inputs)), np.float32).reshape(2, units)
    return bool((output >= 0).all() and np.allclose(output.sum(1), 1, atol=1e-3))


# --- Conclusions -------------------------------------------------------------------------------------


def conclude(ending: Ending, sums: bool, loss: str | None, asked: str = "auto") -> Head:
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

    Raises
    ------
    InputError
        The model cannot be what was asked for.
    """
    if asked not in HEADS:
        raise InputError(f"`head` is {asked!r}. Use {', '.join(HEADS)}.")
    if asked != "auto":
        return _overruled(ending, sums, asked)
    units, activation = ending.units, ending.activation
    if activation in OF_CLASSES or (sums and units > 1):
        return _by_softmax(ending)
    scaled = ending.span is not None and units == 1
    if not scaled and (activation in OF_ONE_CLASS or activation == "unknown"):
        return _by_sigmoid(ending, loss)
    return _by_loss(ending, loss)


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


def _by_loss(ending: Ending, loss: str | None) -> Head:
    """Outputs of any size: the loss tells, else one is a value and several are classes."""
    units, activation, meaning = ending.units, ending.activation, meaning_of(loss)
    what = f"one {activation} unit" if units == 1 else f"{units} {activation} units"
    if ending.span is not None:
        what += f" scaled to {ending.span[0]:.4g} to {ending.span[1]:.4g}"
    known = "no loss is known" if loss is None else f"its loss {loss} is not known here"
    if meaning == "quantity":
        return Head(units, activation, "regression", f"trained with {loss}")
    if meaning is not None:
        separate = units > 1 and meaning == "yes or no" and activation == "linear"
        kind = "multilabel" if separate else kind_of_classifier(units, activation)
        return Head(units, activation, kind, f"{what}, trained with {loss}")
    if units == 1:
        return Head(1, activation, "regression", f"{what}, and {known}; {AS_TWO_CLASSES}")
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
