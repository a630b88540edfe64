"""What a model is made of: its layers, and the operations between them, by path."""

from __future__ import annotations

from typing import Any

from xai_cam.models.observing import has_layers


def nodes_of(model: Any, operations: bool = True) -> dict[str, Any]:
    """Path -> layer or operation, for everything inside a model; a shared one has the first path found.

    Parameters
    ----------
    model : keras.Model
        Its nested models are gone into.
    operations : bool
        Whether `a + b` and other operations between the layers of a functional model count.
    """
    found: dict[str, Any] = {}
    known: set[int] = set()

    def visit(parent: Any, prefix: str) -> None:
        for node in _parts(parent, operations):
            if id(node) not in known and type(node).__name__ != "InputLayer":
                known.add(id(node))
                found[prefix + node.name] = node
                visit(node, prefix + node.name + "/")

    visit(model, "")
    return found


def _parts(parent: Any, operations: bool) -> list[Any]:
    """The layers of a model or layer, and the operations of a functional model, in its own order."""
    if not hasattr(parent, "_flatten_layers"):
        return []
    layers = list(parent._flatten_layers(include_self=False, recursive=False))
    if not operations or not is_graph(parent):
        return layers
    ordered = list(getattr(parent, "operations", ()))
    known = {id(node) for node in ordered}
    return ordered + [layer for layer in layers if id(layer) not in known]


def is_graph(node: Any) -> bool:
    """Whether a model is a functional or sequential one: its parts say all that it does."""
    import keras

    return isinstance(node, (keras.Sequential, keras.src.models.functional.Functional))


def is_block(node: Any) -> bool:
    """Whether a layer is made of others in a manner of its own, so that it counts as one step."""
    return has_layers(node) and not is_graph(node)
