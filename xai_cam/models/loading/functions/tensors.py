"""The tensors of a functional model as Keras 3 makes them, without values: for functions of shapes."""

from __future__ import annotations

from typing import Any

from xai_cam.models.loading.expansion import calls_to_build
from xai_cam.models.loading.functions.calls import BATCH
from xai_cam.models.loading.graph import references_in
from xai_cam.models.loading.shape import Config, is_reference

MOST_CALLS = 6000
"""Calls of layers in all; a model inside a model counts all of its own."""


class Tensors:
    """Makes the layers that lead to a tensor, each once, and none whose configuration is not plain.

    Parameters
    ----------
    layers : dict of str to dict
        The layers of the model by their names, as Keras 3 takes them; more may be added.
    """

    def __init__(self, layers: dict[str, Config]) -> None:
        self._layers = layers
        self._made: dict[str, Any] = {}
        self._left = MOST_CALLS

    def look(self, reference: Any) -> Any:
        """The tensor that a reference means, with a shape and a type; None where it cannot be made."""
        if not is_reference(reference):
            return None
        from xai_cam.models.loading.building import weightless

        name, node, tensor = reference[:3]
        with weightless():
            if not self._reached(name, node):
                return None
        outputs = self._made[name]._inbound_nodes[node].output_tensors
        return outputs[tensor] if isinstance(tensor, int) and 0 <= tensor < len(outputs) else None

    def _reached(self, name: str, node: int) -> bool:
        """Whether a call of a layer could be made, after all that it takes."""
        waiting, begun = [(name, node)], set()
        while waiting:
            call = waiting[-1]
            if self._is_done(*call):
                waiting.pop()
                continue
            needs = self._needs(*call)
            missing = [need for need in needs or () if not self._is_done(*need)]
            if needs is None or (missing and call in begun):  # nowhere, or in a circle
                return False
            begun.add(call)
            waiting += missing
            if not missing and not self._called(*call):
                return False
        return True

    def _is_done(self, name: str, node: int) -> bool:
        return name in self._made and len(self._made[name]._inbound_nodes) > node >= 0

    def _needs(self, name: str, node: int) -> list[tuple[str, int]] | None:
        """The calls whose tensors one takes, and the one before it; None if there is no such call."""
        calls = self._layers[name].get("inbound_nodes") or [] if name in self._layers else None
        if calls is None or not 0 <= node < max(len(calls), 1):
            return None
        taken = [(reference[0], reference[1]) for reference in references_in(calls[node : node + 1])]
        return taken + ([(name, node - 1)] if node else [])

    def _called(self, name: str, node: int) -> bool:
        """Make a layer, and call it on what it takes."""
        from keras.src.models.functional import deserialize_node

        from xai_cam.models.loading.building import plain_layer

        config = self._layers[name]
        self._left -= calls_to_build(config)
        if self._left < 0:
            return False
        if name not in self._made:
            self._made[name] = plain_layer(_with_batch(config))
        if config.get("inbound_nodes"):
            arguments, keywords = deserialize_node(config["inbound_nodes"][node], self._made)
            self._made[name](*arguments, **keywords)
        return self._is_done(name, node)


def _with_batch(layer: Config) -> Config:
    """An input of `BATCH` images, where it takes any number of them."""
    shape = layer["config"].get("batch_shape")
    if layer["class_name"] != "InputLayer" or not isinstance(shape, list) or shape[:1] != [None]:
        return layer
    return {**layer, "config": {**layer["config"], "batch_shape": [BATCH, *shape[1:]]}}
