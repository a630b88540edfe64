"""The kind of a file, by its content: suffixes of Keras files are often wrong."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from pathlib import Path

from xai_cam.errors import ModelError
from xai_cam.extras import check_extra
from xai_cam.files.cache import Cache
from xai_cam.models.loading.archive import names_in
from xai_cam.models.loading.containers.foreign.folders import foreign_folder
from xai_cam.models.loading.containers.foreign.groups import begins_later, of_another_program
from xai_cam.models.loading.containers.foreign.naming import (
    check_hdf5,
    check_json,
    check_zip,
    foreign,
)
from xai_cam.models.loading.containers.parts import HDF5_MAGIC, SAVED_MODEL, is_checkpoint, is_keras_folder
from xai_cam.models.loading.containers.yaml_config import START, is_yaml
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.known_kinds import known_kind

MAX_LOOK = 32 * 2**20
"""Bytes of a JSON that are searched for the words that tell its kind."""

JSON_KINDS = {
    b'"weightsManifest"': Kind.TFJS,
    b'"modelTopology"': Kind.TFJS,
    b'"weight_map"': Kind.SHARDED_WEIGHTS,
}
"""Words in a JSON -> what it is; one that describes a model as Keras does has none of them."""


def sniff(path: Path, inside: str | None = None, cache: Cache | None = None) -> Kind:
    """The kind of the file `path`, from its first bytes and, for HDF5, from its groups.

    Of HDF5 that holds several models, `inside` is the group of the one that is meant. A cache remembers what
    was found in files of HDF5.

    Raises
    ------
    ModelError
        The file is missing, empty or none of the known kinds.
    """
    found = closer_look(path)
    if found is not None:
        return found

    def look() -> Kind:
        from xai_cam.models.loading.inside import kind_in

        return kind_in(path, inside)

    return known_kind(cache, path, inside, look)


def closer_look(path: Path) -> Kind | None:
    """The same for a file that nobody is writing: whether all of it is there, and it is no other's kind.

    Raises
    ------
    ModelError
        As of `first_look`; or it breaks off, or is JSON or a zip archive of something else, which is named.
    """
    kind = first_look(path)
    try:
        if kind is None:
            check_hdf5(path)
        elif kind is Kind.KERAS_ARCHIVE:
            check_zip(path, names_in(path))
        elif kind in (Kind.ARCHITECTURE, *JSON_KINDS.values()) and path.is_file():
            check_json(path)
    except OSError as error:
        raise cannot_read(path, error) from error
    return kind


def cannot_read(path: Path, error: OSError) -> ModelError:
    """The error for a file or folder that the system does not let us read."""
    return ModelError(f"Cannot read {path}: {error.strerror}. Check the path.")


def first_look(path: Path) -> Kind | None:
    """The kind of the file `path`, from its first bytes; None for HDF5, whose kind they do not show.

    Raises
    ------
    ModelError
        The file is missing, empty or of no known format.
    """
    try:
        if is_checkpoint(path):
            return Kind.CHECKPOINT
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ModelError(f"{path} is not a file, but a pipe or a device. Give a file.")
        if path.is_dir():
            return _folder_kind(path)
        with path.open("rb") as file:
            start = file.read(START)
            if is_yaml(start):
                check_extra("yaml")
                return Kind.YAML
            if _is_json(start):
                return _json_kind(start + file.read(MAX_LOOK))
        if start.startswith(HDF5_MAGIC):
            return None
        if zipfile.is_zipfile(path):
            return Kind.KERAS_ARCHIVE
        if begins_later(path):
            return None
        raise foreign(path)
    except OSError as error:
        raise cannot_read(path, error) from error


def container(path: Path) -> Kind | None:
    """The kind of a container of several files; None for one file, whatever it is, and where there is none.

    Raises
    ------
    ModelError
        It is a folder, and no container of a model.
    """
    if is_checkpoint(path):
        return Kind.CHECKPOINT
    if path.is_dir():
        return _folder_kind(path)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(START)
        kind = _json_kind(start + file.read(MAX_LOOK)) if _is_json(start) else Kind.ARCHITECTURE
    return None if kind is Kind.ARCHITECTURE else kind


def _is_json(start: bytes) -> bool:
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[", b'"{'))


def _json_kind(text: bytes) -> Kind:
    """What a JSON is, by the words that it has and an architecture has not."""
    return next((kind for word, kind in JSON_KINDS.items() if _is_key(word, text)), Kind.ARCHITECTURE)


def _is_key(word: bytes, text: bytes) -> bool:
    """Whether a word stands before a colon, and not only as the name of a layer."""
    return word in text and re.search(re.escape(word) + rb"\s*:", text) is not None


def _folder_kind(folder: Path) -> Kind:
    """What a folder is, by the names of the files in it.

    Raises
    ------
    ModelError
        It is no container of a model.
    """
    if (folder / SAVED_MODEL).exists():
        return Kind.SAVED_MODEL
    if is_keras_folder(folder):
        return Kind.KERAS_FOLDER
    raise foreign_folder(folder)


def check_program(path: Path) -> None:
    """Refuse an HDF5 file of another program by its name: that says more than what is odd in it.

    Raises
    ------
    ModelError
        It is one of a known kind; what cannot be read is left to others to refuse.
    """
    import h5py

    from xai_cam.models.loading.inside import weights_kind

    with suppress(OSError, RuntimeError, KeyError, ValueError), h5py.File(path, "r") as file:
        if "model_config" in file.attrs or weights_kind(file) is not None:
            return
        if (found := of_another_program(file)) is not None:
            raise found.error(path)


def no_architecture(model: Path) -> ModelError:
    """The error for weights in the place of a model."""
    return ModelError(
        f"{model} contains weights without an architecture. Give the architecture JSON with `model` "
        "and these with `weights`."
    )
