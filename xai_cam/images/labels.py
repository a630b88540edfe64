"""Names of a model's classes, and class specs resolved by them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, nearest
from xai_cam.files.names import composed, plain
from xai_cam.files.texts import TextError, TooLargeError, read_text, reason_of
from xai_cam.images.class_specs import above_of, top_of

MAX_BYTES = 16 * 10**6
"""Size of the largest file of labels: a million names of 16 letters."""

MAX_LETTERS = 1000
"""Of a name: it is drawn into pictures and is part of their names."""


class Labels(tuple[str, ...]):
    """Names of a model's classes in the order of their indices.

    Attributes
    ----------
    ids : tuple of str
        Their other names, as ImageNet's `n02124075`; empty where the labels have none.
    numbered : str
        What became of numbers before the names, as a sentence, where they are not simply the indices.
    found : Path, optional
        The file, where nobody named it: it was found beside the model.
    """

    ids: tuple[str, ...] = ()
    numbered: str = ""
    found: Path | None = None


def read_labels(path: Path) -> Labels:
    """Class names in the order of their indices.

    One name a line, or an index and a name on every line; or JSON: a list, `{index: name}`, `{name: index}`,
    Keras' `{index: [id, name]}` (`class_index.json`), or one of these as `labels` of an object.

    Raises
    ------
    InputError
        The file is missing, no regular file, too large, or has none of these forms.
    """
    try:
        if path.exists() and not path.is_file():  # a device without end, or a pipe that nobody writes to
            raise TextError("no regular file")
        text = read_text(path, MAX_BYTES)
        if "\0" in text:  # as in UTF-16 without its mark
            raise TextError("it holds zero bytes, as no text does")
    except TooLargeError as error:
        raise InputError(
            f"The labels {path} are larger than {MAX_BYTES // 10**6} MB. Give a list of names."
        ) from error
    except (OSError, TextError) as error:
        raise InputError(
            f"Cannot read the labels {path}: {reason_of(error)}. Give a list of names, or JSON, in UTF-8."
        ) from error
    labels = parse_labels(text, path)
    check_names(labels, path)
    check_names(labels.ids, path)
    return labels


def parse_labels(text: str, path: Path) -> Labels:
    """Class names from the text of the file `path`, in any of the forms of `read_labels`.

    Raises
    ------
    InputError
        It has none of these forms.
    """
    if text.lstrip()[:1] in ("[", "{"):
        return _from_json(path, text)
    names = [line.strip() for line in text.splitlines()]
    while names and not names[-1]:
        names.pop()
    return _without_numbers(names) or _checked(names, path)


HALF = re.compile(r"[\ud800-\udfff]")
"""A surrogate, as the escape `\\ud800` of JSON makes it."""

NUMBERED = re.compile(r"(\d{1,7})(?:\s*[:,;]\s*|\s+)(\S.*)")
"""A number before a name: `0 cat`, `0: cat`, `0,cat`."""


def _without_numbers(lines: Sequence[str]) -> Labels | None:
    """Names without the numbers before them; None where the numbers are not indices, but part of the names.

    They are indices where they stand on every line, are 0 to N - 1 or 1 to N, each once, and the names differ
    without them too: `1 euro`, `2 euro` are names.
    """
    found = [NUMBERED.fullmatch(line) for line in lines if line]
    by_number = {int(match[1]): match[2] for match in found if match}
    first = min(by_number, default=0)
    whole = sorted(by_number) == list(range(first, first + len(found))) and first in (0, 1)
    if not found or not whole or len(set(by_number.values())) < len(found):
        return None
    labels = Labels(by_number[number] for number in sorted(by_number))
    said = ["counted from 1"] * (first == 1) + ["sorted by their numbers"] * (
        list(by_number) != sorted(by_number)
    )
    if said:
        labels.numbered = f"The lines' numbers are no part of the names, which are {' and '.join(said)}."
    return labels


def _checked(names: Sequence[str], path: Path) -> Labels:
    if not names:
        raise InputError(f"{path} holds no labels. Write one name per line, in the order of the classes.")
    return Labels(names)


def check_names(names: Sequence[str], path: Path | None = None) -> None:
    """Refuse names that are no text, or endless; `path` is the file that has them.

    Raises
    ------
    InputError
    """
    where = f" in {path}" if path else ""
    for index, name in enumerate(map(str, names)):
        if len(name) > MAX_LETTERS:
            raise InputError(
                f"The name of class {index}{where} has {len(name):,} letters. Give names of at most "
                f"{MAX_LETTERS:,}."
            )
        if half := HALF.search(name):
            raise InputError(
                f"The name of class {index}{where} is no text: {half[0]!r} is half a character. Correct it."
            )


def _from_json(path: Path, text: str) -> Labels:
    try:
        found = json.loads(text)
        if isinstance(found, dict) and isinstance(found.get("labels"), list | dict):
            found = found["labels"]
        if isinstance(found, dict):
            found = _by_index(found)
        labels = _checked([_name(entry) for entry in found], path)
        if all(isinstance(entry, list) and len(entry) == 2 for entry in found):
            labels.ids = tuple(str(entry[0]) for entry in found)
        return labels
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path} is not a list of labels. Use a JSON list, or an object from index (0, 1, ...) to name."
        ) from error


def _by_index(found: dict[str, Any]) -> list[Any]:
    """The names of `{index: name}` or `{name: index}`, in order."""
    if found and all(type(value) is int for value in found.values()) and not all(map(str.isdecimal, found)):
        found = {str(index): name for name, index in found.items()}
    by_index = {int(index): name for index, name in found.items()}
    return [by_index[index] for index in range(len(by_index))]


def _name(entry: Any) -> str:
    if isinstance(entry, list) and entry:
        return str(entry[-1])
    if isinstance(entry, str | int | float):
        return str(entry)
    raise TypeError(f"not a name: {entry!r}")


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
    check_names(labels or ())


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
    return plain(name).strip("-.") or "class"


def resolve_names(target_class: Any, labels: Sequence[str] | None) -> Any:
    """What a caller gives as classes, with the names among it as indices; the rest as it is.

    Raises
    ------
    InputError
        There is no such label, or there are no labels.
    """
    if isinstance(target_class, str):
        return resolve(target_class, labels, target_class)
    if isinstance(target_class, list | tuple):
        return [resolve_names(one, labels) for one in target_class]
    return target_class


def _combined(spec: str, labels: Sequence[str] | None) -> str | None:
    """A value and its direction, a threshold, or several classes as one, names among them as indices."""
    if spec in ("up", "down") or above_of(spec) is not None:
        return spec
    unit, colon, way = spec.rpartition(":")
    if colon and way in ("up", "down"):
        return f"{resolve(unit, labels, unit)}:{way}"
    parts = spec.split("+")
    if len(parts) > 1 and all(part.strip() for part in parts):
        return "+".join(str(resolve(part.strip(), labels, part)) for part in parts)
    return None


def split_specs(given: Sequence[str], labels: Sequence[str] | None) -> list[str]:
    """Classes between commas, one by one; what names a class with its commas stays whole."""
    found = []
    for one in given:
        try:
            whole = "," not in one or resolve(one, labels, one) is not None
        except InputError:
            whole = one.startswith("above:") and one.count(",") == 1  # a decimal comma, which is refused
        found += [one] if whole else [part.strip() for part in one.split(",") if part.strip()]
    return found


def resolve(spec: str, labels: Sequence[str] | None, folder: str) -> str | int:
    """`predicted` and `topN` as they are; an index, a label or `folder` as a class index.

    A label called `top1`, or `up`, is meant before what the word says otherwise. What is made of these
    keeps its form: `cat+lynx` becomes `3+5`, `age:down` `0:down`.

    Raises
    ------
    InputError
        There is no such label, or there are no labels.
    """
    if spec == "predicted":
        return spec
    name = folder if spec == "folder" else spec
    for names in (labels or (), ids_of(labels)):
        known = [composed(label) for label in names]
        if composed(name) in known:
            return known.index(composed(name))
    if top_of(spec):
        return spec
    if re.fullmatch(r"\d+", name):
        return int(name)
    if spec != "folder" and (combined := _combined(name, labels)) is not None:
        return combined
    what = f"The folder name {name!r}" if spec == "folder" else f"The class {name!r}"
    if re.fullmatch(r"-\d+", name):
        raise InputError(f"{what} is below 0. Classes are counted from 0.")
    if labels is None:
        raise InputError(f"{what} needs `labels`, which give its index.")
    raise InputError(f"{what} is not among the labels. Nearest: {', '.join(nearest(name, list(labels), 5))}.")
