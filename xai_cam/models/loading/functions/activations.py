"""Activations, also where they are called as functions."""

from __future__ import annotations

from xai_cam.models.loading.functions.arithmetic import PRODUCT, SUM, made
from xai_cam.models.loading.functions.calls import (
    LAYERS,
    NN,
    Call,
    Counterpart,
    Translate,
    is_number,
    is_whole,
    layer,
    one,
    operation,
)


def activation(name: str, tensor: object) -> Counterpart:
    """The layer of one of Keras' activations."""
    return layer("Activation", {"activation": name}, tensor)


def _along(name: str, class_name: str, module: str) -> Translate:
    """An activation of all that lies along an axis."""

    def translate(call: Call) -> Counterpart | None:
        axis = call.get("axis", -1)
        if not call.takes("axis") or not is_whole(axis):
            return None
        if axis == -1:
            return activation(name, call.first)
        return Counterpart(class_name, {"axis": axis}, [call.first], module)

    return translate


def _leaky_relu(call: Call) -> Counterpart | None:
    slope = call.get("alpha", 0.2)
    fits = call.takes("alpha") and is_number(slope)
    return layer("LeakyReLU", {"negative_slope": slope}, call.first) if fits else None


def _relu(call: Call) -> Counterpart | None:
    """Keras' own, which has a slope, a ceiling and a threshold."""
    numbers = {
        "negative_slope": call.get("alpha", 0.0),
        "max_value": call.get("max_value"),
        "threshold": call.get("threshold", 0.0),
    }
    given = [number for number in numbers.values() if number is not None]
    if not call.takes("alpha", "max_value", "threshold") or not all(map(is_number, given)):
        return None
    return layer("ReLU", numbers, call.first) if any(given) else activation("relu", call.first)


def _elu(call: Call) -> Counterpart | None:
    alpha = call.get("alpha", 1.0)
    fits = call.takes("alpha") and is_number(alpha)
    return layer("ELU", {"alpha": alpha}, call.first) if fits else None


def _gelu(call: Call) -> Counterpart | None:
    approximate = call.get("approximate", False)
    if not call.takes("approximate") or not isinstance(approximate, bool):
        return None
    return operation("Gelu", {"approximate": approximate}, call.first, module=NN)


def _silu(call: Call) -> Counterpart | None:
    beta = call.get("beta", 1.0)
    if not call.takes("beta") or not is_number(beta):
        return None
    if beta == 1:
        return activation("silu", call.first)
    return made(PRODUCT, call.first, activation("sigmoid", made(PRODUCT, call.first, beta)))


def _crelu(call: Call) -> Counterpart | None:
    axis = call.get("axis", -1)
    if not call.takes("axis") or not is_whole(axis):
        return None
    both = [activation("relu", call.first), activation("relu", made(PRODUCT, call.first, -1.0))]
    return layer("Concatenate", {"axis": axis}, *both)


def _hard_sigmoid(call: Call) -> Counterpart | None:
    """That of Keras 2."""
    if not call.takes():
        return None
    return operation("Clip", {"x_min": 0.0, "x_max": 1.0}, made(SUM, made(PRODUCT, call.first, 0.2), 0.5))


PLAIN = ("relu", "relu6", "sigmoid", "tanh", "selu", "softplus", "softsign")
"""Activations of one tensor that have the same name everywhere."""

_SOFTMAX = _along("softmax", "Softmax", LAYERS)

ACTIVATIONS: dict[str, Translate] = {
    **{
        f"{module}{name}": one("Activation", LAYERS, activation=name)
        for module in ("nn.", "math.", "", "keras.activations.", "keras.backend.")
        for name in PLAIN
    },
    **{f"{module}elu": _elu for module in ("nn.", "keras.activations.", "keras.backend.")},
    **{f"{module}.relu": _relu for module in ("keras.activations", "keras.backend")},
    **{f"{module}softmax": _SOFTMAX for module in ("nn.", "math.", "keras.activations.", "keras.backend.")},
    **{f"{module}log_softmax": _along("log_softmax", "LogSoftmax", NN) for module in ("nn.", "math.")},
    **{f"{module}.{name}": _silu for module in ("nn", "keras.activations") for name in ("silu", "swish")},
    **{f"{module}.gelu": _gelu for module in ("nn", "keras.activations")},
    **{f"{module}.hard_sigmoid": _hard_sigmoid for module in ("keras.activations", "keras.backend")},
    **{"nn.leaky_relu": _leaky_relu, "nn.crelu": _crelu},
    "keras.activations.exponential": one("Activation", LAYERS, activation="exponential"),
    "keras.activations.linear": one("Identity", LAYERS),
    "keras.activations.mish": one("Activation", LAYERS, activation="mish"),
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
