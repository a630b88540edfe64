"""Calls of TensorFlow's functions, and what arithmetic among them is in Keras 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from xai_cam.models.loading.shape import Config, is_reference

LAYERS, NUMPY = "keras.layers", "keras.src.ops.numpy"
"""Where layers and operations come from in Keras 3."""


@dataclass(frozen=True)
class Call:
    """A function of TensorFlow as it was called: its first argument, and those by name that were set.

    Tensors are references to layers, several of them a list.
    """

    first: Any
    arguments: Config

    def get(self, name: str, default: Any = None) -> Any:
        """An argument, or what it is where it was left out."""
        value = self.arguments.get(name)
        return default if value is None else value

    def takes(self, *names: str) -> bool:
        """Whether the first argument is one tensor, and no others than these and `name` were set."""
        return is_reference(self.first) and self.has_only(*names)

    def has_only(self, *names: str) -> bool:
        """Whether no arguments other than these and `name` were set."""
        return {name for name, value in self.arguments.items() if value is not None} <= {*names, "name"}


@dataclass(frozen=True)
class Counterpart:
    """A layer or operation of Keras 3: its module, class and configuration, and what it is called on."""

    class_name: str
    config: Config
    inputs: list[Any]
    module: str = LAYERS
    keywords: Config = field(default_factory=dict)


Translate = Callable[[Call], Counterpart | None]
"""Gives nothing for a call that Keras 3 has no counterpart of."""


def numbers_of(value: Any) -> Any:
    """A number, or a list of one number a channel, of whatever brackets around it; None for all else."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    listed = value if isinstance(value, list) else [value]
    return value if listed and all(map(is_number, listed)) else None


def is_number(value: Any) -> bool:
    """Whether a value is a number and no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    return [change(n) for n in value] if isinstance(value, list) else change(value)


def rescaling(tensor: Any, scale: Any = 1.0, offset: Any = 0.0) -> Counterpart:
    """The layer that computes scale * x + offset."""
    return Counterpart("Rescaling", {"scale": scale, "offset": offset}, [tensor])


def _arithmetic(merging: str | None, class_name: str, scaled: Callable[[Any, Any, bool], Any]) -> Translate:
    """Of two tensors a merging layer or an operation; of a tensor and numbers what `scaled` makes of them."""

    def translate(call: Call) -> Counterpart | None:
        first, second = call.first, call.arguments.get("y")
        if not call.has_only("y"):
            return None
        if is_reference(first) and is_reference(second):
            inputs = [first, second]
            return Counterpart(merging, {}, inputs) if merging else operation(class_name, {}, *inputs)
        tensor, number = (first, second) if is_reference(first) else (second, first)
        numbers = numbers_of(number)
        if not is_reference(tensor) or numbers is None:
            return None
        made: Counterpart | None = scaled(tensor, numbers, tensor is first)
        if made is None and not isinstance(numbers, list):
            return operation(class_name, {}, *((tensor, numbers) if tensor is first else (numbers, tensor)))
        return made

    return translate


def operation(name: str, config: Config, *inputs: Any, module: str = NUMPY, **more: Any) -> Counterpart:
    """An operation of Keras 3 on tensors and constants; `more` are its arguments by name."""
    return Counterpart(name, config, list(inputs), module, more)


def _difference(tensor: Any, numbers: Any, tensor_first: bool) -> Counterpart:
    if tensor_first:
        return rescaling(tensor, offset=_each(lambda n: -n, numbers))
    return rescaling(tensor, -1.0, numbers)


def _quotient(tensor: Any, numbers: Any, tensor_first: bool) -> Counterpart | None:
    if not tensor_first or not all(numbers if isinstance(numbers, list) else [numbers]):
        return None
    return rescaling(tensor, _each(lambda n: 1 / n, numbers))


SUM = _arithmetic("Add", "Add", lambda x, n, _: rescaling(x, offset=n))
DIFFERENCE = _arithmetic("Subtract", "Subtract", _difference)
PRODUCT = _arithmetic("Multiply", "Multiply", lambda x, n, _: rescaling(x, n))
QUOTIENT = _arithmetic(None, "TrueDivide", _quotient)
MAXIMUM = _arithmetic("Maximum", "Maximum", lambda *_: None)
MINIMUM = _arithmetic("Minimum", "Minimum", lambda *_: None)
POWER = _arithmetic(None, "Power", lambda *_: None)
