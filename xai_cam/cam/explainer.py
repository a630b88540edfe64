"""Engine -> method -> map -> `Explanation`: one layer of one model, for batches of arrays."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.columns import groups_in, specs_of
from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing, Engine, riding
from xai_cam.cam.evidence import BatchEvidence
from xai_cam.cam.explained import as_explanation
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.map_sign import Maps, cannot_be_negative, check_sign
from xai_cam.cam.methods import METHODS, Evidence, Method, combine
from xai_cam.cam.names import check_baselines, method_of, names_of
from xai_cam.cam.pictured import pictured
from xai_cam.cam.scores import check_score
from xai_cam.cam.target_facts import check_probabilities
from xai_cam.cam.target_request import TargetRequest
from xai_cam.cam.targets import Targets
from xai_cam.errors import OutOfMemoryError
from xai_cam.images.class_specs import ClassSpec, TargetClass, as_specs, classes_of
from xai_cam.images.numbers import check_count
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import Layer, as_network, find_layer, inputs_for
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import LayerInfo

log = logging.getLogger(__name__)

BATCH_SIZE = 16


class Explainer:
    """One layer of one model, compiled once, for any number of batches.

    Parameters
    ----------
    model : keras.Model, Network or path
        A model that takes images. It is called, never changed.
    layer : str, int or keras.layers.Layer, optional
        The target layer: its name or `outer/inner` path, its number in `model.layers`, or itself; default:
        the last with maps larger than 1 x 1 before the head.
    score : str, optional
        `logit` or `probability`; default: each method's own.
    chunk_size : int, optional
        Masked inputs in one model call. It does not change a map.
    max_channels : int, optional
        For methods that score each channel: only so many of an image, those that vary most over its map.
    engine : str
        `tensorflow`, `openvino` or `auto`: OpenVINO where it is installed and no GPU is used.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    precision : str
        `f32`, `bf16` or `f16`: what scores of channels are computed in, by OpenVINO.
    cache : bool
        Keep what the engine has made of the model for the next time, in the user's cache folder.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    head : str
        What the output means, as for `explain`.
    reshape, call, output_name, image_input, against, region, like, target, sign
        As for `explain`.

    Raises
    ------
    ModelError
        The model takes no images, nobody can say which of its outputs is explained, or the layer is missing
        or has no maps.
    InputError
        An argument makes no sense.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, *_ = xai_cam.sample()
    >>> explainer, images = xai_cam.Explainer(model, "conv3_2"), xai_cam.prepare(model, pictures)
    >>> for batch in (images[:3], images[3:]):
    ...     print([of_image[0].target_class for of_image in explainer.explain(batch)])
    [0, 1, 2]
    [3, 4, 5]
    """

    def __init__(
        self,
        model: Any,
        layer: Layer = None,
        *,
        score: str | None = None,
        chunk_size: int | None = None,
        max_channels: int | None = None,
        engine: str = "auto",
        device: str = "auto",
        precision: str = "f32",
        cache: bool = True,
        size: tuple[int, ...] | None = None,
        head: str = "auto",
        reshape: tuple[int, ...] | None = None,
        call: int | None = None,
        output_name: str | int | Sequence[str | int] | None = None,
        image_input: str | None = None,
        against: str | int | Sequence[str | int] | None = None,
        region: str = "predicted",
        like: Any = None,
        target: Any = None,
        sign: str = "positive",
    ) -> None:
        computing = Computing(engine, device, precision, chunk_size, cache)
        asked = TargetRequest(output_name, image_input, against, region, None, like, target)
        network = as_network(
            *(model, size, head, reshape, call),
            batch_size=1,  # the caller makes the batches
            outputs=asked.outputs,
            image_input=image_input,
        )
        self._set_up(network, layer, computing, score, max_channels, asked.targets(network), sign)

    @classmethod
    def of(
        cls,
        network: NetworkFacts,
        layer: Layer,
        computing: Computing,
        *,
        score: str | None = None,
        max_channels: int | None = None,
        targets: Targets | None = None,
        sign: str = "positive",
    ) -> Explainer:
        """The same from one `Computing` object, and targets."""
        explainer = cls.__new__(cls)
        explainer._set_up(network, layer, computing, score, max_channels, targets, sign)
        return explainer

    def aimed_at(self, targets: Targets) -> Explainer:
        """The same explainer for other targets."""
        return Explainer.of(
            *(self.network, self.target_layer, self._computing),
            score=self.score,
            max_channels=self.max_channels,
            targets=targets,
        )

    def _set_up(
        self,
        network: NetworkFacts,
        layer: Layer,
        computing: Computing,
        score: str | None,
        max_channels: int | None,
        targets: Targets | None,
        sign: str,
    ) -> None:
        self.network, self.sign = network, check_sign(sign)
        self.targets = targets or Targets(network)
        self.target_layer: LayerInfo = find_layer(network, layer)
        self.for_metrics = False
        self.score, self.max_channels = score, check_count("max_channels", max_channels)
        self._computing = computing
        self.engine: Engine = make_engine(computing, network, self.target_layer, self.targets)

    @property
    def target_layers(self) -> list[LayerInfo]:
        """The target layers of the maps: this one."""
        return [self.target_layer]

    def explain(
        self,
        images: Any,
        method: str | Iterable[str] = "grad-cam",
        target_class: TargetClass = "predicted",
        baselines: str | Iterable[str] = (),
    ) -> list[list[Explanation]]:
        """Maps of one batch, computed together.

        Parameters
        ----------
        images : (n, H, W, c) array, or dict of name to array
            Preprocessed, as the model takes them; also a list of (H, W, c) arrays, a tensor, a dataset, or
            what `prepare` returns. Of a model of several inputs a dict of all of them.
        method : str or sequence of str
            Names in `METHODS`. Evidence that several methods use is computed once.
        target_class : spec, sequence of specs, or (n,) / (n, m) int array
            As for `explain`, with indices in place of names.
        baselines : str or sequence of str
            Names in `BASELINES`: maps to compare with, behind those of the methods.

        Returns
        -------
        explanations : n lists
            For each image its maps, class by class (each class once) and method by method. Those of what
            `prepare` returned know their pictures; a batch of arrays is not kept for that.

        Raises
        ------
        InputError
            An unknown method, a class out of range, images of another shape, a score the method must not use.
        """
        rows = [self._method(name) for name in names_of("method", method)]
        compared = check_baselines(baselines)
        batch = inputs_for(self.network, images)
        if not len(batch):
            return []
        specs = as_specs(target_class, len(batch), self.targets.blocks[0].ranked)
        self._aim(specs)
        found = self._explain_or_halve(batch, rows, specs, compared)
        known = hasattr(images, "regions") and not isinstance(images, Inputs)
        return pictured(found, images) if known else found

    def _aim(self, specs: Sequence[ClassSpec] | np.ndarray) -> None:
        """Check the classes asked for, and let the engine know of those that are taken as one."""
        targets = self.targets.with_groups(groups_in(specs))
        if isinstance(specs, list):
            specs_of(targets.blocks, specs)
        if targets is not self.targets:
            self.targets = targets
            self.engine = make_engine(self._computing, self.network, self.target_layer, targets)

    def _explain_or_halve(
        self,
        images: Inputs,
        rows: list[tuple[Method, str]],
        classes: Sequence[ClassSpec] | np.ndarray,
        baselines: Sequence[str],
    ) -> list[list[Explanation]]:
        if len(images) <= self.network.at_most(len(images)):
            try:
                return self._explain(images, rows, classes, baselines)
            except OutOfMemoryError:
                if len(images) == 1:
                    raise
            log.warning(f"Out of memory with {len(images)} images at once: continuing with half of them.")
        half = len(images) // 2
        first, second = (
            self._explain_or_halve(images[part], rows, classes_of(classes, part), baselines)
            for part in (slice(half), slice(half, None))
        )
        return first + later(second, half)

    def _explain(
        self,
        images: Inputs,
        rows: list[tuple[Method, str]],
        classes: Sequence[ClassSpec] | np.ndarray,
        baselines: Sequence[str],
    ) -> list[list[Explanation]]:
        of_gradients = [score for method, score in rows if method.evidence is Evidence.GRADIENTS]
        first = of_gradients[0] if of_gradients else None
        batch = BatchEvidence(self.engine, images, classes, self.targets, self.max_channels, first)
        activations = batch.forward.activations
        drawn = [Maps(name, "logit", BASELINES[name].draw(activations, images.images)) for name in baselines]
        explanations: list[list[Explanation]] = [[] for _ in range(len(images))]
        for column in range(batch.classes.shape[1]):
            made = [self._maps(batch, method, score, column) for method, score in rows]
            for maps in made + drawn:
                scores = batch.class_scores(column, maps.score)
                for i, of_image in enumerate(explanations):
                    if batch.classes[i, column] not in batch.classes[i, :column]:
                        found = maps.of(i, scores[i], self._computed_by(maps.name))
                        of_image.append(as_explanation(batch, self.target_layer, i, column, found))
                        if self.for_metrics:
                            beside = tuple(one[i] for one in riding(batch.images, batch.forward))
                            of_image[-1] = replace(of_image[-1], riding=beside)
        return explanations

    def _computed_by(self, name: str) -> str:
        if name not in METHODS:
            return ""
        return self.engine.name if METHODS[name].evidence.by_channel else self.engine.passes_by

    def _method(self, name: str) -> tuple[Method, str]:
        """The method, and the score to use with it."""
        method = method_of(name)
        check_score(method, self.score)
        score = self.score or method.scores[0]
        if score == "probability":
            chosen = self.score is not None and len(method.scores) > 1  # by the caller, not by the method
            asked = ('`score="probability"`', "Leave out `score`") if chosen else (name,)
            check_probabilities(self.targets, *asked)
        return method, score

    def _maps(self, batch: BatchEvidence, method: Method, score: str, column: int) -> Maps:
        """Maps of one method for one column of classes."""
        activations, sign = batch.forward.activations, self.sign
        with np.errstate(invalid="ignore", over="ignore"):  # a NaN is reported as the map's status
            weights = method.weights(activations, batch.of(method.evidence, column, score))
            one_sided = cannot_be_negative(activations, weights) if sign == "negative" else None
            return Maps(method.name, score, combine(activations, weights, sign), sign, one_sided)


def later(explanations: list[list[Explanation]], start: int) -> list[list[Explanation]]:
    """The same maps with image numbers increased."""
    return [[replace(e, image=e.image + start) for e in of_image] for of_image in explanations]
