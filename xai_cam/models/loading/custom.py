"""The user's own classes and functions, as a model names them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def custom_name(item: dict[str, Any]) -> str:
    """Name of a serialised class or function without the package before it, as in `Custom>Attention`."""
    name = item.get("config") if item.get("class_name") == "function" else item.get("class_name")
    registered = item.get("registered_name")
    return str(registered if isinstance(registered, str) and ">" in registered else name).split(">")[-1]


def custom_function(name: str) -> dict[str, Any]:
    """The serialised form of one of the user's functions."""
    return {"module": None, "class_name": "function", "config": name, "registered_name": name}


def as_given(config: Any, custom: Collection[str]) -> Any:
    """The configuration, in which what the user brings along is named so that it alone can be meant.

    It is changed in place. An object may name itself by two names and a module, of which Keras takes the
    first that it knows. One that is said to be the user's is the user's afterwards, and nothing else.

    Parameters
    ----------
    config : dict
        As it lies in the file.
    custom : collection of str
        Names of the user's classes and functions.
    """
    pending = [config] if custom else []
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and isinstance(item.get("class_name"), str):
            name = custom_name(item)
            if name in custom and item["class_name"] == "function":
                item |= custom_function(name)
            elif name in custom:
                item |= {"module": None, "class_name": name, "registered_name": name}
        if isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item
    return config


def is_given(item: dict[str, Any], custom: Collection[str]) -> bool:
    """Whether an object is one of the user's, as `as_given` names them."""
    name = item.get("config") if item.get("class_name") == "function" else item.get("class_name")
    named = isinstance(name, str) and name in custom
    return named and item.get("registered_name") == name and item.get("module") is None
