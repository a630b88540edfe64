"""Random weights in place of learnt ones, layer by layer from the head down (Adebayo et al. 2018).

A kernel (two dimensions or more) is drawn anew from a normal distribution with mean 0 and the kernel's own
root mean square, so that signals keep their size. Vectors (biases, the scales and statistics of a batch
normalisation) are shuffled among themselves, since their signs and ranges have a meaning: a variance must not
become negative. The weights are assigned in place and put back; nothing has to be compiled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.errors import ModelError
from xai_cam.models.devices import running_on
from xai_cam.models.input.held_inputs import fed_as
from xai_cam.models.layers import WHOLE
from xai_cam.models.network import LayerInfo, Network


@dataclass(frozen=True)
class Stage:
    """One layer of a cascade: its path, its own weights, and whether it stands `above` the target layer.

    What stands above does not change the target layer's activations, only what the model makes of them.
    """

    path: str
    variables: tuple[Any, ...]
    above: bool


def cascade(network: Network, target: LayerInfo) -> tuple[Stage, ...]:
    """The layers to randomise one after the other, from the head down to the target layer.

    Layers with weights, in the reverse order of the call; of layers that are called several times the last
    call counts, but a layer that also feeds the target does not stand above it. The last stage is the target
    layer, or where that has no kernel (an activation, a pooling, a normalisation) the nearest layer with one
    that feeds it. Of the input (`WHOLE`) all layers stand above it. Weights that several layers share are
    randomised once, where they are met first.

    Raises
    ------
    ModelError
        Nothing from the head down to the target has weights.
    """
    feeding = set() if target is WHOLE else _feeding(network, target)  # nothing comes before the input
    known: set[int] = set()
    above: list[Stage] = []
    below: list[Stage] = []
    for info in reversed(network.layers):
        variables = tuple(v for v in own_weights(info.layer) if id(v) not in known)
        if not variables:
            continue
        feeds = any(id(v) in feeding for v in variables)
        if not feeds and info.order < target.order:
            continue  # a branch beside the target
        known.update(id(v) for v in variables)
        (below if feeds else above).append(Stage(info.path, variables, above=not feeds))
        if feeds and info.order <= target.order and any(len(v.shape) >= 2 for v in variables):
            break
    if not above and not below:
        if target is WHOLE:
            raise ModelError(
                "No layer of the model has weights to make random. Give a model that was trained."
            )
        raise ModelError(f"No layer from the head down to {target.path!r} has weights. Name another layer.")
    return (*above, *below)


def own_weights(layer: Any) -> list[Any]:
    """The floating-point weights of a layer that are not those of a layer inside it."""
    if not hasattr(layer, "weights"):  # an operation
        return []
    inner = {id(v) for part in layer._flatten_layers(include_self=False) for v in part.weights}
    return [v for v in layer.weights if id(v) not in inner and "float" in str(v.dtype)]


def randomise(stage: Stage, rng: np.random.Generator) -> None:
    """Replace a stage's own weights by random ones."""
    for variable in stage.variables:
        variable.assign(random_like(np.array(variable), rng))


def random_like(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random numbers of the same shape, type and size: a kernel drawn anew, a vector shuffled."""
    if values.ndim < 2:
        return rng.permutation(values) if values.ndim else values
    size = np.sqrt(np.mean(values.astype(np.float64) ** 2))
    return rng.normal(0, size, values.shape).astype(values.dtype)


@contextmanager
def put_back(stages: Iterable[Stage]) -> Iterator[None]:
    """Restore the stages' weights, bit for bit, when the block ends, also after errors."""
    kept = [(variable, np.array(variable)) for stage in stages for variable in stage.variables]
    try:
        yield
    finally:
        for variable, values in kept:
            variable.assign(values)


def randomised(stages: Sequence[Stage], seed: Sequence[int]) -> Iterator[Stage]:
    """Randomise stage after stage, each on top of those before it, and yield each when it is done.

    The weights stay random: use inside `put_back`.
    """
    rng = np.random.default_rng(seed)
    for stage in stages:
        randomise(stage, rng)
        yield stage


def _feeding(network: Network, target: LayerInfo) -> set[int]:
    """The ids of the weights that the target layer's output depends on, found by walking back the graph."""
    import tensorflow as tf

    outputs: list[Any] = []

    def seen(_: Any, output: Any) -> Any:
        outputs.append(output)
        return output

    def call(images: Any, *extras: Any) -> Any:
        return network.run(images, target, seen, extras).tensors

    given = [tf.TensorSpec((None, *network.input_shape), tf.float32)]
    given += [tf.TensorSpec((None, *one.shape), fed_as(one.dtype)) for one in network.extras]
    with running_on("/CPU:0", "Use a smaller `size`"):
        graph = tf.function(call, given, autograph=False).get_concrete_function().graph
    waiting, reached = [outputs[-1].op], {outputs[-1].op}
    while waiting:
        new = {tensor.op for tensor in waiting.pop().inputs} - reached
        reached |= new
        waiting += new
    handles = {id(outer) for outer, inner in graph.captures if inner.op in reached}
    return {id(v) for v in network.model.weights if id(v.value.handle) in handles}
