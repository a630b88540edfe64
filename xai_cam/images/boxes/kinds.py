"""Which boxes are those of a class: their names are labels, other names of labels, or indices."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from xai_cam.errors import InputError
from xai_cam.files.names import composed
from xai_cam.images.boxes.box import TrueBox
from xai_cam.images.labels import ids_of

SHOWN = 5


def of_classes(
    boxes: Iterable[TrueBox], classes: Collection[int] | None, labels: Sequence[str] | None
) -> tuple[TrueBox, ...]:
    """The boxes of these classes, and those of which nobody said what they hold; of None all of them."""
    if classes is None:
        return tuple(boxes)
    return tuple(box for box in boxes if not box.kind or not indices_of(box.kind, labels).isdisjoint(classes))


def indices_of(kind: str, labels: Sequence[str] | None) -> frozenset[int]:
    """The classes that a box's name names: by label, by the label's other name, or by index."""
    name = composed(kind.strip())
    for names in (labels or (), ids_of(labels)):
        found = frozenset(index for index, label in enumerate(names) if composed(label) == name)
        if found:
            return found
    return frozenset((int(name),)) if re.fullmatch(r"\d{1,9}", name) else frozenset()


def check_kinds(kinds: Iterable[str], labels: Sequence[str] | None, source: Any) -> None:
    """Refuse boxes of which none is of a class of the model.

    Raises
    ------
    InputError
    """
    named = sorted(set(kinds) - {""})
    if not named or any(indices_of(kind, labels) for kind in named):
        return
    if labels is None:
        raise InputError(
            f"{source} says that its boxes are of {_few(named)}, and the names of the model's classes are "
            "not known. Give `labels`, or leave out the column of classes."
        )
    raise InputError(
        f"{source} says that its boxes are of {_few(named)}, and the model's classes are {_few(labels)}. "
        "Name the boxes' classes as the labels do, or leave out the column of classes."
    )


def _few(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(name[:40] for name in names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
