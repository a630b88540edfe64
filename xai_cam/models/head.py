"""What a model's output means: how many classes, which final activation, and the logits before it.

The logits are found in the traced graph, one operation before the model's output, so that nothing in
the model has to be changed to see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.observing import Activation

KEEPS_VALUES = frozenset({"Identity", "Reshape", "Squeeze", "ExpandDims", "Cast", "EnsureShape"})
"""Graph operations that a final activation may stand behind."""

ACTIVATION_OPS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
}
"""Graph operations that are an activation by themselves, under the names of Keras."""


@dataclass(frozen=True)
class Head:
    """What the model's output means.

    `activation` is the final activation's name, `linear`, or `unknown` where the output is made of
    probabilities whose logits cannot be had (their logarithm then stands in for the logit).
    """

    units: int
    activation: str

    @property
    def classes(self) -> int:
        """One unit tells two classes apart."""
        return 2 if self.units == 1 else self.units

    @property
    def has_probabilities(self) -> bool:
        """Whether the model's output can be read as probabilities."""
        return self.activation in ("softmax", "sigmoid", "hard_sigmoid", "linear", "unknown")

    @property
    def score_name(self) -> str:
        """What the score called `logit` is for this head."""
        return "log-probability" if self.activation == "unknown" else "logit"

    def describe(self) -> str:
        """The head in words: `10 classes, softmax`."""
        units = "one unit" if self.units == 1 else f"{self.units} classes"
        multi = ", multi-label" if self.units > 1 and self.activation == "sigmoid" else ""
        return f"{units}, {self.activation}{multi}"


def describe_head(output: Any, activations: list[Activation]) -> Head:
    shape = tuple(output.shape)[1:]
    if not shape or any(d != 1 for d in shape[:-1]) or shape[-1] is None:
        raise ModelError(
            f"The model is not a classifier of whole images: its output is {shape}. Give one that ends in "
            "one score per class."
        )
    _, activation = before_activation(output, activations)
    if activation == "softmax" and shape[-1] == 1:
        raise ModelError(
            "The model ends in a softmax over a single unit, which is 1 for every image. Train it with a "
            "sigmoid, or with two units."
        )
    return Head(shape[-1], activation)


def before_activation(output: Any, activations: list[Activation]) -> tuple[Any, str]:
    """The tensor that went into the model's final activation, and that activation's name."""
    tensor = output
    while True:
        for spied in reversed(activations):
            if spied.output is tensor and spied.input is not tensor:
                return spied.input, spied.name.removeprefix("keras2_")  # as old hard_sigmoids are loaded
        if tensor.op.type in ACTIVATION_OPS:
            return tensor.op.inputs[0], ACTIVATION_OPS[tensor.op.type]
        if tensor.op.type not in KEEPS_VALUES:
            return output, "linear"
        tensor = tensor.op.inputs[0]


def probe(function: Any, shape: tuple[int, int, int], head: Head) -> Head:
    """Outputs without a final activation that sum to 1 are probabilities all the same (an average, say)."""
    import numpy as np
    import tensorflow as tf

    if head.units == 1:
        return head
    inputs = np.random.default_rng(0).uniform(0, 1, (2, *shape)).astype(np.float32)
    inputs[1] *= 255
    output = np.asarray(function(tf.constant(inputs))).reshape(2, head.units)
    if (output >= 0).all() and np.allclose(output.sum(1), 1, atol=1e-3):
        return Head(head.units, "unknown")
    return head
