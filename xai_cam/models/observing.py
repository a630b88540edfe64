"""Recording what happens in a model while it is called, without changing it.

Keras cannot cut a new model at a layer inside a nested model, and a Sequential may have no output to cut
at. So a layer's `call` is wrapped for the time of one trace, and hands its result to us.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CALLS = ("call", "quantized_call")
"""What Keras runs of a layer or an operation: the second where its weights are quantised."""

Entered = Callable[[Any], Any]
"""Gets a layer before it is called."""

Seen = Callable[[Any, Any], Any]
"""Gets a layer and its output; what it returns replaces the output."""


@dataclass(frozen=True)
class Activation:
    """One pass through a layer's `activation` attribute: what went in, what came out, its name."""

    input: Any
    output: Any
    name: str


@contextmanager
def observing(
    spied: Iterable[Any], nodes: Iterable[Any], seen: Seen, entered: Entered = lambda _: None
) -> Iterator[list[Activation]]:
    """Hand the output of layers and operations to `seen`, and record the final activations of `spied`.

    Yields
    ------
    activations : list of Activation
        In the order of the calls; complete when the block ends.
    """
    activations: list[Activation] = []
    undo: list[tuple[dict[str, Any], str, bool, Any]] = []

    def replace(layer: Any, attribute: str, value: Any) -> None:
        # Past Keras' own __setattr__, which would track what we put there.
        own = vars(layer)
        undo.append((own, attribute, attribute in own, own.get(attribute)))
        own[attribute] = value

    def spy(function: Any) -> Any:
        name = getattr(function, "__name__", type(function).__name__)

        @functools.wraps(function)
        def spied_activation(x: Any, *args: Any, **kwargs: Any) -> Any:
            y = function(x, *args, **kwargs)
            activations.append(Activation(x, y, name))
            return y

        return spied_activation

    def watch(node: Any, call: Any) -> Any:
        @functools.wraps(call)
        def watched_call(*args: Any, **kwargs: Any) -> Any:
            entered(node)
            return seen(node, call(*args, **kwargs))

        return watched_call

    open_scopes = len(_name_scopes())
    try:
        for layer in spied:
            function = vars(layer).get("activation")
            if callable(function) and not has_layers(layer):
                replace(layer, "activation", spy(function))
        for node in nodes:
            for call in CALLS:
                if hasattr(node, call):
                    replace(node, call, watch(node, getattr(node, call)))
        yield activations
    finally:
        for own, attribute, was_there, value in reversed(undo):
            if was_there:
                own[attribute] = value
            else:
                del own[attribute]
        # Keras leaves a scope open whose name TensorFlow refuses, and names later models' weights after it.
        del _name_scopes()[open_scopes:]


def _name_scopes() -> list[Any]:
    """The stack of scopes that Keras names variables after, in this thread."""
    from keras.src.backend.common.global_state import get_global_attribute

    scopes: list[Any] = get_global_attribute("name_scope_stack", [], set_to_default=True)
    return scopes


def tensors_of(output: Any) -> list[Any]:
    """The tensors that a layer gave: one, or several in whatever structure."""
    import keras

    return [one for one in keras.tree.flatten(output) if hasattr(one, "op")]


def at(place: int | None, seen: Seen) -> Seen:
    """`seen` for one of the tensors that a layer gives, by its place among them; None: it gives one."""
    if place is None:
        return seen

    def seen_at(node: Any, output: Any) -> Any:
        import keras

        flat = list(keras.tree.flatten(output))
        flat[place] = seen(node, flat[place])
        return keras.tree.pack_sequence_as(output, flat)

    return seen_at


def has_layers(node: Any) -> bool:
    """Whether a layer is made of others; an operation is not."""
    return hasattr(node, "_flatten_layers") and bool(
        node._flatten_layers(include_self=False, recursive=False)
    )
