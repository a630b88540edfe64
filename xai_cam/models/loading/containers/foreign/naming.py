"""The one way in: a file or folder that is no Keras model -> the error that says what it is and what to do.

Nothing of a file is run, unpacked or built to tell it; a few kilobytes of it are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign import groups, zips
from xai_cam.models.loading.containers.foreign.documents import check_document
from xai_cam.models.loading.containers.foreign.kinds import kind_of
from xai_cam.models.loading.containers.foreign.looks import MODEL, Foreign, Look
from xai_cam.models.loading.containers.foreign.magics import by_magic
from xai_cam.models.loading.containers.foreign.pickles import by_pickle
from xai_cam.models.loading.containers.foreign.texts import by_text

JSON = re.compile(r"\s*\"?[\[{]\s*([\[\]{}\"\\\d-]|true|false|null|NaN|\Z)")
"""How JSON begins that is no text with a word in brackets."""


def check_json(path: Path) -> None:
    """Refuse a file that begins as JSON does, and is not the description of a model.

    Raises
    ------
    ModelError
    OSError
    """
    look = Look.at(path)
    # The length that begins a safetensors file may be a brace, and other texts begin with a word in brackets.
    found = by_magic(look) or (None if JSON.match(look.text or "{}") else by_text(look))
    if found is not None:
        raise found.error(path)
    check_document(look)


def check_hdf5(path: Path) -> None:
    """Refuse an HDF5 file that is shorter than it says, or that says in its first bytes whose it is.

    Raises
    ------
    ModelError
    OSError
    """
    look = Look.at(path)
    if (found := by_magic(look) or groups.cut_off(look)) is not None:
        raise found.error(path)


def check_zip(path: Path, names: Collection[str]) -> None:
    """Refuse a file that ends as a zip archive does, if it begins as something else, or holds no model.

    Raises
    ------
    ModelError
    OSError
    """
    look = Look.at(path)
    if not look.head.startswith(zips.START):  # TensorFlow Lite may end in a zip, as may a pickle
        found = by_magic(look) or by_pickle(look)
        if found is not None:
            raise found.error(path)
    if zips.CONFIG not in names:
        raise foreign_zip(path, names)


def foreign(path: Path) -> ModelError:
    """The error for a file that is neither JSON, nor HDF5, nor a zip archive.

    Raises
    ------
    OSError
    """
    look = Look.at(path)
    found = kind_of(look) or Foreign(
        f"is neither JSON, nor HDF5, nor a .keras archive, nor anything else that is known{look.unfinished}",
        MODEL,
    )
    return found.error(path)


def foreign_zip(path: Path, names: Collection[str]) -> ModelError:
    """The error for a zip archive that is no `.keras` model, by the names in it."""
    return zips.by_names(names).error(path)


def foreign_hdf5(path: Path, file: object) -> ModelError:
    """The error for `file`, an open HDF5 file, that holds no Keras weights."""
    return groups.by_groups(file).error(path)
