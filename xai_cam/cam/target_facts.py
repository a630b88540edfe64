"""Facts of a column of targets: what its score is called, against what and over which region it is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_cam.cam.aim import SIMILAR
from xai_cam.cam.targets import Block, Targets
from xai_cam.errors import InputError
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.output.head import USE_LOGITS


def score_name_of(targets: Targets, block: Block, alone: bool = False) -> str:
    """What the score called `logit` is of a column: `logit`, `value`, `contrast`, `similarity`, `target`.

    `alone` is a class that is all that is compared with: it stays as it is.
    """
    if block.head is None:
        return "similarity" if targets.aim.reference is not None else "target"
    return "contrast" if targets.aim.against and not alone else block.head.score_name


def check_probabilities(targets: Targets, what: str, instead: str = USE_LOGITS) -> None:
    """Refuse what needs probabilities where some column has none, or is compared with others.

    `instead` says what the caller can do.

    Raises
    ------
    InputError
    """
    for block in targets.blocks:
        if block.head is None:
            name = "a similarity" if targets.aim.reference is not None else "a function of the outputs"
            raise InputError(f"{what} needs probabilities, and {name} is none. {instead}.")
        block.head.check_probabilities(what, instead)
    if targets.aim.against:
        raise InputError(
            f"{what} needs probabilities, and a class against others is a difference of logits. {instead}, "
            "or leave out `against`."
        )


def has_probabilities(targets: Targets) -> bool:
    """Whether every column has a probability, as a value, a similarity and a contrast have not."""
    heads = [block.head for block in targets.blocks]
    return not targets.aim.against and all(head is not None and head.has_probabilities for head in heads)


def can_be_measured(targets: Targets) -> bool:
    """Whether some column has a probability or is a value, so that at least a drop can be measured."""
    heads = [block.head for block in targets.blocks]
    return any(head is not None and (head.has_probabilities or head.is_regression) for head in heads)


def describe_measures(targets: Targets) -> str:
    """Which metrics there are of targets without probabilities, as a sentence; empty where there are all."""
    heads = [block.head for block in targets.blocks]
    if all(head is not None and head.has_probabilities for head in heads):
        return ""
    if any(head is not None and head.is_regression for head in heads):
        return (
            "A regression has no probabilities: by scores of changed images only the drop is measured, "
            "relative to the size of the value."
        )
    if any(head is None for head in heads):
        what = "A likeness" if targets.aim.reference is not None else "A function of the outputs"
        return f"{what} is no probability: nothing is measured by scores of changed images."
    return "The model's outputs are no probabilities: nothing is measured by scores of changed images."


def rivals_of(
    targets: Targets, block: Block, column: int, held: Sequence[np.ndarray], i: int
) -> tuple[int, ...]:
    """The classes that a column is compared with in image i."""
    against = targets.aim.against
    if block.head is None or not against:
        return ()
    if against == SIMILAR:
        return tuple(int(k) for k in held[targets.held_at(block)][i, column - block.start])
    own = block.members[column - block.start]
    return tuple(int(k) for k in against if k not in own)


def region_of(
    targets: Targets, block: Block, column: int, images: Inputs, held: Sequence[np.ndarray], i: int
) -> np.ndarray | None:
    """Where in image i a column is summed, (h, w) bool on the output's grid; None: everywhere."""
    if block.head is None or block.head.pixels is None or targets.aim.region == "all":
        return None
    of_places = [one for one in targets.blocks if one.head is not None and one.head.pixels is not None]
    if targets.aim.region == "masks":
        return np.asarray(images.regions[of_places.index(block)][i], bool)
    if not block.head.is_segmentation:
        return None
    return np.asarray(held[targets.held_at(block)][i, ..., column - block.start], bool)
