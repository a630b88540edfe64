"""The weights of a built model, each with the layers around it and the name that Keras 2 gave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelWeight:
    """One variable of the model, with the layer that owns it and the name that Keras 2 gave it.

    `chain` names the layers from the model's own down to the owner; so does `attributes`, where those inside
    of layers that are no models go by the attribute which holds them.
    """

    layer: Any
    name: str
    variable: Any
    chain: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """The name of the layer that has the weight."""
        return self.layer.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight."""
        return tuple(self.variable.shape)


def model_layers(layers: Iterable[Any]) -> dict[str, list[ModelWeight]]:
    """Layers with weights by their names, each with all that it owns."""
    return {layer.name: weights for layer in layers if (weights := _model_weights(layer))}


def without_sequentials(model: Any) -> list[Any]:
    """The layers of a model, with those of its Sequentials in their place."""
    flat: list[Any] = []
    for layer in model.layers:
        flat += without_sequentials(layer) if type(layer).__name__ == "Sequential" else [layer]
    return flat


def _model_weights(layer: Any) -> list[ModelWeight]:
    """All weights of a layer and the layers inside it, in the order in which Keras 2 saved them."""
    owners = {id(v): found for found in _chains(layer) for v in _own_variables(found[0])}
    weights = []
    for variable in layer.trainable_weights + layer.non_trainable_weights:
        owner, *chains = owners.get(id(variable), (layer, (layer.name,), (layer.name,)))
        depthwise = type(owner).__name__.startswith("DepthwiseConv") and variable.name == "kernel"
        name = "depthwise_kernel" if depthwise else variable.name
        weights.append(ModelWeight(owner, name, variable, *chains))
    return weights


Chains = tuple[tuple[str, ...], tuple[str, ...]]


def _chains(
    layer: Any, above: Chains = ((), ()), attribute: str | None = None
) -> Iterator[tuple[Any, tuple[str, ...], tuple[str, ...]]]:
    """A layer and all those inside it, with the names, and the attributes, from the outermost on."""
    chains = (*above[0], layer.name), (*above[1], attribute or layer.name)
    yield layer, *chains
    held = {} if hasattr(layer, "layers") else _held_by(layer)
    for inner in layer._flatten_layers(include_self=False, recursive=False):
        yield from _chains(inner, chains, held.get(id(inner)))


def _held_by(layer: Any) -> dict[int, str]:
    """The layers inside of one by identity -> the attribute that holds them; of a list, with the number."""
    held: dict[int, str] = {}
    for name, value in vars(layer).items():
        if name == "_layers":  # Keras' own list of all of them
            continue
        several = isinstance(value, list | tuple)
        for i, one in enumerate(value if several else [value]):
            if hasattr(one, "_flatten_layers"):
                held.setdefault(id(one), f"{name}/{i}" if several else name)
    return held


def _own_variables(layer: Any) -> list[Any]:
    return [*layer._trainable_variables, *layer._non_trainable_variables]
