"""The classes of Keras by their names, and the arguments that they take; each is looked at once."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any


def keras_class(part: str, name: Any) -> Any:
    """The class of that name in a part of Keras; None for its functions, and what it does not have."""
    import keras

    found = getattr(getattr(keras, part), str(name), None)
    return found if isinstance(found, type) else None


@cache
def accepted_by(known: type) -> frozenset[str]:
    """Names of the arguments of the `__init__` of a class and of all its bases."""
    own = (vars(base).get("__init__") for base in known.__mro__)
    return frozenset(name for init in own if inspect.isfunction(init) for name in parameters_of(init))


@cache
def parameters_of(function: Any) -> frozenset[str]:
    """Names of the arguments of a function."""
    return frozenset(inspect.signature(function).parameters)
