"""A layer of a model that is not there: what is asked of it without calling it, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KnownWeight:
    """A weight without its numbers."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class KnownLayer:
    """A layer or an operation without its weights' numbers.

    Attributes
    ----------
    name, kind : str
        Its own name, and that of its class.
    kinds : tuple of str
        The names of Keras' classes that it is one of.
    weights : tuple of KnownWeight
    trainable, use_bias : bool
        As the layer says; of one that does not, True and False.
    """

    name: str
    kind: str
    kinds: tuple[str, ...] = ()
    weights: tuple[KnownWeight, ...] = ()
    trainable: bool = True
    use_bias: bool = False


def known_layer(layer: Any) -> KnownLayer:
    """What is known of a layer of Keras."""
    if isinstance(layer, KnownLayer):
        return layer
    mro = type(layer).__mro__
    return KnownLayer(
        str(layer.name),
        type(layer).__name__,
        tuple(one.__name__ for one in mro if one.__module__.partition(".")[0] == "keras"),
        tuple(KnownWeight(tuple(map(int, one.shape))) for one in getattr(layer, "weights", ())),
        bool(getattr(layer, "trainable", True)),
        bool(getattr(layer, "use_bias", False)),
    )
