"""Calls of TensorFlow's functions as data, and what computes the same in Keras 3."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from xai_cam.models.loading.shape import Config, is_reference

LAYERS = "keras.layers"
NUMPY, NN, CORE, IMAGE, MATH = (f"keras.src.ops.{part}" for part in ("numpy", "nn", "core", "image", "math"))
"""Where layers and operations come from in Keras 3."""


CALLED = "xai_cam>FunctionOfTensorFlow"
"""Class of what calls a function by its name, where that is allowed."""

BATCH = 1_000_003
"""Stands for the number of images where shapes are computed with: a prime that no side of a layer has."""


@dataclass(frozen=True)
class Open:
    """A number that the images tell, such as how many they are; what is computed of it is one too.

    `value` is what it is for a batch of `BATCH` images, None where that leaves it open.
    """

    value: Any

    def _with(self, compute: Callable[[Any, Any], Any], other: Any, turned: bool = False) -> Any:
        second = other.value if isinstance(other, Open) else other
        if self.value is None or second is None:
            return Open(None)
        found = compute(second, self.value) if turned else compute(self.value, second)
        return found if isinstance(other, Open) and self._cancels(compute, second) else Open(found)

    def _cancels(self, compute: Callable[[Any, Any], Any], second: Any) -> bool:
        """Whether as many images on both sides leave a number that does not depend on them."""
        if compute is operator.sub:
            return bool(self.value == second)
        return (
            compute in (operator.floordiv, operator.truediv) and not self.value % BATCH and not second % BATCH
        )

    def __add__(self, other: Any) -> Any:
        return self._with(operator.add, other)

    def __sub__(self, other: Any) -> Any:
        return self._with(operator.sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with(operator.sub, other, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(operator.mul, other)

    def __floordiv__(self, other: Any) -> Any:
        return self._with(operator.floordiv, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(operator.floordiv, other, turned=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other, turned=True)

    def __mod__(self, other: Any) -> Any:
        return self._with(operator.mod, other)

    __radd__, __rmul__ = __add__, __mul__


def _side(value: int | None) -> Any:
    return Open(value) if value is None or (value and value % BATCH == 0) else value


def _nothing(_: Any) -> Any:
    return None


@dataclass(frozen=True)
class Call:
    """A function of TensorFlow as it was called: its first argument, and those by name that were set.

    Tensors are references to layers, several of them a list. `look` gives a tensor as Keras 3 makes it of
    `BATCH` images, without values; None where that cannot be told.
    """

    first: Any
    arguments: Config
    look: Callable[[Any], Any] = field(default=_nothing, compare=False)

    def get(self, name: str, default: Any = None) -> Any:
        """An argument, or what it is where it was left out."""
        value = self.arguments.get(name)
        return default if value is None else value

    def takes(self, *names: str) -> bool:
        """Whether the first argument is one tensor, and no others than these and `name` were set."""
        return is_tensor(self.first) and self.has_only(*names)

    def has_only(self, *names: str) -> bool:
        """Whether no arguments other than these and `name` were set."""
        return {name for name, value in self.arguments.items() if value is not None} <= {*names, "name"}

    def shape(self) -> list[Any] | None:
        """The shape of the first argument, whose batch and open sides are `Open`; None if unknown."""
        found = self.look(self.first)
        return None if found is None else list(map(_side, found.shape))

    def sides(self) -> list[int | None] | None:
        """The shape of the first argument, whose batch and open sides are None."""
        shape = self.shape()
        return shape and [None if isinstance(side, Open) else side for side in shape]

    def picture(self) -> tuple[int, int] | None:
        """Height and width of the images that are the first argument."""
        sides = self.sides()
        height, width = sides[1:3] if sides and len(sides) == 4 else (None, None)
        return (height, width) if height and width else None


@dataclass(frozen=True)
class Counterpart:
    """A layer or operation of Keras 3: its module, class and configuration, and what it is called on.

    Where one does not do, what it is called on is a counterpart itself.
    """

    class_name: str
    config: Config
    inputs: list[Any]
    module: str = LAYERS
    keywords: Config = field(default_factory=dict)


@dataclass(frozen=True)
class Constant:
    """An array of numbers that lies in the file, in lists."""

    value: list[Any]
    dtype: str

    def written(self) -> Config:
        """As Keras 3 writes it among the arguments of a call."""
        return {"class_name": "__numpy__", "config": {"value": self.value, "dtype": self.dtype}}


Translate = Callable[[Call], Counterpart | None]
"""Gives nothing for a call that Keras 3 has no counterpart of."""


def layer(class_name: str, config: Config, *inputs: Any) -> Counterpart:
    """A layer of Keras 3."""
    return Counterpart(class_name, config, list(inputs))


def operation(name: str, config: Config, *inputs: Any, module: str = NUMPY, **more: Any) -> Counterpart:
    """An operation of Keras 3 on tensors and constants; `more` are its arguments by name."""
    return Counterpart(name, config, list(inputs), module, more)


def rescaling(tensor: Any, scale: Any = 1.0, offset: Any = 0.0) -> Counterpart:
    """The layer that computes scale * x + offset."""
    return layer("Rescaling", {"scale": scale, "offset": offset}, tensor)


def one(class_name: str, module: str = NUMPY, **config: Any) -> Translate:
    """A function of one tensor and nothing else."""
    return lambda call: Counterpart(class_name, dict(config), [call.first], module) if call.takes() else None


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of the model, or what a counterpart makes."""
    return is_reference(value) or isinstance(value, Counterpart)


def is_number(value: Any) -> bool:
    """Whether a value is a number and no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number and no flag."""
    return isinstance(value, int) and not isinstance(value, bool)


def are_whole(value: Any) -> bool:
    """Whether a value is a whole number, or a list of some."""
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(map(is_whole, listed))


def numbers_of(value: Any) -> Any:
    """A number, or a list of one number a channel, of whatever brackets around it; None for all else."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    listed = value if isinstance(value, list) else [value]
    return value if listed and all(map(is_number, listed)) else None


def sides_of(value: Any) -> list[int] | None:
    """The shape of an array of numbers written as lists in lists; None where it is none."""
    sides, rows = [], [value]
    while all(isinstance(row, list) for row in rows):
        length = len(rows[0])
        if not length or any(len(row) != length for row in rows):
            return None
        sides.append(length)
        rows = [inner for row in rows for inner in row]
    return sides if all(map(is_number, rows)) else None


def constant(value: Any, dtype: str | None = None) -> Any:
    """A number as it is, or an array of numbers; None for all else."""
    sides = sides_of(value)
    if sides is None or not sides:
        return None if sides is None else value
    whole = all(map(is_whole, _flat(value)))
    return Constant(value, dtype or ("int32" if whole else "float32"))


def _flat(value: Any) -> list[Any]:
    rows = [value]
    while rows and isinstance(rows[0], list):
        rows = [inner for row in rows for inner in row]
    return rows


def operand(value: Any) -> Any:
    """What an operation may be called on: a tensor, a number or an array of numbers; None for all else."""
    return value if is_tensor(value) or isinstance(value, Constant) else constant(value)
