"""Plain records to JSON and back: what is read is of the kinds that its fields declare, or refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from xai_cam.models.activations import Largest
from xai_cam.models.known_layer import KnownLayer
from xai_cam.models.layers import LayerInfo

OTHERWISE: dict[tuple[type, str], Any] = {
    (LayerInfo, "layer"): KnownLayer,
    (Largest, "operation"): str | None,
    (Largest, "at"): str | None,
}
"""Fields that may hold anything -> what they hold in a record."""


def to_json(value: Any) -> Any:
    """A value as JSON has it: of a record the list of its fields' values.

    Raises
    ------
    TypeError, ValueError
        It holds something else than records, texts and finite numbers.
    """
    if is_dataclass(value):
        return [to_json(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    raise TypeError(f"{value!r} is no plain data")


def from_json(kind: Any, found: Any) -> Any:
    """The value of a kind that `to_json` made this of.

    Raises
    ------
    ValueError, TypeError
        It was made of something else.
    """
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), found)
    if is_dataclass(kind) and isinstance(kind, type):
        inner = _kinds_of(kind)
        return kind(*(from_json(one, value) for one, value in zip(inner, _list(found), strict=True)))
    if origin is tuple and get_args(kind)[-1] is not Ellipsis:
        return tuple(from_json(one, value) for one, value in zip(get_args(kind), _list(found), strict=True))
    if origin in (tuple, Sequence):
        return tuple(from_json(get_args(kind)[0], value) for value in _list(found))
    if kind is float and type(found) in (int, float) and math.isfinite(found):
        return found
    if kind in (bool, int, str, NoneType) and type(found) is kind:
        return found
    raise ValueError(f"{found!r} is no {kind}")


def _one_of(kinds: Sequence[Any], found: Any) -> Any:
    if found is None and NoneType in kinds:
        return None
    (kind,) = (one for one in kinds if one is not NoneType)
    return from_json(kind, found)


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise ValueError(f"{found!r} is no list")
    return found


@cache
def _kinds_of(kind: type) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    return tuple(OTHERWISE.get((kind, field.name), hints[field.name]) for field in fields(kind))
