"""Filters of a layer ranked by importance: each is zeroed in turn, and the loss measured."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.aim import Aim
from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing, Engine, Forward
from xai_cam.cam.targets import Targets
from xai_cam.files.rows import Reporter, Summary
from xai_cam.kernels.editing.edits import Zero
from xai_cam.kernels.editing.temporary import edited, filters_of
from xai_cam.models.classifier import BATCH_SIZE, NOT_FINITE
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.network import LayerInfo, Network
from xai_cam.models.output.head import Head
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState, inputs_of
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import Task

log = logging.getLogger(__name__)

KEEPS_ZERO = (
    *("linear", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "hard_silu", "mish"),
    *("tanh", "hard_tanh", "softsign", "tanh_shrink", "soft_shrink", "hard_shrink"),
)
"""Keras' activations that look at each number alone and make 0 of 0."""

MAX_SCORES = 1 << 24
"""Scores held at a time."""


@dataclass(frozen=True)
class FilterLoss:
    """Loss over all images when one filter is zeroed.

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


@dataclass
class RankingWork:
    """Zero each filter of a layer in turn, kernel and bias, and measure what each image loses.

    Parameters
    ----------
    target : LayerInfo
        A convolution of the network.
    computing : Computing
        The engine and its settings.
    """

    feeding: Feeding
    target: LayerInfo
    computing: Computing = field(default_factory=Computing)
    blank: Mapping[str, Any] = field(default_factory=lambda: dict.fromkeys(("image", "outcome", "message")))

    def __post_init__(self) -> None:
        self._ablation = FilterAblation(self.feeding.network.live(), self.target, self.computing)
        self._total, self._images = np.zeros((3, self._ablation.filters)), 0

    def look_up(self, state: ImageState) -> None:
        """Every image is measured."""
        state.todo = True

    def prepare(self) -> ModelReader:
        """The model is open already."""
        return ModelReader(self.feeding, keeps_picture=False)

    def ask(self, states: list[ImageState]) -> None:
        """Measure a batch."""
        losses = self._ablation.losses(inputs_of(states))
        for state, loss in zip(states, losses, strict=True):
            if np.isfinite(loss[0]).all():
                self._total, self._images = self._total + loss, self._images + 1
            else:
                state.fail(NOT_FINITE)

    def write(self, state: ImageState) -> None:
        """Nothing to do: losses are not written to files."""

    def finish(self, state: ImageState) -> None:
        """Nothing to do: the ranking covers all images."""

    def ranking(self, by: str = "probability") -> list[FilterLoss]:
        """All filters, the largest loss first, of equal ones the first filter; empty where no image is good.

        Parameters
        ----------
        by : str
            `probability` or `logit`: the loss that decides the order; the logit for a head without
            probabilities.
        """
        images = self._images
        if not images:
            return []
        logit, probability, changed = *self._total[:2] / images, self._total[2].astype(int)
        decides = logit if by == "logit" or np.isnan(probability).any() else probability
        return [
            FilterLoss(int(k), float(logit[k]), float(probability[k]), int(changed[k]), images)
            for k in np.argsort(-decides, kind="stable")
        ]


def rank_filters(
    feeding: Feeding,
    target: LayerInfo,
    tasks: Sequence[Task],
    reporter: Reporter,
    by: str = "probability",
    failures: Mapping[Path, str] | None = None,
    computing: Computing | None = None,
) -> tuple[list[FilterLoss], Summary]:
    """The ranking of a layer's filters by what the images lose without each; how many images could be read.

    Parameters are those of `RankingWork`, `RankingWork.ranking` and `Runner`.
    """
    computing = computing or Computing()
    work = RankingWork(feeding, target, computing)
    size = computing.batch_size or BATCH_SIZE
    summary = Runner(tasks, work, reporter, failures or {}, size, ahead=computing.ahead).run()
    return work.ranking(by), summary


class FilterAblation:
    """One layer of a model whose filters are zeroed in turn.

    Of a segmentation the scores are those over the region of the class with the most places, which stays as
    it is in the unaltered image; the class has changed where another's mean is the highest there.
    """

    def __init__(self, network: Network, target: LayerInfo, computing: Computing) -> None:
        self.network, self.target = network, target
        self.filters = filters_of(target)
        known = network.head.has_probabilities or network.head.is_regression
        self.shortcut = target.times == 1 and keeps_zero(target.layer) and known
        if not self.shortcut:
            computing = _by_tensorflow(computing, target)
        self.by_region = self.network.head.is_segmentation
        aim = Aim(region="masks" if self.by_region else "predicted")
        self.engine: Engine = make_engine(computing, self.network, target, Targets(network, aim))
        self._regions: Engine = make_engine(computing, self.network, target)

    def losses(self, inputs: np.ndarray | Inputs) -> np.ndarray:
        """Of n images: loss of logit, loss of probability and changed class, (n, 3, filters)."""
        step = max(1, MAX_SCORES // (self.filters * self.network.head.classes))
        parts = [self._losses(inputs[i : i + step]) for i in range(0, len(inputs), step)]
        return np.concatenate(parts)

    def _losses(self, inputs: np.ndarray | Inputs) -> np.ndarray:
        inputs = self._with_regions(as_inputs(inputs)) if self.by_region else inputs
        before = self.engine.forward(inputs)
        ablate = self.shortcut and before.activations.shape[::3] == (len(inputs), self.filters)
        logits, probabilities, predicted = (self._ablate if ablate else self._edit)(inputs, before)
        rows, chosen = np.arange(len(inputs)), before.predicted[:, 0]
        return np.stack(
            [
                before.logits[rows, chosen, None] - logits[rows, chosen],
                before.probabilities[rows, chosen, None] - probabilities[rows, chosen],
                predicted != chosen[:, None],
            ],
            axis=1,
        ).astype(np.float64)

    def _with_regions(self, inputs: Inputs) -> Inputs:
        """The images with the region of the class that has the most places."""
        before = self._regions.forward(inputs)
        rows, chosen = np.arange(len(inputs)), before.predicted[:, 0]
        return replace(inputs, regions=(before.held[0][rows, ..., chosen],))

    def _ablate(self, inputs: np.ndarray | Inputs, before: Forward) -> tuple[np.ndarray, ...]:
        """Scores (n, classes, filters) twice and classes (n, filters); only what follows the layer is run.

        A filter of zeros answers 0, and so does the activation behind it.
        """
        head = self.network.head
        classes = np.broadcast_to(np.arange(head.classes), (len(inputs), head.classes))
        channels = np.ones((len(inputs), self.filters), bool)
        scores = self.engine.ablated_scores(inputs, before, classes, channels)
        return scores.logits, scores.probabilities, _predicted(head, scores.logits, scores.probabilities)

    def _edit(self, inputs: np.ndarray | Inputs, _: Forward) -> tuple[np.ndarray, ...]:
        """The same with other weights for each filter, and the whole model run."""
        found = []
        for k in range(self.filters):
            with edited([self.target], [Zero(self.target.path, str(k))]):
                found.append(self.engine.forward(inputs))
        logits, probabilities = (
            np.stack([getattr(f, name) for f in found], 2) for name in ("logits", "probabilities")
        )
        predicted = np.stack([f.predicted[:, 0] for f in found], 1)
        if self.by_region:
            predicted = _predicted(self.network.head, logits, probabilities)
        return logits, probabilities, predicted


def _by_tensorflow(computing: Computing, target: LayerInfo) -> Computing:
    """The same by TensorFlow: where weights change with every pass, no conversion lasts."""
    if computing.engine == "openvino":
        log.warning(
            f"The filters of {target.path} are zeroed in the model itself, which OpenVINO would have to "
            "convert again for each. Continuing with TensorFlow."
        )
    return replace(computing, engine="tensorflow")


def _predicted(head: Head, logits: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Classes by the model's own output, ties as `Network.predicted` has them; of a regression 0."""
    if head.is_regression:
        return np.zeros((len(logits), logits.shape[2]), int)
    output = logits if head.activation == "linear" else probabilities
    return (output[:, 1] >= output[:, 0]).astype(int) if head.kind == "binary" else output.argmax(1)


def keeps_zero(layer: Any) -> bool:
    """Whether a filter of zeros makes a map of zeros, and changes no other map of the layer's output."""
    import keras

    if not type(layer).__module__.startswith("keras."):
        return False
    known = [getattr(keras.activations, name, None) for name in KEEPS_ZERO]
    return any(layer.activation is function for function in known if function)
