"""The head of a model: what its output means, by the final activation, the loss and the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import InputError, ModelError
from xai_cam.images.class_specs import above_of
from xai_cam.images.labels import check_labels

HEADS = ("auto", "softmax", "binary", "multilabel", "regression", "segmentation")
"""What an output can be said to mean; `auto` concludes it."""

USE_LOGITS = "Use a method that works on logits"
"""What can be done where a method needs probabilities that there are not."""

OF_CLASSES = ("softmax", "log_softmax")
OF_ONE_CLASS = ("sigmoid", "hard_sigmoid")


@dataclass(frozen=True)
class Head:
    """What the model's output means.

    Attributes
    ----------
    units : int
        Numbers that the model gives for an image.
    activation : str
        The final activation's name, `linear`, or `unknown` where the output is made of probabilities whose
        logits cannot be had (their logarithm then stands in for the logit).
    kind : str
        One of `HEADS` but `auto`, or `scores`: classes without probabilities. Default: what the activation
        alone tells of a classifier.
    reason : str
        Why it was taken for that, where it does not go without saying.
    pixels : (int, int), optional
        Rows and columns of the output where each place has its own; `units` and `kind` are then those of a
        place.
    """

    units: int
    activation: str
    kind: str = ""
    reason: str = ""
    pixels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not self.kind:
            object.__setattr__(self, "kind", kind_of_classifier(self.units, self.activation))

    @property
    def is_regression(self) -> bool:
        """Whether the outputs are values: there are no classes and no probabilities."""
        return self.kind == "regression"

    @property
    def is_segmentation(self) -> bool:
        """Whether every place of the picture has classes of its own."""
        return self.pixels is not None and not self.is_regression

    @property
    def classes(self) -> int:
        """The number of classes, of which a binary head has two; of a regression the number of values."""
        return 2 if self.kind == "binary" else self.units

    @property
    def has_probabilities(self) -> bool:
        """Whether the model's output can be read as probabilities."""
        known = (*OF_CLASSES, *OF_ONE_CLASS, "linear", "unknown")
        return self.kind == "softmax" or (self.kind in ("binary", "multilabel") and self.activation in known)

    @property
    def score_name(self) -> str:
        """The name of the score called `logit` for this head."""
        if self.is_regression:
            return "value"
        return "log-probability" if self.activation == "unknown" else "logit"

    def describe(self) -> str:
        """The head in words: `10 classes, softmax`."""
        reason = f" ({self.reason})" if self.reason else ""
        each = f" at each of {self.pixels[0]} x {self.pixels[1]} places" if self.pixels else ""
        if self.is_regression:
            return f"regression, {count_of(self.units, 'value')}{each}{reason}"
        units = "one unit" if self.units == 1 else f"{self.units} classes"
        multi = ", multi-label" if self.kind == "multilabel" else ""
        activation = "probabilities" if self.activation == "unknown" else self.activation
        return f"{'segmentation, ' if each else ''}{units}, {activation}{multi}{each}{reason}"

    @property
    def note(self) -> str:
        """What a user should know before believing a number; empty where it goes without saying."""
        return self.note_on(())

    def note_on(self, named: Sequence[str]) -> str:
        """The same where the values `named`, as `2:down`, are explained; empty: the first, by default."""
        if not self.is_regression:
            return f"Head: {self.describe()}." if self.reason else ""
        others = f" The first of {self.units} values is explained unless `target_class=K` names another."
        if named:
            others = f" Explained of {self.units} values: {', '.join(named)}."
        return f"Regression: {self.reason}.{others if self.units > 1 else ''}"

    def describe_scores(self, named: Sequence[tuple[str, float]]) -> str:
        """The first scores in words: `predicted cat 0.9, dog 0.1`, or of a regression `value 40.19`.

        Of a segmentation the scores are shares of the picture: `predicted sky on 40 %, sea on 5 % of the
        picture`.

        A class that is called by its number is `class 1 (0.9)`: two numbers in a row would not be told apart.
        """
        if self.is_segmentation:
            parts = [f"{f'class {n}' if n.isdigit() else n} on {share:.3g}" for n, share in _percent(named)]
            return (
                f"predicted {' %, '.join(parts)} % of the picture" if parts else "predicted nothing anywhere"
            )
        if not self.is_regression:
            texts = (f"class {n} ({score:.3g})" if n.isdigit() else f"{n} {score:.3g}" for n, score in named)
            return "predicted " + ", ".join(texts)
        if self.units == 1:
            return f"value {named[0][1]:.6g}"
        more = ", …" if len(named) < self.units else ""
        return "values " + ", ".join(f"{name} {value:.6g}" for name, value in named) + more

    def leading(self, scores: Any, most: int = 3) -> list[tuple[int, float]]:
        """The classes of the highest scores (N,), best first; of a regression its first values in order."""
        numbers = [float(score) for score in scores]
        order = range(len(numbers))
        best = order if self.is_regression else sorted(order, key=lambda c: -numbers[c])
        return [(c, numbers[c]) for c in best[:most]]

    def check_labels(self, labels: Sequence[str] | None) -> None:
        """Refuse labels that are not one for each class.

        Raises
        ------
        InputError
        """
        if self.is_regression and labels is not None and len(labels) != self.units:
            raise InputError(
                f"The labels name {len(labels)} classes, but the model is a regression ({self.reason}). "
                "Leave them out, name each value, or say what the outputs are with `head`."
            )
        check_labels(labels, self.classes)

    def check_spec(self, spec: str | int) -> None:
        """Refuse ranks and folders' classes where there are only values.

        Raises
        ------
        InputError
        """
        if self.is_regression and isinstance(spec, str) and (spec.startswith("top") or spec == "folder"):
            raise InputError(
                f"`target_class={spec!r}` asks for classes, but the model is a regression ({self.reason}). "
                f"Name the value to explain by its number, 0 to {self.units - 1}."
            )
        if above_of(spec) is not None:
            self.check_probabilities(f"`target_class={spec!r}`")

    def check_probabilities(self, what: str, instead: str = USE_LOGITS) -> None:
        """Refuse what needs probabilities where there are none; `instead` says what the caller can do.

        Raises
        ------
        InputError
        """
        if self.is_regression:
            raise InputError(
                f"{what} needs probabilities, but the model is a regression ({self.reason}), which has none. "
                f"{instead}."
            )
        if not self.has_probabilities:
            raise InputError(
                f"{what} needs probabilities, but the model ends in {self.activation}, which gives none. "
                f"{instead}."
            )

    def check_classes(self, what: str) -> None:
        """Refuse what needs classes of whole images where there are none.

        Raises
        ------
        ModelError
        """
        if self.is_segmentation:
            raise ModelError(
                f"{what} needs a classifier of whole images, but the model is a {self.describe()}. Choose "
                "another output with `output_name`, if the model has one."
            )
        if self.is_regression:
            raise ModelError(
                f"{what} needs a classifier, but the model is a regression ({self.reason}). Say "
                '`head="binary"`, `head="softmax"` or `head="multilabel"` if its outputs are classes.'
            )


def _percent(named: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(name, 100 * share) for name, share in named if share > 0]


def count_of(number: int, what: str) -> str:
    return f"one {what}" if number == 1 else f"{number} {what}s"


def kind_of_classifier(units: int, activation: str) -> str:
    """The kind of a classifier that ends in this activation."""
    if units == 1:
        return "binary"
    if activation in OF_ONE_CLASS:
        return "multilabel"
    return "softmax" if activation in (*OF_CLASSES, "linear", "unknown") else "scores"
