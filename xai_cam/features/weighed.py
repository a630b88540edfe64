"""What the weights of channels are of, and what the model says of an image, in words and as cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xai_cam.features.observer import Observed
from xai_cam.images.labels import name_of
from xai_cam.images.target_words import TARGET_WORDS
from xai_cam.models.output.head import Head
from xai_cam.runs.target_part import class_cell, class_name_of


def weighed(observed: Observed, labels: Sequence[str] | None) -> str:
    """What the weights are of: a class, several as one, a value that is to fall, likeness to a reference."""
    goal = observed.goal
    if goal is None:
        return TARGET_WORDS["similarity"]
    names = class_name_of(goal.target_class, goal.members, labels)
    return f"{names} down" if goal.direction == "down" else names


def answers(observed: Observed, head: Head, labels: Sequence[str] | None) -> dict[str, Any]:
    """The columns of a row on the class of the weights, and on the one that is predicted."""
    goal, chosen, scores = observed.goal, observed.predicted, observed.scores
    predicted = None if head.is_regression else chosen
    chances = head.has_probabilities and not head.is_segmentation
    value = scores[chosen if observed.target is None else observed.target] if head.is_regression else None
    return {
        "class_index": None if goal is None else class_cell(goal.target_class, goal.members),
        "class_name": "" if goal is None else weighed(observed, labels),
        "predicted_index": predicted,
        "predicted_name": name_of(predicted, labels),
        "probability": float(scores[chosen]) if chances else None,
        "value": None if value is None else float(value),
    }
