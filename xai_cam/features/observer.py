"""The outputs of several layers for an image, from one pass through the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import PREDICTED, maps_of
from xai_cam.errors import InputError, ModelError
from xai_cam.models.batches import fill
from xai_cam.models.devices import pick_device, running_on
from xai_cam.models.network import LayerInfo, Network
from xai_cam.models.observing import at, observing
from xai_cam.models.output.table import Table


@dataclass(frozen=True)
class Observed:
    """The results of one pass over one image.

    Attributes
    ----------
    maps : tuple of (h, w, k) float32
        What each layer puts out.
    weights : tuple of (k,) float32
        Grad-CAM's weight of each channel for `target`; empty if no class was requested.
    scores : (N,) float32
        Of the classes: probabilities where the model gives them, else its outputs.
    predicted : int
    target : int or None
        The class that the weights are of.
    """

    maps: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    scores: np.ndarray
    predicted: int
    target: int | None


class FeatureObserver:
    """Computes the outputs of layers of a model, compiled once.

    Parameters
    ----------
    network : Network
    layers : sequence of LayerInfo
        Layers of that network, each once; one that the model calls several times is seen where it is called
        last.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    """

    def __init__(self, network: Network, layers: Sequence[LayerInfo], device: str = "auto") -> None:
        self.network, self.layers = network, tuple(layers)
        self.device = pick_device(device)

    def look(self, image: np.ndarray, target: int | None = None) -> Observed:
        """The layers' outputs for one preprocessed image (H, W, c).

        Parameters
        ----------
        image : (H, W, c) float array
            Preprocessed as the model takes it.
        target : int, optional
            A class, or `PREDICTED`: the weights of the channels are computed for it too, each the mean over
            the map of the gradient of the class's logit (Selvaraju et al. 2017, eq. 1).

        Raises
        ------
        ModelError
            The model fails, or a layer has no influence on its output.
        """
        import tensorflow as tf

        with running_on(self.device, 'Name fewer layers, or use a smaller `size` or `device="cpu"`'):
            images = tf.constant(fill(image[None], self.network.batch_size))
            if target is None:
                maps, scores, predicted = self._look(images)
                weights: Any = ()
            else:
                maps, scores, predicted, weights = self._weigh(images, tf.fill(len(images), target))
        winner = int(predicted[0])
        return Observed(
            maps=tuple(self._read(maps)),
            weights=tuple(found.mean((0, 1)) for found in self._read(weights)),
            scores=scores.numpy()[0],
            predicted=winner,
            target=winner if target == PREDICTED else target,
        )

    def _read(self, outputs: Iterable[Any]) -> Iterator[np.ndarray]:
        """Maps (h, w, k) of the one image in the outputs of the layers, or in something of their shapes."""
        for info, output in zip(self.layers, outputs, strict=False):
            yield maps_of(info, output.numpy())[0]

    # --- What is compiled ----------------------------------------------------------------------------

    @cached_property
    def _look(self) -> Any:
        def trace(images: Any) -> tuple[Any, ...]:
            return self._answers(*self._run(images))

        return self._compiled(trace)

    @cached_property
    def _weigh(self) -> Any:
        import tensorflow as tf

        def trace(images: Any, classes: Any) -> tuple[Any, ...]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                maps, table = self._run(images, tape)
                targets = tf.where(classes == PREDICTED, table.predicted, classes)
                score = tf.gather(table.logits, targets, axis=1, batch_dims=1)
            gradients = tape.gradient(score, maps)
            for info, gradient in zip(self.layers, gradients, strict=True):
                if gradient is None:
                    raise ModelError(
                        f"Layer {info.path!r} has no influence on the model's output. Name another."
                    )
            return *self._answers(maps, table), [tf.cast(found, tf.float32) for found in gradients]

        return self._compiled(trace, True)

    def _compiled(self, trace: Any, with_classes: bool = False) -> Any:
        import tensorflow as tf

        size = self.network.batch_size or 1
        signature = [tf.TensorSpec((size, *self.network.input_shape), tf.float32)]
        signature += [tf.TensorSpec((size,), tf.int32)] if with_classes else []
        return tf.function(trace, signature, autograph=False)

    def _run(self, images: Any, tape: Any = None) -> tuple[list[Any], Table]:
        """Outputs of the layers, and the table of the model's answers."""
        found: dict[int, list[Any]] = {}

        def seen(node: Any, output: Any) -> Any:
            if tape is not None:
                tape.watch(output)
            found.setdefault(id(node), []).append(output)
            return output

        places = {id(info.layer): info.place for info in self.layers}

        def of_several(node: Any, output: Any) -> Any:
            return at(places[id(node)], seen)(node, output)

        with observing((), [info.layer for info in self.layers], of_several):
            table = self.network.run(images).table()
        return [found[id(info.layer)][info.number - 1] for info in self.layers], table

    def _answers(self, maps: list[Any], table: Table) -> tuple[Any, ...]:
        import tensorflow as tf

        head = self.network.head
        scores = table.probabilities if head.has_probabilities and not head.is_segmentation else table.output
        return [tf.cast(found, tf.float32) for found in maps], scores, table.predicted


def find_layers(network: Network, names: Sequence[str | None]) -> list[LayerInfo]:
    """The layers by name or path, None the default one.

    Raises
    ------
    ModelError
        There is none of such a name.
    InputError
        Two names are one layer's.
    """
    found = [network.find(name) for name in names]
    paths = [info.path for info in found]
    if len(set(paths)) < len(paths):
        raise InputError(f"One layer was given under two names ({', '.join(paths)}). Name it once.")
    return found
