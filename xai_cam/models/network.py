"""A loaded model seen as a tree of layers: find one, pick the default, describe the head, look inside."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from xai_cam.errors import ModelError, words_of
from xai_cam.models.head import Head, before_activation, describe_head, probe
from xai_cam.models.input_shape import image_shape
from xai_cam.models.layers import LayerInfo, Wanted, resolve
from xai_cam.models.observing import Seen, has_layers, observing

__all__ = ["LayerInfo", "Network", "list_layers"]


def _without_maps(info: LayerInfo, path: str, spatial: list[str]) -> str:
    size = "several tensors"
    if info.shape is not None:
        size = " x ".join("?" if side is None else str(side) for side in info.shape)
    return (
        f"Layer {path!r} has no spatial output (it gives {size}). Name a layer with maps larger "
        f"than 1 x 1: {', '.join(spatial) or 'this model has none'}."
    )


SPATIAL = Wanted(lambda info: info.spatial, "Nearest names", False, _without_maps)
"""Layers that can be explained."""


class Network:
    """A Keras model, its input, its layers in the order of the call, and its head.

    Parameters
    ----------
    model : keras.Model
        Called, never changed.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.

    Raises
    ------
    ModelError
        It is no image classifier with one input and one output, or its input's size is open.
    """

    def __init__(self, model: Any, size: tuple[int, int] | None = None) -> None:
        self.model = model
        self.input_shape = image_shape(model, size)
        self.layers, self.head = _explore(model, self.input_shape)

    def find(self, path: str | None = None) -> LayerInfo:
        """The layer at `path` (a name, `outer/inner`, or an unambiguous inner name); None: the default.

        Raises
        ------
        ModelError
            No such layer, several of that name, or a layer whose output is no stack of maps.
        """
        if path is None:
            return self.default_layer()
        return resolve(self.layers, path, SPATIAL)

    def default_layer(self) -> LayerInfo:
        """The last layer before the head whose output is 4-D and larger than 1 x 1.

        Activations, additions, concatenations and poolings count; whatever stands before the first
        convolution does not.
        """
        orders = [info.order for info in self.layers if _is_convolution(info.layer)]
        leaves = [info for info in self.layers if info.spatial and not has_layers(info.layer)]
        after = [info for info in leaves if orders and info.order >= min(orders)]
        if not after:
            raise ModelError(
                "The model has no convolution with maps larger than 1 x 1, so there is nothing to draw a "
                "heat map of. Give a convolutional network."
            )
        return max(after, key=lambda info: info.order)

    def spatial_layers(self) -> list[LayerInfo]:
        """The layers that can be explained, in the order of the call."""
        return [info for info in self.layers if info.spatial]

    def run(self, inputs: Any, target: LayerInfo | None = None, seen: Seen | None = None) -> tuple[Any, Any]:
        """Call the model inside a trace and look at its class scores.

        Parameters
        ----------
        inputs : (n, H, W, c) symbolic tensor
            Preprocessed images.
        target : LayerInfo, optional
            Layer to look at.
        seen : callable, optional
            Gets that layer and its output at each of its calls; what it returns replaces the output.

        Returns
        -------
        logits : (n, classes) float32
            Scores of the classes before the final activation; [-z, z] for a one-unit head.
        output : (n, classes) float32
            The model's own output for each class; [1 - p, p] for a one-unit sigmoid.
        """
        import tensorflow as tf

        layers = [] if target is None else [target.layer]
        with observing(_leaves(self.model), layers, seen or _hand_on) as activations:
            output = _single(self.model(inputs, training=False))
        raw, _ = before_activation(output, activations)
        n, units = tf.shape(output)[0], self.head.units
        z = tf.cast(tf.reshape(raw, (n, units)), tf.float32)
        y = tf.cast(tf.reshape(output, (n, units)), tf.float32)
        if self.head.activation == "unknown":
            z = tf.math.log(tf.maximum(tf.concat([1 - y, y], 1) if units == 1 else y, 1e-37))
            return z, tf.exp(z)
        if units > 1:
            return z, y
        both = tf.concat([-z, z], 1)
        if self.head.activation == "sigmoid":
            return both, tf.sigmoid(both)
        return both, tf.concat([1 - y, y], 1) if self.head.activation == "hard_sigmoid" else both

    def probabilities(self, logits: Any, output: Any) -> Any:
        """Class probabilities of what `run` returned; for heads that have them."""
        import tensorflow as tf

        if self.head.activation != "linear":
            return output
        return tf.sigmoid(logits) if self.head.units == 1 else tf.nn.softmax(logits)

    def predicted(self, output: Any) -> Any:
        """Index of the predicted class, (n,) int32; a one-unit tie (p = 0.5, z = 0) is class 1."""
        import tensorflow as tf

        if self.head.units == 1:
            return tf.cast(output[:, 1] >= output[:, 0], tf.int32)
        return tf.argmax(output, axis=1, output_type=tf.int32)


def _hand_on(_: Any, output: Any) -> Any:
    return output


# --- Exploring a model once --------------------------------------------------------------------------


def _explore(model: Any, shape: tuple[int, int, int]) -> tuple[list[LayerInfo], Head]:
    """Trace the model once; record every layer's call and find out what the output is."""
    import tensorflow as tf

    paths = _paths(model)
    calls: list[tuple[Any, Any]] = []

    def record(layer: Any, output: Any) -> Any:
        calls.append((layer, output))
        return output

    layers = list(paths.values())
    head: list[Head] = []

    def call(inputs: Any) -> Any:
        with observing(layers, layers, record) as activations:
            output = _single(model(inputs, training=False))
        head.append(describe_head(output, activations))
        return output

    function = tf.function(call, autograph=False)
    try:
        function.get_concrete_function(tf.TensorSpec((None, *shape), tf.float32))
    except (ValueError, TypeError, tf.errors.OpError) as error:
        scope = re.search("(\\S.*) is not a valid scope name", str(error))
        if scope:
            raise ModelError(
                f"TensorFlow cannot run a model with a layer called {scope[1]}. Rename it (a-z, A-Z, 0-9, . "
                "_ -)."
            ) from error
        raise ModelError(
            f"The model cannot be run on an input of {shape}: {words_of(error)}. Check `size` and the file."
        ) from error
    if head[0].activation == "linear":
        head[0] = probe(function, shape, head[0])
    last = {id(layer): (order, output) for order, (layer, output) in enumerate(calls)}
    times = Counter(id(layer) for layer, _ in calls)
    infos = [
        LayerInfo(path, layer, _shape(last[id(layer)][1]), last[id(layer)][0], times[id(layer)])
        for path, layer in paths.items()
        if id(layer) in last
    ]
    return sorted(infos, key=lambda info: info.order), head[0]


def list_layers(model: Any) -> list[LayerInfo]:
    """The layers of a model that need not be called, in the order in which it holds them, without shapes."""
    return [LayerInfo(path, layer, None, order) for order, (path, layer) in enumerate(_paths(model).items())]


def _paths(model: Any) -> dict[str, Any]:
    """Path -> layer, for every layer inside the model; a shared layer has the first path found."""
    paths: dict[str, Any] = {}
    known: set[int] = set()

    def visit(parent: Any, prefix: str) -> None:
        for layer in parent._flatten_layers(include_self=False, recursive=False):
            if id(layer) not in known and type(layer).__name__ != "InputLayer":
                known.add(id(layer))
                paths[prefix + layer.name] = layer
                visit(layer, prefix + layer.name + "/")

    visit(model, "")
    return paths


def _leaves(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers(include_self=False) if not has_layers(layer)]


def _is_convolution(layer: Any) -> bool:
    return any(len(variable.shape) == 4 for variable in layer.weights)


def _shape(output: Any) -> tuple[int | None, ...] | None:
    shape = getattr(output, "shape", None)
    return None if shape is None else tuple(shape)[1:]


def _single(output: Any) -> Any:
    """The one output tensor of a call."""
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)):
        if len(output) != 1:
            raise ModelError(
                f"The model has {len(output)} outputs. Only models with one output can be explained."
            )
        return output[0]
    return output
