"""A chain of NumPy layers, built from Keras files: outputs, logits, probabilities, gradients of a logit.

Names are those of the Keras layers. A layer's output is what Keras means by it: *after* an activation that is
fused into it (`Conv2D(…, activation="relu")`). The activation at the very end of the model, fused or a layer
of its own, is kept apart from the chain, so that the logits can be had without it.

The classes of a model with one output unit, z, are two: 0 with the logit -z, 1 with the logit z.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import layers
from .arrays import Array, Pair
from .keras_files import LayerSpec, read_specs
from .layers import Layer

ACTIVATIONS = ("linear", "relu", "softmax", "sigmoid")


@dataclass(frozen=True)
class Stage:
    """One Keras layer: its name, and the NumPy layers that make it up (none, one, or one and its ReLU)."""

    name: str
    parts: tuple[Layer, ...]


@dataclass(frozen=True)
class Network:
    """A chain of stages; the last one stands without its activation, which is named in `last_activation`."""

    stages: tuple[Stage, ...]
    last_activation: str = "linear"

    @property
    def names(self) -> list[str]:
        """Names of the layers, from the first to the last."""
        return [stage.name for stage in self.stages]

    def _parts(self, first: int, last: int) -> list[Layer]:
        """NumPy layers of the stages first … last - 1."""
        return [part for stage in self.stages[first:last] for part in stage.parts]

    def _after(self, name: str) -> int:
        """Index of the stage after the named one."""
        if name not in self.names:
            raise ValueError(f"no layer {name!r}; there are: {', '.join(self.names)}")
        return self.names.index(name) + 1

    def outputs(self, x: Array) -> dict[str, Array]:
        """Output of every layer for the input x (n, H, W, c), the last one with its activation."""
        x = np.asarray(x, dtype=np.float64)
        found = {}
        for stage in self.stages:
            for part in stage.parts:
                x = part.forward(x)
            found[stage.name] = x
        found[self.stages[-1].name] = _activate(x, self.last_activation)
        return found

    def output(self, x: Array, name: str) -> Array:
        """Output of the named layer, (n, h, w, k) or (n, d)."""
        self._after(name)
        return self.outputs(x)[name]

    def forward(self, x: Array) -> Array:
        """Logits (n, units): what the model puts out, with the activation at its end taken off."""
        x = np.asarray(x, dtype=np.float64)
        for part in self._parts(0, len(self.stages)):
            x = part.forward(x)
        return x

    def forward_from(self, name: str, activations: Array) -> Array:
        """Logits (n, units) if the named layer put out `activations` (n, h, w, k)."""
        x = np.asarray(activations, dtype=np.float64)
        for part in self._parts(self._after(name), len(self.stages)):
            x = part.forward(x)
        return x

    def class_logits(self, logits: Array) -> Array:
        """Logit of every class, (n, classes), from (n, units): of one unit z come the two classes (-z, z)."""
        if logits.ndim != 2:
            raise ValueError(f"the logits have shape {logits.shape}, not (images, units)")
        return np.concatenate([-logits, logits], axis=1) if logits.shape[1] == 1 else logits

    def probabilities(self, x: Array) -> Array:
        """Probability of every class, (n, classes); (1 - p, p) where there is one unit.

        A model that ends without an activation gets the one that its number of units suggests.

        Raises
        ------
        ValueError
            The model's outputs are no probabilities: it ends with a ReLU, or with a softmax over one unit.
        """
        return self.class_probabilities(self.forward(x))

    def class_probabilities(self, logits: Array) -> Array:
        """The same (n, classes) of what the model gives before its last activation (n, units)."""
        z = self.class_logits(logits)
        one_unit = logits.shape[1] == 1
        kind = self.last_activation
        if kind == "linear":
            kind = "sigmoid" if one_unit else "softmax"
        if kind == "sigmoid":
            return layers.sigmoid(z)  # of one unit: sigmoid(-z) = 1 - p and sigmoid(z) = p
        if kind == "softmax" and not one_unit:
            return layers.softmax(z)
        raise ValueError(f"{kind} over {logits.shape[1]} unit(s) gives no probabilities")

    def gradient(self, x: Array, name: str, target_class: int) -> Array:
        """dz/dA (n, h, w, k): the logit z of the target class by the named layer's output A (n, h, w, k).

        1. Forward to A, then on to the logits, keeping the input of every step.
        2. dz/dlogits (n, units) is 1 at the target class; of one unit it is +1 for class 1, -1 for class 0.
        3. Backward through the steps, the last one first.
        """
        first = self._after(name)
        if first == len(self.stages) and self.last_activation != "linear":
            raise ValueError("the gradient of a logit by the model's activated output is not defined here")
        values = [np.asarray(x, dtype=np.float64)]
        for part in self._parts(0, first):
            values = [part.forward(values[0])]
        steps = self._parts(first, len(self.stages))
        for part in steps:
            values.append(part.forward(values[-1]))

        grad = np.zeros_like(values[-1])  # (n, units)
        if grad.shape[1] == 1:
            grad[:, 0] = (-1.0, 1.0)[target_class]
        else:
            grad[:, target_class] = 1.0
        for part, value in zip(reversed(steps), reversed(values[:-1]), strict=True):
            grad = part.backward(value, grad)
        return grad


def read_network(architecture: str | Path, weights: str | Path) -> Network:
    """The network in an architecture JSON and an H5 file of weights, both of Keras 2 or 3."""
    return build(read_specs(architecture, weights))


def read_whole_h5(path: str | Path) -> Network:
    """The network in a whole-model H5 file (`model.save("model.h5")`)."""
    return build(read_specs(None, path))


def _activate(z: Array, kind: str) -> Array:
    """The activation at the end of the model."""
    return {
        "linear": lambda: z,
        "relu": lambda: np.maximum(z, 0.0),
        "softmax": lambda: layers.softmax(z),
        "sigmoid": lambda: layers.sigmoid(z),
    }[kind]()


# --- Building ------------------------------


def build(specs: Sequence[LayerSpec]) -> Network:
    """The chain that the files describe.

    Raises
    ------
    ValueError
        A layer, or one of its options, is not known here; also softmax and sigmoid anywhere but at the end.
    """
    stages: list[Stage] = []
    kind = "linear"
    flat = False
    for spec in specs:
        if kind in ("softmax", "sigmoid"):
            raise ValueError(f"{kind} before the layer {spec.name!r}: it is known at the end only")
        if kind == "relu":  # of the layer before: it was not the last one after all
            stages[-1] = Stage(stages[-1].name, (*stages[-1].parts, layers.ReLU()))
        flat = flat or spec.class_name in ("Flatten", "GlobalAveragePooling2D")
        parts, kind = _layer(spec, flat)
        if kind not in ACTIVATIONS:
            raise ValueError(f"layer {spec.name!r} has the activation {kind!r}, which is not known here")
        stages.append(Stage(spec.name, parts))
    return Network(tuple(stages), kind)


def _layer(spec: LayerSpec, flat: bool) -> tuple[tuple[Layer, ...], Any]:
    """A layer without its activation, and the activation's name; `flat`: the data are vectors by now."""
    config = spec.config
    _only(spec, data_format=("channels_last",), keepdims=(False,))
    match spec.class_name:
        case "Conv2D" | "DepthwiseConv2D":
            return (_convolution(spec),), config["activation"]
        case "Dense":
            if not flat:
                raise ValueError(f"layer {spec.name!r} is a Dense on maps, which is not known here")
            return (layers.Dense(*_kernel_and_bias(spec)),), config["activation"]
        case "BatchNormalization":
            _only(spec, axis=(-1, [-1], 1, [1]) if flat else (-1, [-1], 3, [3]))
            return (_batch_normalization(spec),), "linear"
        case "MaxPooling2D" | "AveragePooling2D":
            size = _pair(config["pool_size"])
            pooling = getattr(layers, spec.class_name)
            return (pooling(size, _pair(config["strides"] or size), config["padding"]),), "linear"
        case "GlobalAveragePooling2D":
            return (layers.GlobalAveragePooling2D(),), "linear"
        case "Flatten":
            return (layers.Flatten(),), "linear"
        case "Dropout":  # nothing, in inference mode
            return (), "linear"
        case "Activation":
            return (), config["activation"]
        case "Softmax":
            _only(spec, axis=(-1,))
            return (), "softmax"
        case "ReLU":
            _only(spec, max_value=(None,), negative_slope=(0,), threshold=(0,))
            return (), "relu"
    raise ValueError(f"layer {spec.name!r} is a {spec.class_name}, which is not known here")


def _convolution(spec: LayerSpec) -> Layer:
    """A convolution: plain, grouped or depthwise. Early Keras 2 did not write down dilation and groups."""
    config = spec.config
    (kernel, bias), groups = _kernel_and_bias(spec), config.get("groups", 1)
    walk = _pair(config["strides"]), config["padding"], _pair(config.get("dilation_rate", 1))
    if spec.class_name == "DepthwiseConv2D":
        return layers.depthwise_conv2d(kernel, bias, *walk)
    if groups > 1:
        return layers.GroupedConv2D(kernel, bias, groups, *walk)
    return layers.Conv2D(kernel, bias, *walk)


def _kernel_and_bias(spec: LayerSpec) -> tuple[Array, Array]:
    """Kernel and bias, zeros where the layer has none.

    Kernel (…, units) and bias (units,); of a depthwise convolution (kh, kw, c, m) and (c * m,).
    """
    kernel, *bias = spec.weights
    units = math.prod(kernel.shape[2:] if spec.class_name == "DepthwiseConv2D" else kernel.shape[-1:])
    return kernel, bias[0] if bias else np.zeros(units)


def _batch_normalization(spec: LayerSpec) -> layers.BatchNormalization:
    """Its weights are [gamma, if scaled], [beta, if centred], mean, variance."""
    *affine, mean, variance = spec.weights
    gamma = affine.pop(0) if spec.config["scale"] else np.ones_like(mean)
    beta = affine.pop(0) if spec.config["center"] else np.zeros_like(mean)
    return layers.BatchNormalization(gamma, beta, mean, variance, spec.config["epsilon"])


def _pair(value: int | Sequence[int]) -> Pair:
    """Rows and columns, from one number or two."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _only(spec: LayerSpec, **allowed: tuple[Any, ...]) -> None:
    """Refuses a layer whose option has another value than the allowed ones."""
    for option, values in allowed.items():
        if option in spec.config and spec.config[option] not in values:
            raise ValueError(
                f"layer {spec.name!r} has {option}={spec.config[option]!r}, which is not known here"
            )
