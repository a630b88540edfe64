"""Names of a model's classes, and class specs resolved by them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, nearest
from xai_cam.images.class_specs import top_of


class Labels(tuple[str, ...]):
    """Names of a model's classes in the order of their indices.

    `ids` are their other names, as ImageNet's `n02124075`; empty where the labels have none.
    """

    ids: tuple[str, ...] = ()


def read_labels(path: Path) -> Labels:
    """Class names in the order of their indices.

    One name a line, or JSON: a list, `{index: name}`, or Keras' `{index: [id, name]}` (`class_index.json`).

    Raises
    ------
    InputError
        The file is missing or has none of these forms.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read the labels {path} ({error}). Give a text or JSON file.") from error
    if text.lstrip()[:1] not in ("[", "{"):
        names = [line.strip() for line in text.splitlines()]
        while names and not names[-1]:
            names.pop()
    else:
        return _from_json(path, text)
    return _checked(names, path)


def _checked(names: Sequence[str], path: Path) -> Labels:
    if not names:
        raise InputError(f"{path} holds no labels. Write one name per line, in the order of the classes.")
    return Labels(names)


def _from_json(path: Path, text: str) -> Labels:
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            by_index = {int(index): name for index, name in found.items()}
            found = [by_index[index] for index in range(len(by_index))]
        labels = _checked([_name(entry) for entry in found], path)
        if all(isinstance(entry, list) and len(entry) == 2 for entry in found):
            labels.ids = tuple(str(entry[0]) for entry in found)
        return labels
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not a list of labels. Use a JSON list, or an object from index (0, 1, ...) to name."
        ) from error


def _name(entry: Any) -> str:
    if isinstance(entry, list) and entry:
        return str(entry[-1])
    if isinstance(entry, str | int | float):
        return str(entry)
    raise TypeError(f"not a name: {entry!r}")


def composed(name: str) -> str:
    """A name in Unicode's composed form (NFC): some file systems store accents separately."""
    return unicodedata.normalize("NFC", name)


def ids_of(labels: Sequence[str] | None) -> tuple[str, ...]:
    """The labels' other names, if they have any."""
    return labels.ids if isinstance(labels, Labels) else ()


def check_labels(labels: Sequence[str] | None, classes: int) -> None:
    """Refuse labels that are not one for each class.

    Raises
    ------
    InputError
    """
    if labels is not None and len(labels) != classes:
        raise InputError(
            f"The labels name {len(labels)} classes, the model has {classes}. Give the labels of this model."
        )


def name_of(index: int | None, labels: Sequence[str] | None) -> str:
    """The class's name, or its index where there are no labels; empty for None, no class."""
    if index is None:
        return ""
    return labels[index] if labels is not None and index < len(labels) else str(index)


def file_name_of(index: int, labels: Sequence[str] | None) -> str:
    """The class's name as part of a file name; the index is added where two names would be one."""
    name = _safe(name_of(index, labels))
    others = [_safe(label).casefold() for label in labels or ()]
    taken = {other for i, other in enumerate(others) if i != index}
    taken |= {f"{other}-{i}" for i, other in enumerate(others)}
    return f"{name}-{index}" if name.casefold() in taken else name


def _safe(name: str) -> str:
    return re.sub(r"[^\w.+=-]+", "-", name).strip("-.") or "class"


def resolve(spec: str, labels: Sequence[str] | None, folder: str) -> str | int:
    """`predicted` and `topN` as they are; an index, a label or `folder` as a class index.

    Raises
    ------
    InputError
        There is no such label, or there are no labels.
    """
    if spec == "predicted" or top_of(spec):
        return spec
    name = folder if spec == "folder" else spec
    for names in (labels or (), ids_of(labels)):
        known = [composed(label) for label in names]
        if composed(name) in known:
            return known.index(composed(name))
    if re.fullmatch(r"\d+", name):
        return int(name)
    what = f"The folder name {name!r}" if spec == "folder" else f"The class {name!r}"
    if re.fullmatch(r"-\d+", name):
        raise InputError(f"{what} is below 0. Classes are counted from 0.")
    if labels is None:
        raise InputError(f"{what} needs `labels`, which give its index.")
    raise InputError(f"{what} is not among the labels. Nearest: {', '.join(nearest(name, list(labels), 5))}.")
