"""References between layers, followed before Keras sees them.

Where one leads nowhere, some versions of Keras wait for ever for the call that makes the tensor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from xai_cam.errors import shortened
from xai_cam.models.loading.channels_last import AXIS, ELEMENTWISE, FORMATTED, POOLED
from xai_cam.models.loading.custom import custom_name
from xai_cam.models.loading.shape import Config, children, damaged, is_reference, name_of

TENSOR = "__keras_tensor__"

ONE_OUTPUT = frozenset(
    {"InputLayer", "Dense", "Flatten", "Reshape", "Permute", *FORMATTED, *POOLED, *ELEMENTWISE, *AXIS}
)
"""Classes whose calls give a single tensor; of others their configuration does not tell."""

Call = tuple[str, int]
"""The name of a layer, and which of its calls."""


def check_references(config: Config, custom: Collection[str] = ()) -> None:
    """See that every reference of an upgraded configuration leads to a call of a layer, and none in a circle.

    Parameters
    ----------
    config : dict
        As Keras 3 takes it.
    custom : collection of str
        Classes of the user's own, which may refer as they like.

    Raises
    ------
    ModelError
        One leads nowhere, or in a circle.
    """
    if custom_name(config) in custom:
        return
    if config["class_name"] == "Functional":
        _check_model(config)
    for child in children(config):
        check_references(child, custom)


def _check_model(model: Config) -> None:
    layers = {name_of(layer): layer for layer in model["config"]["layers"]}
    if len(layers) < len(model["config"]["layers"]):
        raise damaged(f"two layers of {name_of(model)!r} have the same name")
    calls = {name: _number_of_calls(layer) for name, layer in layers.items()}
    needs: dict[Call, list[Call]] = {}
    for name, layer in layers.items():
        for i, node in enumerate(layer.get("inbound_nodes") or []):
            taken = [_followed(history, layers, calls, repr(name)) for history in _histories(node)]
            needs[name, i] = taken + ([(name, i - 1)] if i else [])  # Keras makes the calls in their order
    _check_order(needs)
    # A nested model has been called once when it was built, and so may be one of a class of its own.
    ends = {name: calls[name] + (layer["class_name"] not in ONE_OUTPUT) for name, layer in layers.items()}
    for key in ("input_layers", "output_layers"):
        for end in _ends(model["config"].get(key), key):
            _followed(end, layers, ends, key)


def _number_of_calls(layer: Config) -> int:
    return 1 if layer["class_name"] == "InputLayer" else len(layer.get("inbound_nodes") or [])


def _histories(node: Any) -> Iterator[Any]:
    """What should be references among the arguments of a call, in the forms of Keras 2 and 3."""
    if isinstance(node, list):
        yield from node
    pending = [node] if isinstance(node, dict) else []
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and item.get("class_name") == TENSOR:
            inner = item.get("config")
            yield inner.get("keras_history") if isinstance(inner, dict) else None
        elif isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item


def _ends(ends: Any, key: str) -> Iterator[Any]:
    if isinstance(ends, dict):
        for end in ends.values():
            yield from _ends(end, key)
    elif isinstance(ends, list) and ends and not isinstance(ends[0], str):
        for end in ends:
            yield from _ends(end, key)
    else:
        yield ends


def _followed(history: Any, layers: dict[str, Config], calls: dict[str, int], where: str) -> Call:
    """The call that a reference leads to."""
    if not is_reference(history):
        raise damaged(f"{where} takes {shortened(str(history), 60)!r} for a tensor")
    name, call, tensor = history[:3]
    if name not in layers:
        raise damaged(f"{where} takes a tensor of {name!r}, which is no layer")
    if not 0 <= call < calls[name]:
        raise damaged(f"{where} takes what call {call} of {name!r} gives, which has {calls[name]}")
    most = 1 if layers[name]["class_name"] in ONE_OUTPUT else None
    if not isinstance(tensor, int) or tensor < 0 or (most and tensor >= most):
        raise damaged(f"{where} takes tensor {str(tensor)[:20]} of {name!r}, which gives none of that number")
    return name, call


def _check_order(needs: dict[Call, list[Call]]) -> None:
    """See that the calls can be made one after the other."""
    waiting = {call: sum(need in needs for need in taken) for call, taken in needs.items()}
    feeds = defaultdict(list)
    for call, taken in needs.items():
        for need in taken:
            feeds[need].append(call)
    ready = [call for call, count in waiting.items() if not count]
    done = 0
    while ready:
        done += 1
        for call in feeds[ready.pop()]:
            waiting[call] -= 1
            if not waiting[call]:
                ready.append(call)
    if done < len(needs):
        names = ", ".join(sorted({repr(name) for (name, _), count in waiting.items() if count})[:4])
        raise damaged(f"the calls of {names} wait for each other")
