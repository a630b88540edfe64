"""Names of the classes in a file beside the model, where nobody named one."""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from xai_cam.errors import InputError
from xai_cam.files.regular import why_unreadable
from xai_cam.files.stores.fetched import origin_of
from xai_cam.files.texts import TextError, read_text
from xai_cam.images.labels import Labels, check_labels, parse_labels, read_labels

log = logging.getLogger(__name__)

METADATA = "metadata.json"
"""Of Teachable Machine; many tools write such a file."""

NAMES = ("labels.txt", "labels.json", "class_names.txt", "class_names.json", "classes.txt", METADATA)
"""Files that are looked for, in this order."""

MAX_BYTES = 4_000_000
MAX_LETTERS = 200
"""Of a file and of a name; what is larger was not made to name classes."""


INSIDE = ("saved_model.pb", "keras_metadata.pb")
"""Files that name the folder which they are in, as a model."""


def find_labels(model: Path) -> Labels | None:
    """The labels beside a model's file, from the first of `NAMES` that holds any.

    Only the model's own folder is looked at; of a model that is a folder itself, inside of it and beside it.

    A file that holds none is passed over, with a line in the log; `metadata.json` without one.
    """
    return next((found for folder in folders_of(model) if (found := _labels_in(folder, model))), None)


def folders_of(model: Path) -> list[Path]:
    """The folders in which files may lie that belong to a model: its own, and that around a folder."""
    model = origin_of(model)
    model = model.parent if model.name in INSIDE else model
    if not model.is_dir():
        return [model.parent]
    return [model, model.parent if model.name not in ("", "..") else model / ".."]


def _labels_in(folder: Path, model: Path) -> Labels | None:
    for name in NAMES:
        path = folder / name
        try:
            if path == model or not path.is_file():
                continue
            labels = _read(path)
        except (OSError, InputError) as error:
            if name != METADATA:
                log.warning(f"{path}, beside the model, is not read as labels: {_reason(path, error)}")
            continue
        labels.found = path
        return labels
    return None


def is_found(labels: Sequence[str] | None) -> bool:
    """Whether labels were found, and not given."""
    return isinstance(labels, Labels) and labels.found is not None


def labels_behind(name: str, index: int | None, labels: Sequence[str] | None) -> Sequence[str] | None:
    """The labels by which a class has got its name: None where found ones turned out not to fit."""
    if labels is None or not is_found(labels) or index is None:
        return labels
    return labels if index < len(labels) and labels[index] == name else None


def settle_labels(labels: Sequence[str] | None, classes: int) -> Sequence[str] | None:
    """The labels that a model with so many classes takes: found ones only if they are one for each.

    What becomes of them is logged, once: what comes back counts as given. Those that were given are checked
    elsewhere.
    """
    if not isinstance(labels, Labels):
        return labels
    if labels.found is not None and len(labels) != classes:
        log.warning(
            f"{labels.found}, beside the model, names {len(labels):,} classes and the model has {classes:,}: "
            "it is left out. `labels` names another file."
        )
        return None
    if labels.found is not None:
        log.warning(
            f"Class names from {labels.found}, found beside the model. `labels` names another file, "
            '`labels="none"` leaves them out.'
        )
    if labels.numbered:
        log.warning(labels.numbered)
    settled = Labels(labels)
    settled.ids = labels.ids
    return settled


def given_labels(labels: Sequence[str] | str | os.PathLike | None, classes: int) -> Sequence[str] | None:
    """Names of a model's classes as callers give them: in a sequence, or in a file; None stays None.

    Raises
    ------
    InputError
        The file cannot be read, or the names are not one for each class.
    """
    if isinstance(labels, str | os.PathLike):
        labels = read_labels(Path(labels))
    check_labels(labels, classes)
    return settle_labels(labels, classes)


def _read(path: Path) -> Labels:
    try:
        text = read_text(path, MAX_BYTES)
    except TextError as error:
        raise InputError(f"{error}.") from error
    if path.name == METADATA and '"labels"' not in text:
        raise InputError("it names no labels.")
    labels = parse_labels(text, path)
    if any(len(name) > MAX_LETTERS or any(map(_is_control, name)) for name in (*labels, *labels.ids)):
        raise InputError("it holds control characters, or names that are too long.")
    return labels


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs")


def _reason(path: Path, error: OSError | InputError) -> str:
    return error.message if isinstance(error, InputError) else why_unreadable(path, error)
