"""Names of methods and baselines as callers give them: one, or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.methods import METHODS, Method
from xai_cam.errors import InputError, nearest

METHOD_GROUPS = {"all": tuple(METHODS)}
"""Names for several methods."""


def names_of(argument: str, names: Any) -> list[str]:
    """One name or several, each once.

    Raises
    ------
    InputError
        There is none, or one is no string.
    """
    found = [names] if isinstance(names, str) else list(names) if isinstance(names, Iterable) else [names]
    wrong = [name for name in found if not isinstance(name, str)]
    if wrong or not found:
        raise InputError(f"`{argument}` is {wrong[0] if wrong else names!r}. Give a name, or several.")
    return list(dict.fromkeys(map(str, found)))


def methods_named(names: Any) -> list[str]:
    """Names of methods, or of all of them (`all`), each once; whether there are such is not checked.

    Raises
    ------
    InputError
        There is none, or one is no string.
    """
    given = names_of("method", names)
    return list(dict.fromkeys(one for name in given for one in METHOD_GROUPS.get(name, (name,))))


def method_at(method: str, layer: str) -> str:
    """A method with the layer that its map is of; alone where that is of the model's input."""
    return f"{method} at {layer}" if layer else method


def method_of(name: str) -> Method:
    """The method of that name.

    Raises
    ------
    InputError
        There is none.
    """
    if name not in METHODS:
        near = ", ".join(nearest(name, list(METHODS), 3))
        raise InputError(f"Unknown method {name!r}. Nearest: {near}.")
    return METHODS[name]


def check_baselines(names: Any) -> list[str]:
    """One name in `BASELINES`, several or none, each once.

    Raises
    ------
    InputError
        There is no such baseline.
    """
    given = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else names
    found = [] if given is None or given in ("", []) else names_of("baselines", given)
    wrong = [name for name in found if name not in BASELINES]
    if wrong:
        raise InputError(
            f"Unknown baseline {wrong[0]!r}. Nearest: {', '.join(nearest(wrong[0], list(BASELINES)))}."
        )
    return found
