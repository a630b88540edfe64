"""The values that a traced function captures, and whether they have changed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from xai_cam.models.untouched import Watched


class Weights:
    """The captured values of one traced function, watched for changes."""

    def __init__(self, concrete: Any) -> None:
        self._concrete = concrete
        self._watched = Watched(concrete.graph.variables)
        self._hash = ""

    @property
    def hash(self) -> str:
        """Hash of the values as they are now.

        Raises
        ------
        RuntimeError
            Something is no array of numbers, and so not to be converted: a table, or text.
        """
        if self._watched.changed():
            self._hash = ""  # first: hashing may be broken off
        self._hash = self._hash or hash_weights(self._concrete)
        return self._hash


def hash_weights(concrete: Any) -> str:
    """Hash of the values that a traced function captures, as they are now.

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
