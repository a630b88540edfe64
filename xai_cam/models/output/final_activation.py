"""The final activation of a traced model: what went in, and the probabilities that it gave.

It is looked for in the graph, backwards from the output, through operations that keep the numbers (a
reshape, a cast) or change them all alike (a clip, a smoothing by constants), so that nothing in the model
has to be changed to see its logits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.models.observing import Activation
from xai_cam.models.output.graph_operations import Step, softmax_or_sigmoid, step_back
from xai_cam.models.output.graph_ranges import range_of

PROBABILITIES = frozenset({"softmax", "log_softmax", "sigmoid", "hard_sigmoid", "ones"})
"""Final activations that give probabilities, or their logarithm; `ones` is a softmax over one number."""

ACTIVATION_OPS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
}
"""Other graph operations that are an activation by themselves, under the names of Keras."""

NAMED = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax", "keras2_hard_sigmoid": "hard_sigmoid"}
"""What TensorFlow's functions and old activations are called here."""

TRUSTED = frozenset(
    (*PROBABILITIES, *NAMED, "silu", "swish", "gelu", "mish", "hard_silu", "hard_swish", "celu")
)
"""Names of activations that are believed before the graph is looked at: it is no single operation."""


@dataclass(frozen=True)
class FinalActivation:
    """The last activation before a model's output.

    Attributes
    ----------
    name : str
        As Keras calls it; `linear` for none; `unknown` where the output is made of probabilities, but not of
        one activation's, so that there are no logits.
    logits : tensor
        What went in; the output itself where there is none.
    values : tensor
        The model's output; as probabilities where it is their logarithm or a multiple of them.
    exact : bool
        Whether the output is the activation's, with no number changed.
    span : (float, float), optional
        What a scaled activation can give, if that is no probability.
    """

    name: str
    logits: Any
    values: Any
    exact: bool = True
    span: tuple[float, float] | None = None


def find_activation(output: Any, activations: Sequence[Activation]) -> FinalActivation:
    """The final activation behind a model's output.

    Parameters
    ----------
    output : tensor
        The output, in a graph.
    activations : sequence of Activation
        What passed through the `activation` of the model's layers.
    """
    tensor, unnamed = output, None
    steps: list[Step] = []
    while True:
        spied = _spied(tensor, activations)
        found = softmax_or_sigmoid(tensor)
        if found is None and spied is not None and spied.name in TRUSTED:
            found = NAMED.get(spied.name, spied.name), spied.input
        if found is not None and found[0] in PROBABILITIES:
            return _probabilities(output, tensor, steps, *found)
        if found is None and tensor.op.type in ACTIVATION_OPS:
            found = ACTIVATION_OPS[tensor.op.type], tensor.op.inputs[0]
        changed = any(not step.keeps for step in steps)
        if found is not None and not changed:
            return FinalActivation(found[0], found[1], output)
        unnamed = unnamed or (spied if not changed else None)
        step = step_back(tensor) if found is None else None
        if step is None:
            return _no_activation(output, unnamed)
        steps.append(step)
        tensor = step.input


def _spied(tensor: Any, activations: Sequence[Activation]) -> Activation | None:
    own = (a for a in reversed(activations) if a.output is tensor and a.input is not tensor)
    return next(own, None)


def _probabilities(output: Any, found: Any, steps: list[Step], name: str, logits: Any) -> FinalActivation:
    import tensorflow as tf

    if all(step.keeps for step in steps):
        return FinalActivation(name, logits, tf.exp(output) if name == "log_softmax" else output)
    falling = math.prod(step.slope for step in steps) < 0
    if falling and name == "softmax":
        return _no_activation(output, None)
    logits = -logits if falling else logits
    low, high = range_of(output) or (-math.inf, math.inf)
    if low >= 0 and high <= 1:
        return FinalActivation(name, logits, output, exact=False)
    if high <= 0 and any(step.logarithm for step in steps):
        return FinalActivation("log_softmax" if name == "softmax" else name, logits, tf.exp(output), False)
    own = tf.exp(found) if name == "log_softmax" else found
    return FinalActivation(name, logits, 1 - own if falling else own, False, (low, high))


def _no_activation(output: Any, unnamed: Activation | None) -> FinalActivation:
    low, high = range_of(output) or (-math.inf, math.inf)
    if low >= 0 and high <= 1:
        return FinalActivation("unknown", output, output)
    if unnamed is not None:
        return FinalActivation(NAMED.get(unnamed.name, unnamed.name), unnamed.input, output)
    return FinalActivation("linear", output, output)
