"""Activations, scores and gradients of one batch, computed when first needed, and once for all layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.channel_rounds import ChannelRounds, RoundsProgress
from xai_cam.cam.columns import Goal, codes_of, columns_above, goal_of, resolved, rows_of
from xai_cam.cam.engines.questions import ChannelScores, Engine, Forward, WholeImages
from xai_cam.cam.methods import Ablated, Evidence, Method
from xai_cam.cam.scored import Scored
from xai_cam.cam.targets import Block, Targets
from xai_cam.images.class_specs import ClassSpec, above_of
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import LayerInfo

TOP_CLASSES = 5

GRADIENTS_AT_ONCE = 8
"""Classes whose gradients are taken from one forward pass: each needs as much memory as the activations."""

MAX_GRADIENTS = 1 << 30
"""Bytes that those may take at all layers together, where that is more than one class."""


def gradients_at_once(layers: Iterable[LayerInfo], images: int) -> int:
    """The classes of so many images whose gradients at these layers are taken from one pass."""
    cells = sum(math.prod(info.maps_shape or ()) for info in layers)
    return max(min(MAX_GRADIENTS // max(4 * cells * images, 1), GRADIENTS_AT_ONCE), 1)


class Columns(NamedTuple):
    """What is asked of each image as columns (n, m) of the scores: what was found of a class before."""

    numbers: np.ndarray


class BatchEvidence:
    """Scores, activations and gradients of one batch of images, at all layers that are explained.

    Parameters
    ----------
    whole : WholeImages
        What computes them, for the layers in their order.
    images : (n, H, W, c) float32, or Inputs
    specs : sequence of class specs, or (n, m) int array, or Columns
    targets : Targets
        What the columns of the scores are.
    gradient_score : str, optional
        The score whose gradients will be needed: the pass that computes them answers `forwards` too.
    at_once : int
        Classes whose gradients are taken from one pass.
    """

    def __init__(
        self,
        whole: WholeImages,
        images: np.ndarray | Inputs,
        specs: Sequence[ClassSpec] | np.ndarray | Columns,
        targets: Targets,
        gradient_score: str | None = None,
        at_once: int = GRADIENTS_AT_ONCE,
    ) -> None:
        self.whole, self.images, self.specs, self.targets = whole, images, specs, targets
        self.gradient_score, self.at_once = gradient_score, at_once
        self._forwards: list[Forward] | None = None
        self._gradients: dict[tuple[int, str], list[np.ndarray]] = {}
        self._rankings: dict[tuple[int, int], tuple[tuple[int, float], ...]] = {}

    @property
    def forwards(self) -> list[Forward]:
        """For each layer activations and scores, from the pass for the gradients where that is needed too."""
        if self._forwards is None and self.gradient_score is not None:
            self._forwards = self._compute_gradients(0, self.gradient_score)
        elif self._forwards is None:
            self._forwards = self.whole.forward(self.images)
        return self._forwards

    @property
    def forward(self) -> Forward:
        """The scores, which all layers have in common, with the activations of the first."""
        return self.forwards[0]

    @cached_property
    def _asked(self) -> np.ndarray:
        """(n, m) columns, or placeholders for those that depend on the model's answers."""
        blocks = self.targets.blocks
        if isinstance(self.specs, Columns):
            return self.specs.numbers
        if isinstance(self.specs, np.ndarray):
            return rows_of(blocks, self.specs)
        codes = np.array(codes_of(blocks, self.specs), np.int32)
        return np.tile(codes, (len(self.images), 1))

    @cached_property
    def classes(self) -> np.ndarray:
        """(n, m) columns, with placeholders resolved; those above a threshold come behind the others.

        A row is as long as the longest: a shorter one repeats its first column.
        """
        found, blocks = self._asked, self.targets.blocks
        if (found < 0).any():
            found = resolved(found, self.forward.output, self.forward.predicted, blocks)
        words = () if isinstance(self.specs, np.ndarray | Columns) else self.specs
        bounds = [above_of(spec) for spec in words]
        for bound in (one for one in bounds if one is not None):
            found = np.concatenate(
                [found, columns_above(blocks, self.forward.probabilities, bound, found)], 1
            )
        return found

    def block_of(self, column: int) -> tuple[int, Block, Goal]:
        """The number of the output that a column is of, its block, and what the column stands for."""
        number, goal = goal_of(self.targets.blocks, column)
        return number, self.targets.blocks[number], goal

    def predicts(self, i: int, block: Block) -> bool:
        """Whether a class is predicted in image i: of labels at places there may be none anywhere."""
        shares = self.forward.output[i, block.start : block.start + block.ranked]
        return block.head is None or not block.head.is_segmentation or bool(shares.any())

    def ranking(self, i: int, block: Block) -> tuple[tuple[int, float], ...]:
        """The first classes of image i, with their probabilities or else outputs; values in their order."""
        key = i, block.start
        if key not in self._rankings:
            self._rankings[key] = self._ranking(i, block)
        return self._rankings[key]

    def _ranking(self, i: int, block: Block) -> tuple[tuple[int, float], ...]:
        part = slice(block.start, block.start + block.ranked)
        output, probabilities = self.forward.output[i, part], self.forward.probabilities[i, part]
        if block.head is None or block.head.is_regression:
            return tuple((k, float(value)) for k, value in enumerate(output[:TOP_CLASSES]))
        of_places = block.head.is_segmentation  # whose outputs are shares of the picture
        values = output if of_places or np.isnan(probabilities).all() else probabilities
        best = np.argsort(-output, kind="stable")[:TOP_CLASSES]
        return tuple((int(c), float(values[c])) for c in best)

    def gradients(self, column: int, score: str) -> list[np.ndarray]:
        """Gradients (n, h, w, k) of one column of classes at each layer.

        Those of the columns near it come in the same pass; columns are asked for in their order, and only the
        latest of a score are kept.
        """
        if (column, score) not in self._gradients:
            first = column - column % self.at_once
            if first < self._asked.shape[1] <= column:  # those above a threshold were not known before
                first = self._asked.shape[1]
            forwards = self._compute_gradients(first, score)
            self._forwards = self._forwards or forwards
        return self._gradients[column, score]

    def _compute_gradients(self, first: int, score: str) -> list[Forward]:
        """Gradients of several columns of classes, the `first` one and those behind it, from one pass."""
        known = self._asked if first < self._asked.shape[1] else self.classes
        columns = known[:, first : first + self.at_once]
        self._gradients = {asked: found for asked, found in self._gradients.items() if asked[1] != score}
        forwards, at_layers = self.whole.gradients(self.images, columns, score)
        for i in range(columns.shape[1]):
            self._gradients[first + i, score] = [gradients[i] for gradients in at_layers]
        return forwards

    def class_scores(self, column: int, score: str) -> np.ndarray:
        """(n,) scores of one column of classes."""
        table = self.forward.logits if score == "logit" else self.forward.probabilities
        return np.take_along_axis(table, self.classes[:, [column]], 1)[:, 0]


class LayerEvidence:
    """The evidence of a batch at one of its layers.

    Parameters
    ----------
    batch : BatchEvidence
    number : int
        The layer's, among those of the batch.
    engine : Engine
        Of that layer: what scores its channels.
    limits : ChannelLimits, optional
        How many channels of an image are scored; default: all.
    sign : str
        Of the maps that will be made.
    progress : RoundsProgress, optional
        What the engine tells its progress to, where channels are scored in rounds.
    """

    def __init__(
        self,
        batch: BatchEvidence,
        number: int,
        engine: Engine,
        limits: ChannelLimits | None = None,
        sign: str = "positive",
        progress: RoundsProgress | None = None,
    ) -> None:
        self.batch, self.number, self.engine = batch, number, engine
        self.limits, self.sign, self.progress = limits or ChannelLimits(), sign, progress
        self._rounds: dict[Evidence, ChannelRounds] = {}
        self._scored: dict[tuple[str, str], Scored] = {}
        self._positions: dict[Evidence, ChannelScores] = {}

    @property
    def forward(self) -> Forward:
        """Activations of the layer, and scores."""
        return self.batch.forwards[self.number]

    def of(self, method: Method, column: int, score: str) -> Any:
        """The evidence that a method needs, for one column of classes."""
        if method.evidence is Evidence.ACTIVATIONS:
            return None
        if method.evidence is Evidence.GRADIENTS:
            return self.batch.gradients(column, score)[self.number]
        if method.evidence.by_position:
            return self._position_scores(method.evidence, score)[:, column]
        found = self.scored(method, score).scores[:, column]
        if method.evidence is Evidence.MASKED_SCORES:
            return found
        return Ablated(self.batch.class_scores(column, score), found)

    def scored(self, method: Method, score: str) -> Scored:
        """What a method that scores each channel needs of them, of all columns of classes."""
        if (method.name, score) not in self._scored:
            self._scored[method.name, score] = self._find_scores(method, score)
        return self._scored[method.name, score]

    def _position_scores(self, kind: Evidence, score: str) -> np.ndarray:
        """(n, m, h, w) scores of all columns of classes, with each position of the layer alone."""
        if kind not in self._positions:
            spread = kind is Evidence.SPREAD_POSITION_SCORES
            given = self.batch.images, self.forward, self.batch.classes
            self._positions[kind] = self.engine.position_scores(*given, spread)
        found = self._positions[kind]
        table = found.logits if score == "logit" else found.probabilities
        return table.reshape(*table.shape[:2], *self.forward.activations.shape[1:-1])

    def _find_scores(self, method: Method, score: str) -> Scored:
        if self.limits.by_rounds and method.weighting is not None:
            columns = range(self.batch.classes.shape[1])
            base = np.stack([self.batch.class_scores(column, score) for column in columns], axis=1)
            return self._rounds_of(method.evidence).scored(method.weighting, score, base)
        scores = self.masked_scores if method.evidence is Evidence.MASKED_SCORES else self.ablated_scores
        table = scores.logits if score == "logit" else scores.probabilities
        return Scored.of(table, self.forward.activations)

    @cached_property
    def masked_scores(self) -> ChannelScores:
        """Masked scores of all columns of classes, from one set of forward passes."""
        return self._rounds_of(Evidence.MASKED_SCORES).all_at_once()

    @cached_property
    def ablated_scores(self) -> ChannelScores:
        """The same with channels ablated."""
        return self._rounds_of(Evidence.ABLATED_SCORES).all_at_once()

    def _rounds_of(self, kind: Evidence) -> ChannelRounds:
        """The channels of a kind, which all methods that need it share."""
        if kind not in self._rounds:
            masked = kind is Evidence.MASKED_SCORES
            ask = self.engine.masked_scores if masked else self.engine.ablated_scores
            images, forward, classes = self.batch.images, self.forward, self.batch.classes
            self._rounds[kind] = ChannelRounds(
                lambda channels: ask(images, forward, classes, channels),
                *(forward.activations, self.limits, self.sign, self.progress),
            )
        return self._rounds[kind]
