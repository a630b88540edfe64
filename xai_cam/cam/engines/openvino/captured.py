"""The values that a traced function reads from outside: what they are, and whether they have changed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import tensorflow as tf


class Weights:
    """Those of one traced function, watched.

    TensorFlow gives a variable another place in memory with each new value, while somebody holds the former
    one. So the values are held, which copies nothing until they change, and a look at their places tells of
    every change.
    """

    def __init__(self, concrete: Any) -> None:
        self._concrete = concrete
        self._held: list[Any] = []
        self._places: list[int | None] = [None]
        self._hash = ""

    @property
    def hash(self) -> str:
        """Hash of the values as they are now.

        Raises
        ------
        RuntimeError
            Something is no array of numbers, and so not to be converted: a table, or text.
        """
        if self._changed():
            self._hash = ""  # first: hashing may be broken off
        self._hash = self._hash or hash_weights(self._concrete)
        return self._hash

    def _changed(self) -> bool:
        held = [
            tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)
            for variable in self._concrete.graph.variables
        ]
        places = [_place(value) for value in held]
        same = places == self._places and None not in places
        self._held, self._places = held, places
        return not same


def _place(value: Any) -> int | None:
    """Where in memory a value lies; None where that is not told, as of bfloat16 or on a GPU."""
    if "CPU" not in value.device:
        return None
    try:
        return int(np.asarray(memoryview(value)).ctypes.data)
    except (TypeError, ValueError, BufferError):
        return None


def hash_weights(concrete: Any) -> str:
    """Hash of the values that a traced function reads from outside, as they are now.

    Raises
    ------
    RuntimeError
        Something is no array of numbers, and so not to be converted: a table, or text.
    """
    found = hashlib.sha256()
    variables = {id(variable.handle): variable for variable in concrete.graph.variables}
    for outside, _ in concrete.graph.captures:
        held = variables.get(id(outside), outside)
        if held.dtype.name in ("resource", "variant", "string"):
            raise RuntimeError(f"it contains a {held.dtype.name}, which is not an array of numbers")
        value = np.ascontiguousarray(held.numpy())
        found.update(f"{value.dtype}{value.shape}".encode())
        found.update(value.reshape(-1).view(np.uint8).data)  # bfloat16 has no buffer of its own
    return found.hexdigest()
