"""Folders that are no model: empty ones, those of pictures or of other libraries, those around models."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign import groups, zips
from xai_cam.models.loading.containers.foreign.documents import HUGGING_FACE
from xai_cam.models.loading.containers.foreign.kinds import kind_of
from xai_cam.models.loading.containers.foreign.looks import (
    IF_ANY,
    IN_PYTORCH,
    ORIGINAL,
    REBUILD,
    Foreign,
    Look,
    listed,
    quote,
)

MOST = 2_000
"""Entries of a folder that are looked at."""

MOST_OPENED, MOST_FOLDERS = 100, 50
"""Files in it whose first bytes are read, and folders in it that are listed."""

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".dcm")

CHECKPOINT = ("checkpoint", ".index", ".ckpt", ".meta", ".data-00000-of-00001")
"""How names of a checkpoint's files end."""


def foreign_folder(path: Path) -> ModelError:
    """The error for a folder that is no model, which says what it is or what is in it.

    Raises
    ------
    OSError
        It cannot be listed.
    """
    with os.scandir(path) as entries:
        found = sorted(islice(entries, MOST), key=lambda entry: entry.name)
    return (_known({entry.name for entry in found}) or _around(found)).error(path)


def _known(names: set[str]) -> Foreign | None:
    """What a folder of another library is, by the names of its files."""
    if not names:
        return Foreign("is an empty folder", "Give the file or folder of a model.")
    if {"Manifest.json", "Data"} <= names or "coremldata.bin" in names:
        return Foreign("is a Core ML model (.mlpackage, .mlmodelc)", IF_ANY)
    if "data.pkl" in names:
        return Foreign("is an unpacked PyTorch file", IN_PYTORCH)
    if "config.json" in names and any(
        name.endswith(".safetensors") or name.startswith("pytorch_model") for name in names
    ):
        return Foreign("is a folder of Hugging Face with weights of PyTorch", HUGGING_FACE.way)
    if {"metadata.json", "model.weights.h5"} <= names and "config.json" not in names:
        return Foreign(
            "is an unpacked .keras folder without its config.json", "Copy or unpack the whole folder again."
        )
    if "variables" in names and "saved_model.pb" not in names:
        return Foreign(
            "is the folder of a SavedModel without its saved_model.pb",
            "Copy or download the whole folder again.",
        )
    return None


def _around(entries: list[os.DirEntry[str]]) -> Foreign:
    """What is said of a folder that may hold models."""
    models = [entry.name for entry in islice(filter(_is_file, entries), MOST_OPENED) if _is_model(entry)]
    for folder in islice(filter(_is_folder, entries), MOST_FOLDERS):
        models += zips.models_among([f"{folder.name}/{name}" for name in _names_in(folder)])
    if len(models) == 1:
        return Foreign(
            f"is a folder that holds a Keras model, {quote(models[0])}", f"Give {quote(models[0])} in it."
        )
    if models:
        what = f"is a folder that holds {len(models)} files or folders of Keras models ({listed(models)})"
        return Foreign(what, "Give one of them; an architecture JSON has its weights beside it.")
    names = [entry.name for entry in entries]
    pictures = [name for name in names if name.lower().endswith(PICTURES)]
    if pictures and 2 * len(pictures) >= len(names):
        what = f"is a folder of pictures ({listed(pictures, 2)}), not a model"
        return Foreign(what, "Give the file of a model here, and pictures as images.")
    if any(name.endswith(CHECKPOINT) for name in names):
        return Foreign(
            f"is a folder of a TensorFlow checkpoint ({listed(names)}): weights without an architecture",
            "Give the architecture JSON with `model` and the checkpoint with `weights`.",
        )
    if (found := _of_others(entries)) is not None:
        return found
    return Foreign(
        f"is a folder without a Keras model: it holds {listed(names)}", "Give the file or folder of a model."
    )


def _of_others(entries: list[os.DirEntry[str]]) -> Foreign | None:
    """What is said of a folder around what is, or is called, a model, by the first such file."""
    for entry in islice(filter(_is_file, entries), MOST_OPENED):
        with suppress(OSError):
            found = kind_of(Look.at(Path(entry.path)))
            named = entry.name.lower().endswith(zips.WHOLE)
            if found is not None and (named or found.way in (ORIGINAL, IF_ANY, IN_PYTORCH, REBUILD)):
                return Foreign(
                    f"is a folder without a Keras model: {quote(entry.name)} {found.what}", found.way
                )
    return None


def _is_file(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_file(follow_symlinks=False)  # a link may lead anywhere
    return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False)
    return False


def _names_in(folder: os.DirEntry[str]) -> list[str]:
    with suppress(OSError), os.scandir(folder.path) as entries:
        return [entry.name for entry in islice(entries, MOST)]
    return []


def _is_model(entry: os.DirEntry[str]) -> bool:
    """Whether a file is one of a Keras model by its first bytes; weights alone are none."""
    if entry.name.endswith((".weights.h5", ".weights.json")):
        return False
    try:
        head = Look.at(Path(entry.path)).head
    except OSError:
        return False
    if head.startswith(zips.START):
        return head[30:].startswith((b"config.json", b"metadata.json", b"model.weights.h5"))
    text = head.lstrip()
    return head.startswith(groups.MAGIC) or (
        text.startswith(b"{") and (b'"class_name"' in text or b'"modelTopology"' in text)
    )
