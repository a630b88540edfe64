"""Names that TensorFlow takes for the scopes of a model's layers, whatever the layers are called."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TAKEN = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_./>-]*")
"""What TensorFlow takes as a name, at the root of a graph and below."""


def plain_scope(name: str) -> str:
    """A name as TensorFlow takes it: `my model` is `my_model`."""
    return name if TAKEN.fullmatch(name) else "." + re.sub(r"[^A-Za-z0-9_.>-]", "_", name)


@contextmanager
def plain_scopes(model: Any) -> Iterator[None]:
    """For tracing a model: layers whose names TensorFlow refuses open other scopes, and keep their names."""
    renamed = [layer for layer in model._flatten_layers() if not TAKEN.fullmatch(layer.name)]
    for layer in renamed:
        # Past Keras' own __setattr__, which would track what we put there.
        vars(layer)["_open_name_scope"] = functools.partial(_open, layer)
    try:
        yield
    finally:
        for layer in renamed:
            del vars(layer)["_open_name_scope"]


def _open(layer: Any) -> Any:
    from keras.src.backend import name_scope

    return name_scope(plain_scope(layer.name), caller=layer)
