"""Whether the weights of a model are still those that it was opened with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


class Watched:
    """Variables of TensorFlow, watched for changes.

    TensorFlow gives a variable another place in memory with each new value, while somebody holds the former
    one. So the values are held, which copies nothing until they change, and a look at their places tells of
    every change.
    """

    def __init__(self, variables: Iterable[Any]) -> None:
        self._variables = list(variables)
        self._held: list[Any] = []
        self._places: list[int | None] = [None]

    def changed(self) -> bool:
        """Whether any value is another than at the last look, or nobody can say; True at the first."""
        import tensorflow as tf

        held = [
            tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)
            for variable in self._variables
        ]
        places = [_place(value) for value in held]
        same = places == self._places and None not in places
        self._held, self._places = held, places
        return not same


class AsOpened:
    """The weights of a model from when this is made; `holds` as long as they are the same."""

    def __init__(self, model: Any) -> None:
        watched = Watched(getattr(variable, "value", variable) for variable in model.variables)
        watched.changed()
        self._watched: Watched | None = watched

    @property
    def holds(self) -> bool:
        """Whether no weight was changed since, not even back."""
        if self._watched is not None and self._watched.changed():
            self._watched = None  # the values of then would stay in memory beside those of now
        return self._watched is not None


def _place(value: Any) -> int | None:
    """The memory address of a value; None if it is unknown, as for bfloat16 or on a GPU."""
    if "CPU" not in value.device:
        return None
    try:
        return int(np.asarray(memoryview(value)).ctypes.data)
    except (TypeError, ValueError, BufferError):
        return None
