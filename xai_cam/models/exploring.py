"""Exploring a model once: what it is made of, what goes in, what its outputs mean, and how it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.errors import InputError, ModelError
from xai_cam.images.picture import Region
from xai_cam.models.anatomy import Anatomy
from xai_cam.models.entrance import Entrance
from xai_cam.models.failures import as_ours
from xai_cam.models.input.input_shape import may_be_channels_first
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.output.final_activation import PROBABILITIES
from xai_cam.models.output.head import Head
from xai_cam.models.output.head_conclusion import (
    Ending,
    conclude,
    find_ending,
    has_length_one,
    sums_to_one,
)
from xai_cam.models.output.losses import loss_of, of_output
from xai_cam.models.output.model_output import ModelOutput, choose, names_of_outputs, numbers_of
from xai_cam.models.plain_calls import plain_calls
from xai_cam.models.running import trace_as_it_runs, tried
from xai_cam.models.scopes import plain_scopes
from xai_cam.models.soundness import tell
from xai_cam.models.traced.nodes import nodes_of
from xai_cam.models.traced.placement import Placement, exactly, placement_of
from xai_cam.models.traced.trace import Trace


@dataclass(frozen=True)
class Explored:
    """What is known of a model. `outputs` are those explained, `all_outputs` what there is to choose from."""

    anatomy: Anatomy
    outputs: Sequence[ModelOutput]
    all_outputs: Sequence[ModelOutput]
    batch_size: int | None


def explore(
    model: Any,
    entrance: Entrance,
    head: str,
    wanted: Sequence[str | int],
    reshape: tuple[int, ...] | None,
    at_once: int,
) -> Explored:
    """Trace a model once; find out what it is made of, what its outputs are, and how it runs.

    Raises
    ------
    ModelError
        It cannot be run on an image of that size, or nobody can say which output is explained.
    InputError
        The output cannot have such a head.
    """
    nodes, names = nodes_of(model), list[str]()

    def run(images: Any) -> list[Any]:
        import keras

        found = entrance.call(model, images, zeros_for(entrance.extras, images))
        names[:] = names_of_outputs(model, found)
        return list(keras.tree.flatten(found))

    with as_ours(
        f"The model cannot be run on an input of {entrance.shape}",
        "See that Keras runs it on such an image, and check `size` if the model leaves it open",
        "Use a smaller `size` if the model leaves it open, or a machine with more memory",
    ):
        with plain_scopes(model), plain_calls(model):
            traced, batch_size = trace_as_it_runs(model, run, entrance.shape, nodes, at_once)
        anatomy = _anatomy(traced, entrance, reshape)
        outputs = _outputs(model, traced, anatomy, names, head, wanted)
        tell(model, nodes, traced, batch_size)
    chosen = choose(outputs, wanted)
    traced.outputs[:] = [traced.outputs[one.number] for one in chosen]  # which maps are last depends on them
    return Explored(anatomy, chosen, outputs, batch_size)


def zeros_for(extras: Sequence[ModelInput], images: Any) -> list[Any]:
    """Zeros for inputs besides the image, as many rows as there are images: they do not matter to a trace."""
    import tensorflow as tf

    count = images.shape[0] or tf.shape(images)[0]
    return [tf.zeros((count, *(side or 1 for side in one.shape)), one.dtype) for one in extras]


def _anatomy(traced: Trace, entrance: Entrance, reshape: tuple[int, ...] | None) -> Anatomy:
    anatomy = Anatomy(traced, reshape=reshape)
    if may_be_channels_first(entrance.shape) and not anatomy.reads_places:
        other = Anatomy(traced, channels_first=True, reshape=reshape)
        return other if other.reads_places else anatomy
    return anatomy


def _outputs(
    model: Any, traced: Trace, anatomy: Anatomy, names: Sequence[str], head: str, wanted: Sequence[str | int]
) -> list[ModelOutput]:
    """What each output means. What the caller says of the head counts for those that are explained."""
    losses, answers, found = loss_of(model), list[np.ndarray](), []
    chosen = numbers_of(names, wanted)
    for number, output in enumerate(traced.outputs):
        placement = _placement(anatomy, output)
        shape = tuple(output.shape)[1:]
        try:
            with traced.concrete.graph.as_default():  # what is read off the output may be computed from it
                ending = find_ending(output, traced.activations, placement)
        except ModelError as error:
            found.append(ModelOutput(names[number], number, shape, None, error.message))
            continue
        if ending.units > 1 and ending.activation not in PROBABILITIES and not answers:
            answers = tried(traced)
        sums = bool(answers) and _sums(ending, answers[number], placement)
        unit = bool(answers) and has_length_one(answers[number].astype(np.float32))
        loss = of_output(losses, names[number], number, len(names))
        of_this = len(names) == 1 or number in chosen
        try:
            concluded: Head = conclude(ending, sums, loss, head if of_this else "auto", unit)
        except InputError as error:
            if len(chosen) < 2:
                raise
            raise InputError(
                f"Output {names[number]!r}: {error.message} `head` is for all outputs of a run: explain "
                "those of another kind in a run of their own, with `output_name`."
            ) from error
        found.append(ModelOutput(names[number], number, shape, concluded, placement=placement))
    return found


def _placement(anatomy: Anatomy, output: Any) -> Placement | None:
    """Where an output lies in the picture; None where it is a list of numbers for all of it.

    A map without channels is one of one channel. What is behind operations of which nobody knows what they
    do to places is taken as it lies, if it is a stack.
    """
    sides = tuple(output.shape)[1:]
    if sum(side != 1 for side in sides) < 2:
        return None
    found = placement_of(anatomy.geometry.of(output))
    whole = tuple(anatomy.trace.concrete.inputs[0].shape[1:])
    size = whole[1:] if anatomy.channels_first else whole[:-1]
    rank = len(size)
    if found is not None:
        return exactly(found, placement_of(anatomy.exact_geometry.of(output)))
    if None in sides or len(sides) not in (rank, rank + 1):
        return None
    if len(sides) == rank and sides != size:
        return None  # a list of lists, as of capsules
    shape = (*sides[:rank], sides[rank] if len(sides) > rank else 1)
    return Placement(shape, tuple(range(1, rank + 2)), **vars(Region.whole(size)))


def _sums(ending: Ending, answers: np.ndarray, placement: Placement | None) -> bool:
    """Whether an output whose activation does not say so looks like probabilities."""
    if ending.units < 2 or ending.activation in PROBABILITIES:
        return False
    if placement is None:
        return sums_to_one(answers.astype(np.float32).reshape(len(answers), ending.units))
    return sums_to_one(placement.maps(answers.astype(np.float32)))
