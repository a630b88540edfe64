"""Engine -> method -> map -> `Explanation`, for batches of arrays."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing, Engine
from xai_cam.cam.evidence import BatchEvidence
from xai_cam.cam.explanation import Explanation, judge
from xai_cam.cam.methods import METHODS, Evidence, Method, check_score, combine
from xai_cam.errors import InputError, OutOfMemoryError, nearest
from xai_cam.images.class_specs import ClassSpec, classes_of
from xai_cam.models.network import LayerInfo, Network

log = logging.getLogger(__name__)

BATCH_SIZE = 16


class Explainer:
    """One layer of one model, compiled once, for any number of batches.

    Parameters
    ----------
    model : keras.Model or Network
        An image classifier with one input and one output. It is called, never changed.
    layer : str, optional
        Name or path of the target layer; default: the last with maps larger than 1 x 1 before the head.
    score : str, optional
        `logit` or `probability`; default: each method's own.
    chunk_size : int, optional
        Masked inputs in one model call.
    max_channels : int, optional
        For methods that score each channel: only so many of an image, those that vary most over its map.
    engine, device : str
        What computes: see `Computing`.
    precision : str
        `f32`, `bf16` or `f16`: what scores of channels are computed in, by OpenVINO.
    cache : bool
        Keep what the engine has made of the model for the next time, in the user's cache folder.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.

    Raises
    ------
    ModelError
        The model is no such classifier, or the layer is missing or has no maps.
    """

    def __init__(
        self,
        model: Any,
        layer: str | None = None,
        *,
        score: str | None = None,
        chunk_size: int | None = None,
        max_channels: int | None = None,
        engine: str = "auto",
        device: str = "auto",
        precision: str = "f32",
        cache: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.network = model if isinstance(model, Network) else Network(model, size)
        self.target_layer: LayerInfo = self.network.find(layer)
        self.score, self.max_channels = score, max_channels
        computing = Computing(engine, device, precision, chunk_size, cache)
        self.engine: Engine = make_engine(computing, self.network, self.target_layer)

    @property
    def target_layers(self) -> list[LayerInfo]:
        """The layers that the maps are of: this one."""
        return [self.target_layer]

    def explain(
        self,
        images: np.ndarray,
        methods: Sequence[str] = ("grad-cam",),
        classes: Sequence[ClassSpec] | np.ndarray = ("predicted",),
        baselines: Sequence[str] = (),
    ) -> list[list[Explanation]]:
        """Maps of one batch, computed together.

        Parameters
        ----------
        images : (n, H, W, c) array
            Preprocessed, as the model takes them.
        methods : sequence of str
            Names in `METHODS`. Evidence that several methods use is computed once.
        classes : sequence of specs, or (n, m) int array
            Each `predicted`, `topN` or an index, for all images alike; or one row of indices an image.
        baselines : sequence of str
            Names in `BASELINES`: maps to compare with, behind those of the methods.

        Returns
        -------
        explanations : n lists
            For each image its maps, class by class (each class once) and method by method.

        Raises
        ------
        InputError
            An unknown method, a class out of range, or a score the method must not use.
        """
        if not len(images):
            return []
        rows = [self._method(name) for name in methods]
        images = np.ascontiguousarray(images, np.float32)
        self._check_shape(images)
        try:
            return self._explain(images, rows, classes, baselines)
        except OutOfMemoryError:
            if len(images) == 1:
                raise
        log.warning(f"Out of memory with {len(images)} images at once: going on with half of them.")
        half = len(images) // 2
        parts = (
            (images[:half], classes_of(classes, slice(half))),
            (images[half:], classes_of(classes, slice(half, None))),
        )
        return [maps for part, of_part in parts for maps in self.explain(part, methods, of_part, baselines)]

    def _explain(
        self,
        images: np.ndarray,
        rows: list[tuple[Method, str]],
        classes: Sequence[ClassSpec] | np.ndarray,
        baselines: Sequence[str],
    ) -> list[list[Explanation]]:
        batch = BatchEvidence(self.engine, images, classes, self.network.head.classes, self.max_channels)
        gradient_scores = [score for method, score in rows if method.evidence is Evidence.GRADIENTS]
        if gradient_scores:
            batch.gradients(0, gradient_scores[0])  # first: its pass answers what is asked of the forward too
        activations = batch.forward.activations
        drawn = [(name, BASELINES[name].draw(activations, images), "logit") for name in baselines]
        explanations: list[list[Explanation]] = [[] for _ in images]
        for column in range(batch.classes.shape[1]):
            made = [(method.name, self._maps(batch, method, score, column), score) for method, score in rows]
            for name, maps, score in made + drawn:
                scores = batch.class_scores(column, score)
                for i, cam in enumerate(maps):
                    if batch.classes[i, column] not in batch.classes[i, :column]:
                        explanations[i].append(
                            self._explanation(batch, name, score, i, column, cam, scores[i])
                        )
        return explanations

    def _method(self, name: str) -> tuple[Method, str]:
        """The row of the table, and the score it shall use here."""
        if name not in METHODS:
            raise InputError(f"No method {name!r}. Nearest: {', '.join(nearest(name, list(METHODS), 3))}.")
        method = METHODS[name]
        check_score(method, self.score)
        score = self.score or method.scores[0]
        if score == "probability" and not self.network.head.has_probabilities:
            raise InputError(
                f"{name} needs probabilities, but the model ends in {self.network.head.activation}, "
                "which gives none. Use a method that works on logits."
            )
        return method, score

    def _check_shape(self, images: np.ndarray) -> None:
        if images.ndim != 4 or images.shape[1:] != self.network.input_shape:
            wanted = " x ".join(str(d) for d in self.network.input_shape)
            raise InputError(f"Images of shape {images.shape} given; the model takes n x {wanted}.")

    def _maps(self, batch: BatchEvidence, method: Method, score: str, column: int) -> np.ndarray:
        """Maps (n, h, w) of one method for one column of classes."""
        activations = batch.forward.activations
        with np.errstate(invalid="ignore", over="ignore"):  # a NaN is reported as the map's status
            evidence = batch.of(method.evidence, column, score)
            return combine(activations, method.weights(activations, evidence))

    def _explanation(
        self,
        batch: BatchEvidence,
        name: str,
        score: str,
        i: int,
        column: int,
        cam: np.ndarray,
        value: float,
    ) -> Explanation:
        target = int(batch.classes[i, column])
        status, cause = judge(cam, batch.forward.activations[i], value, score)
        return Explanation(
            cam=cam,
            method=name,
            layer=self.target_layer.path,
            target_class=target,
            predicted_class=int(batch.forward.predicted[i]),
            score=float(value),
            score_name=self.network.head.score_name if score == "logit" else score,
            probability=float(batch.forward.probabilities[i, target]),
            ranking=batch.ranking(i),
            status=status,
            cause=cause,
            engine=self._computed_by(name),
        )

    def _computed_by(self, name: str) -> str:
        if name not in METHODS:
            return ""
        return self.engine.name if METHODS[name].evidence.by_channel else self.engine.passes_by


def explain(
    model: Any,
    images: np.ndarray,
    layer: str | None = None,
    method: str | Sequence[str] = "grad-cam",
    target_class: ClassSpec | Sequence[ClassSpec] | np.ndarray = "predicted",
    *,
    score: str | None = None,
    batch_size: int = BATCH_SIZE,
    chunk_size: int | None = None,
    max_channels: int | None = None,
    engine: str = "auto",
    device: str = "auto",
    precision: str = "f32",
    cache: bool = True,
) -> list[Explanation]:
    """Maps that show which parts of the images the model's class scores rest on.

    Parameters
    ----------
    model : keras.Model
        An image classifier with one input and one output.
    images : (n, H, W, c) or (H, W, c) array
        Preprocessed, as the model takes them.
    layer : str, optional
        Name or `outer/inner` path of the target layer; default: the last with maps larger than 1 x 1.
    method : str or sequence of str
        Names in `METHODS`.
    target_class : spec, sequence of specs, or (n,) / (n, m) int array
        `predicted`, `topN` or an index, for all images; or indices image by image.
    score : str, optional
        `logit` or `probability`; default: each method's own.
    batch_size, chunk_size : int
        Images, and masked inputs, in one model call. They do not change a map.
    max_channels : int, optional
        For methods that score each channel: only so many of an image, those that vary most over its map.
    engine, device, precision, cache
        As for `Explainer`.

    Returns
    -------
    explanations : list of Explanation
        Image by image; within an image class by class, within a class method by method.

    Raises
    ------
    ModelError
        The model is no such classifier, or the layer is missing or has no maps.
    InputError
        An unknown method, a class out of range, a score that the method must not use.
    """
    images = np.asarray(images)
    images = images[None] if images.ndim == 3 else images
    methods = [method] if isinstance(method, str) else list(method)
    explainer = Explainer(
        model,
        layer,
        score=score,
        chunk_size=chunk_size,
        max_channels=max_channels,
        engine=engine,
        device=device,
        precision=precision,
        cache=cache,
        size=images.shape[1:3],
    )
    return [
        explanation
        for part, classes in _batches(images, target_class, batch_size)
        for of_image in explainer.explain(part, methods, classes)
        for explanation in of_image
    ]


def _batches(
    images: np.ndarray, target_class: ClassSpec | Sequence[ClassSpec] | np.ndarray, batch_size: int
) -> Iterator[tuple[np.ndarray, Sequence[ClassSpec] | np.ndarray]]:
    per_image = isinstance(target_class, np.ndarray)
    specs = [target_class] if isinstance(target_class, str | int | np.integer) else target_class
    if per_image:
        specs = np.asarray(target_class).reshape(len(images), -1)
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        yield images[part], classes_of(specs, part)
