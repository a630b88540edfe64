"""Effect of an edit on a model's scores, image by image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.classifier import Classifier
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, SECONDS, TRUTH
from xai_cam.images.labels import name_of
from xai_cam.models.classifier import NOT_FINITE
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState, inputs_of

Score = Callable[[Inputs], tuple[np.ndarray, np.ndarray]]
"""Images as the model before takes them, its other inputs too -> scores (n, N), predicted classes (n,)."""


@dataclass(frozen=True)
class Effect:
    """One image before and after.

    Attributes
    ----------
    predicted, predicted_after : int
        The class chosen before and after.
    score, score_after : float
        Of the class chosen *before*: its probability where the model gives them, else its output; of a
        regression its first value.
    new_score : float
        Of the class chosen after.
    """

    path: Path
    predicted: int
    predicted_after: int
    score: float
    score_after: float
    new_score: float

    @property
    def changed(self) -> bool:
        """Whether another class was chosen."""
        return self.predicted != self.predicted_after

    @property
    def change(self) -> float:
        """Change of the score of the class predicted before; negative for a loss."""
        return self.score_after - self.score


COLUMNS = (
    *("image", "outcome", "predicted_index", "predicted_name", "score", "score_after", "change"),
    *("after_index", "after_name", "after_score", "message", *TRUTH, "preprocessing", *INPUT, *IMAGE),
    *(*ORIGIN, SECONDS),
)


@dataclass
class EffectWork:
    """Scores and class of each image by both models; each is read once and fed to both alike.

    Parameters
    ----------
    before : Classifier
        The model before.
    after : callable
        Scores of the model after.
    origin : mapping
        What each row says of the model before.
    """

    feeding: Feeding
    before: Classifier
    after: Score
    origin: Mapping[str, Any] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    @cached_property
    def blank(self) -> Mapping[str, Any]:
        """A row that says no more than what made it."""
        made = {"preprocessing": self.feeding.describe(), **self.feeding.facts()}
        return {**dict.fromkeys(COLUMNS), **made, **self.origin}

    def look_up(self, state: ImageState) -> None:
        """Every image is compared."""
        state.todo = True
        if not self.feeding.network.head.is_regression:
            state.blank = {**state.blank, **state.task.truth_columns(self.feeding.labels)}
        state.blank = {**state.blank, **self.feeding.held_values(state.task.image)}

    def prepare(self) -> ModelReader:
        """The model is open already."""
        return ModelReader(self.feeding, keeps_picture=False)

    def ask(self, states: list[ImageState]) -> None:
        """Score a batch by both models."""
        values = inputs_of(states)
        before, chosen = self.before.score(values)
        then, chosen_then = self.after(values)
        for i, state in enumerate(states):
            a, b = int(chosen[i]), int(chosen_then[i])
            if np.isfinite(before[i]).all() and np.isfinite(then[i]).all():
                scores = float(before[i, a]), float(then[i, a]), float(then[i, b])
                state.answer = Effect(state.task.image.path, a, b, *scores)
            else:
                state.fail(NOT_FINITE)

    def write(self, state: ImageState) -> None:
        """Nothing to do: effects are not written to files."""

    def finish(self, state: ImageState) -> None:
        """Keep the effect on an image, and fill in its row."""
        if state.failure:
            return
        effect: Effect = state.answer
        self.effects.append(effect)
        of_values = self.feeding.network.head.is_regression
        before, after = (None, None) if of_values else (effect.predicted, effect.predicted_after)
        outcome = "changed" if effect.changed or (of_values and effect.change) else "same"
        state.add_row(
            outcome,
            {
                "predicted_index": before,
                "predicted_name": name_of(before, self.feeding.labels),
                "score": effect.score,
                "score_after": effect.score_after,
                "change": effect.change,
                "after_index": after,
                "after_name": name_of(after, self.feeding.labels),
                "after_score": effect.new_score,
                "message": "",
            },
        )


@dataclass(frozen=True)
class Total:
    """All images together: how many, how many of another class, the mean change."""

    images: int
    changed: int
    mean_change: float


def sum_up(effects: Sequence[Effect]) -> Total:
    """The total; `mean_change` is NaN where there is no image."""
    mean = float(np.mean([effect.change for effect in effects])) if effects else float("nan")
    return Total(len(effects), sum(effect.changed for effect in effects), mean)
