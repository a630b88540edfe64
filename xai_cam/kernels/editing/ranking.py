"""Which filters a model lives on: each of a layer zeroed in turn, ranked by what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing, Engine, Forward
from xai_cam.kernels.editing.edits import Zero
from xai_cam.kernels.editing.temporary import edited, filters_of
from xai_cam.models.classifier import NOT_FINITE, Classifier
from xai_cam.models.head import Head
from xai_cam.models.network import LayerInfo

Told = Callable[[Path, str], None]
"""Gets each image when it is done, and why it failed (empty where it did not)."""

KEEPS_ZERO = (
    *("linear", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "hard_silu", "mish"),
    *("tanh", "hard_tanh", "softsign", "tanh_shrink", "soft_shrink", "hard_shrink"),
)
"""Keras' activations that look at each number alone and make 0 of 0."""

MAX_SCORES = 1 << 24
"""Scores held at a time."""


@dataclass(frozen=True)
class FilterLoss:
    """What the images lose without one filter.

    Attributes
    ----------
    filter : int
    logit, probability : float
        Mean over the images of the score before less the score without the filter, both of the class that
        is predicted before; below 0, the filter is in its way. `probability` is NaN for a head without.
    changed : int
        Images of which another class is predicted.
    images : int
        How many there were.
    """

    filter: int
    logit: float
    probability: float
    changed: int
    images: int


def rank_filters(
    classifier: Classifier,
    target: LayerInfo,
    paths: Iterable[Path],
    by: str = "probability",
    told: Told = lambda path, failure: None,
    device: str = "auto",
) -> list[FilterLoss]:
    """Zero each filter of a layer in turn, kernel and bias, and measure the loss.

    Parameters
    ----------
    target : LayerInfo
        A convolution of the classifier's network.
    by : str
        `probability` or `logit`: the loss that decides the order. A head without probabilities: the logit.
    told : callable, optional
        Is told of each image.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.

    Returns
    -------
    losses : list of FilterLoss
        All filters, the largest loss first, of equal ones the first filter; empty where no image is good.
    """
    trial = _FilterAblation(classifier, target, device)
    total, images = np.zeros((3, trial.filters)), 0
    for batch, pixels in classifier.read_batches(paths):
        good = [picture for picture in pixels if not isinstance(picture, str)]
        losses = iter(trial.losses(np.stack([*map(classifier.preprocessing.apply, good)]))) if good else None
        for path, picture in zip(batch, pixels, strict=True):
            if isinstance(picture, str) or losses is None:
                told(path, str(picture))
                continue
            loss = next(losses)
            if not np.isfinite(loss[0]).all():
                told(path, NOT_FINITE)
                continue
            total, images = total + loss, images + 1
            told(path, "")
    if not images:
        return []
    logit, probability, changed = total[0] / images, total[1] / images, total[2].astype(int)
    ranks = np.argsort(
        -(logit if by == "logit" or np.isnan(probability).any() else probability), kind="stable"
    )
    return [
        FilterLoss(int(k), float(logit[k]), float(probability[k]), int(changed[k]), images) for k in ranks
    ]


class _FilterAblation:
    """One layer of a model whose filters are zeroed in turn."""

    def __init__(self, classifier: Classifier, target: LayerInfo, device: str) -> None:
        self.network, self.target = classifier.network, target
        self.filters = filters_of(target)
        self.shortcut = target.times == 1 and keeps_zero(target.layer) and self.network.head.has_probabilities
        # Without the shortcut the weights change with every pass, and no conversion would last.
        computing = Computing("auto" if self.shortcut else "tensorflow", device)
        self.engine: Engine = make_engine(computing, self.network, target)

    def losses(self, inputs: np.ndarray) -> np.ndarray:
        """Of (n, H, W, c) inputs: loss of logit, loss of probability and changed class, (n, 3, filters)."""
        step = max(1, MAX_SCORES // (self.filters * self.network.head.classes))
        parts = [self._losses(inputs[i : i + step]) for i in range(0, len(inputs), step)]
        return np.concatenate(parts)

    def _losses(self, inputs: np.ndarray) -> np.ndarray:
        before = self.engine.forward(inputs)
        ablate = self.shortcut and before.activations.shape[::3] == (len(inputs), self.filters)
        logits, probabilities, predicted = (self._ablate if ablate else self._edit)(inputs, before)
        rows, chosen = np.arange(len(inputs)), before.predicted
        return np.stack(
            [
                before.logits[rows, chosen, None] - logits[rows, chosen],
                before.probabilities[rows, chosen, None] - probabilities[rows, chosen],
                predicted != chosen[:, None],
            ],
            axis=1,
        ).astype(np.float64)

    def _ablate(self, inputs: np.ndarray, before: Forward) -> tuple[np.ndarray, ...]:
        """Scores (n, classes, filters) twice and classes (n, filters); only what follows the layer is run.

        A filter of zeros answers 0, and so does the activation behind it.
        """
        head = self.network.head
        classes = np.broadcast_to(np.arange(head.classes), (len(inputs), head.classes))
        channels = np.ones((len(inputs), self.filters), bool)
        scores = self.engine.ablated_scores(inputs, before.activations, classes, channels)
        return scores.logits, scores.probabilities, _predicted(head, scores.logits, scores.probabilities)

    def _edit(self, inputs: np.ndarray, _: Forward) -> tuple[np.ndarray, ...]:
        """The same with other weights for each filter, and the whole model run."""
        found = []
        for k in range(self.filters):
            with edited([self.target], [Zero(self.target.path, str(k))]):
                found.append(self.engine.forward(inputs))
        return (
            np.stack([f.logits for f in found], 2),
            np.stack([f.probabilities for f in found], 2),
            np.stack([f.predicted for f in found], 1),
        )


def _predicted(head: Head, logits: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Classes by the model's own output, ties as `Network.predicted` has them."""
    output = logits if head.activation == "linear" else probabilities
    return (output[:, 1] >= output[:, 0]).astype(int) if head.units == 1 else output.argmax(1)


def keeps_zero(layer: Any) -> bool:
    """Whether a filter of zeros makes a map of zeros, and changes no other map of the layer's output."""
    import keras

    if not type(layer).__module__.startswith("keras."):
        return False
    known = [getattr(keras.activations, name, None) for name in KEEPS_ZERO]
    return any(layer.activation is function for function in known if function)
