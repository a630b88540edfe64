"""The outputs of several layers for an image, from one pass through the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.cam.columns import Goal, codes_of, goal_of, groups_in, resolved_in_graph
from xai_cam.cam.engines.questions import maps_of
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError, ModelError
from xai_cam.images.class_specs import ClassSpec
from xai_cam.models.batches import fill
from xai_cam.models.devices import pick_device, running_on
from xai_cam.models.input.held_inputs import fed_as
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.network import LayerInfo, Network
from xai_cam.models.observing import at, observing
from xai_cam.models.output.answers import Answers


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
        The class that the weights are of, or the value.
    goal : Goal, optional
        What that is besides: several classes as one, a direction.
    """

    maps: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    scores: np.ndarray
    predicted: int
    target: int | None
    goal: Goal | None = None


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
    targets : Targets, optional
        What the weights of channels are of; default: of the classes alone.
    """

    def __init__(
        self,
        network: Network,
        layers: Sequence[LayerInfo],
        device: str = "auto",
        targets: Targets | None = None,
    ) -> None:
        self.network, self.layers = network, tuple(layers)
        self._targets = targets or Targets(network)
        self.device = pick_device(device)

    def look(self, image: np.ndarray | Inputs, target: ClassSpec | None = None) -> Observed:
        """The layers' outputs for one preprocessed image.

        Parameters
        ----------
        image : (H, W, c) float array, or Inputs of one image
            Preprocessed as the model takes it; the second of a model of several inputs.
        target : class spec, optional
            A class, `predicted`, several as one, or a value and its direction, of the first output: the
            weights of the channels are computed for it too, each the mean over the map of the gradient of the
            class's logit (Selvaraju et al. 2017, eq. 1); of a segmentation of its sum over the region that is
            predicted.

        Raises
        ------
        ModelError
            The model fails, or a layer has no influence on its output.
        """
        import tensorflow as tf

        code = None if target is None else self._code(target)
        instead = 'Name fewer layers, or use a smaller `size` or `device="cpu"`'
        with running_on(self.device, instead, self.network.extras):
            one = image if isinstance(image, Inputs) else Inputs(image[None])
            given = (one.images, *(one.extras if code is None else one.beside))
            images, *extras = (tf.constant(fill(part, self.network.batch_size)) for part in given)
            if code is None:
                maps, scores, predicted = self._look(images, *extras)
                weights: Any = ()
                columns: Any = ()
            else:
                classes = tf.fill((len(images), 1), code)
                maps, scores, predicted, columns, weights = self._weigh(images, classes, *extras)
        blocks = self._targets.blocks
        goal = None if code is None or blocks[0].head is None else goal_of(blocks, int(columns.numpy()[0]))[1]
        return Observed(
            maps=tuple(self._read(maps)),
            weights=tuple(found.mean((0, 1)) for found in self._read(weights)),
            scores=scores.numpy()[0],
            predicted=int(predicted.numpy()[0]),
            target=None if goal is None else goal.target_class,
            goal=goal,
        )

    def _code(self, target: ClassSpec) -> int:
        """The column of a class, or its placeholder; the graph is made anew for several classes as one."""
        found = self._targets.with_groups(groups_in([target]))
        if found is not self._targets:
            self._targets = found
            vars(self).pop("_weigh", None)
        return codes_of(self._targets.blocks[:1], [target])[0]

    def _read(self, outputs: Iterable[Any]) -> Iterator[np.ndarray]:
        """Maps (h, w, k) of the one image in the outputs of the layers, or in something of their shapes."""
        for info, output in zip(self.layers, outputs, strict=False):
            yield maps_of(info, output.numpy())[0]

    # --- What is compiled ----------------------------------------------------------------------------

    @cached_property
    def _look(self) -> Any:
        def trace(images: Any, *extras: Any) -> tuple[Any, ...]:
            return self._answers(*self._run(images, extras))

        return self._compiled(trace)

    @cached_property
    def _weigh(self) -> Any:
        import tensorflow as tf

        def trace(images: Any, classes: Any, *beside: Any) -> tuple[Any, ...]:
            count, blocks = len(self.network.extras), self._targets.blocks
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                maps, answers = self._run(images, beside[:count], tape)
                table, _ = self._targets.read(answers, beside[count:])
                columns = resolved_in_graph(classes, table.output, table.predicted, blocks)[:, 0]
                score = tf.gather(table.logits, columns, axis=1, batch_dims=1)
            gradients = tape.gradient(score, maps)
            for info, gradient in zip(self.layers, gradients, strict=True):
                if gradient is None:
                    raise ModelError(
                        f"Layer {info.path!r} has no influence on the model's output. Name another."
                    )
            return *self._answers(maps, answers), columns, [tf.cast(found, tf.float32) for found in gradients]

        return self._compiled(trace, True)

    def _compiled(self, trace: Any, with_classes: bool = False) -> Any:
        import tensorflow as tf

        size = self.network.batch_size or 1
        signature = [tf.TensorSpec((size, *self.network.input_shape), tf.float32)]
        signature += [tf.TensorSpec((size, 1), tf.int32)] if with_classes else []
        signature += [tf.TensorSpec((size, *one.shape), fed_as(one.dtype)) for one in self.network.extras]
        regions = self._targets.regions if with_classes else []
        signature += [tf.TensorSpec((size, *sides), tf.uint8) for sides in regions]
        return tf.function(trace, signature, autograph=False)

    def _run(self, images: Any, extras: Sequence[Any], tape: Any = None) -> tuple[list[Any], Answers]:
        """Outputs of the layers, and the model's answers."""
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
            answers = self.network.run(images, extras=extras)
        return [found[id(info.layer)][info.number - 1] for info in self.layers], answers

    def _answers(self, maps: list[Any], answers: Answers) -> tuple[Any, ...]:
        import tensorflow as tf

        head, table = self.network.head, answers.table()
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
    if len(network.input_shape) > 3:
        raise ModelError(
            "The model takes volumes or films, and activations are drawn of pictures alone. Explain it, for "
            "maps that have a plane for each slice."
        )
    found = [network.find(name) for name in names]
    paths = [info.path for info in found]
    if len(set(paths)) < len(paths):
        raise InputError(f"One layer was given under two names ({', '.join(paths)}). Name it once.")
    return found
