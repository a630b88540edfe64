"""Sequences whose elements are made when they are asked for, and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class OnDemand(Sequence[T]):
    """Compares and shows itself by its elements, as a list does."""

    def __eq__(self, other: object) -> bool:
        """Whether the other is a sequence of the same elements."""
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """As a call."""
        return f"{type(self).__name__}({list(self)!r})"
