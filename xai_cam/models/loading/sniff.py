"""The kind of a file, by its content: suffixes of Keras files are often wrong."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xai_cam.errors import ModelError
from xai_cam.extras import check_extra
from xai_cam.files.fingerprint import Fingerprint, fingerprint
from xai_cam.files.leftovers import unfinished
from xai_cam.models.loading.containers.yaml_config import is_yaml
from xai_cam.models.loading.custom_code import CustomCode

if TYPE_CHECKING:
    import h5py

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
LOOK = 4096
"""Bytes of a file's beginning that tell its kind."""

HDF5_SUFFIXES = (".h5", ".hdf5")

ORIGIN = ("model_sha256", "weights_sha256", "custom_objects_sha256")
"""Hashes of what a model is read from, as provenance names them."""


class Kind(Enum):
    """The kinds of file that a model is made of."""

    ARCHITECTURE = "an architecture"
    KERAS_ARCHIVE = "a .keras archive"
    WHOLE_H5 = "a whole model in HDF5"
    LEGACY_WEIGHTS = "weights in the HDF5 layout of Keras 0 to 2"
    KERAS3_WEIGHTS = "weights in the HDF5 layout of Keras 3"


@dataclass(frozen=True)
class ModelFiles:
    """What a model is read from; `weights` is None where `model` holds them itself.

    `code` is the source of the user's own layers, where a command was given one.
    """

    model: Path
    weights: Path | None = None
    code: CustomCode | None = None

    @cached_property
    def fingerprints(self) -> tuple[Fingerprint, Fingerprint]:
        """Those of the architecture's (or whole model's) file and of the weights' file, taken once."""
        model = fingerprint(self.model)
        return model, model if self.weights is None else fingerprint(self.weights)

    @property
    def hashes(self) -> tuple[str, ...]:
        """SHA-256 of the architecture's (or whole model's) file, of the weights' file, and of the code."""
        found = tuple(file.sha256 for file in self.fingerprints)
        return found if self.code is None else (*found, self.code.sha256)

    @property
    def origin(self) -> dict[str, str]:
        """The hashes, as provenance names them."""
        return dict(zip(ORIGIN, self.hashes, strict=False))  # of code only where there is some

    @property
    def custom_objects(self) -> dict[str, Any]:
        """What the code defines, by name; it is executed for that.

        Raises
        ------
        InputError
            As of `CustomCode.objects`.
        """
        return {} if self.code is None else self.code.objects

    @property
    def names(self) -> str:
        """The names of the files."""
        return " and ".join(path.name for path in (self.model, self.weights) if path is not None)

    def watch(self) -> Callable[[], bool]:
        """A function that tells whether the hashes are still those of now."""
        known = self.hashes
        return lambda: self.hashes == known

    def are_unchanged(self) -> bool:
        """Whether they are what was hashed; where they are not, they will be hashed anew."""
        model, weights = self.fingerprints
        if model.holds(self.model) and weights.holds(self.weights or self.model):
            return True
        vars(self).pop("fingerprints", None)
        return False


def sniff(path: Path) -> Kind:
    """The kind of the file `path`, from its first bytes and, for HDF5, from its groups.

    Raises
    ------
    ModelError
        The file is missing, empty or none of the known kinds.
    """
    return first_look(path) or sniff_h5(path)


def first_look(path: Path) -> Kind | None:
    """The kind of the file `path`, from its first bytes; None for HDF5, whose kind they do not show.

    Raises
    ------
    ModelError
        The file is missing, empty or of no known format.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ModelError(f"{path} is not a file, but a pipe or a device. Give a file.")
        if path.is_dir():  # Windows would speak of a lack of rights
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        with path.open("rb") as file:
            start = file.read(LOOK)
    except OSError as error:
        raise ModelError(f"Cannot read {path}: {error.strerror}. Check the path.") from error
    if start.startswith(HDF5_MAGIC):
        return None
    if zipfile.is_zipfile(path):
        return Kind.KERAS_ARCHIVE
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return Kind.ARCHITECTURE
    if is_yaml(start):
        check_extra("yaml")
        return Kind.ARCHITECTURE
    what = "is empty" if not start else "is neither JSON, nor HDF5, nor a .keras archive"
    raise ModelError(
        f"{path} {what}. Give the architecture JSON with its H5 weights, or a whole .h5 or .keras model."
    )


def sniff_h5(path: Path) -> Kind:
    """The kind of the HDF5 file `path`, from its groups and attributes."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            kind = Kind.WHOLE_H5 if "model_config" in file.attrs else weights_kind(file)
    except (OSError, RuntimeError, KeyError) as error:
        raise ModelError(f"{path} is a damaged HDF5 file ({error}). Copy or export it again.") from error
    return known(kind, path)


def known(kind: Kind | None, path: Path) -> Kind:
    """The kind of an HDF5 file.

    Raises
    ------
    ModelError
        It is None: the file holds something else.
    """
    if kind is None:
        raise ModelError(f"{path} is HDF5, but contains no Keras weights. Save it with `model.save_weights`.")
    return kind


def weights_kind(file: h5py.Group) -> Kind | None:
    """The layout of the weights in an open HDF5 file, or None."""
    if (
        any(name in file.attrs for name in ("layer_names", "layer_names0", "nb_layers"))
        or "model_weights" in file
    ):
        return Kind.LEGACY_WEIGHTS
    if any(name in file for name in ("layers", "_layer_checkpoint_dependencies", "vars")):
        return Kind.KERAS3_WEIGHTS
    return None


def find_model_files(model: Path, weights: Path | None = None) -> ModelFiles:
    """The model's files: a JSON alone takes the only HDF5 file beside it.

    Reads the first bytes of the files, and which groups an HDF5 file has; imports no Keras.

    Raises
    ------
    ModelError
        A file is missing or of the wrong kind, the weights are not unambiguous, or the run that wrote the two
        was killed between them.
    """
    return complete(model, weights, sniff)


def complete(model: Path, weights: Path | None, look: Callable[[Path], Kind | None]) -> ModelFiles:
    """The same by what `look` tells of a file: `sniff`, or `first_look` where they will be opened anyway."""
    for path in (model, weights):
        if path is not None and (why := unfinished(path)):
            raise ModelError(why)
    kind = look(model)
    if weights is not None and look(weights) is Kind.ARCHITECTURE:
        raise ModelError(
            f"{weights} is {Kind.ARCHITECTURE.value}, not weights. Give the H5 file with `weights`."
        )
    if kind in (Kind.LEGACY_WEIGHTS, Kind.KERAS3_WEIGHTS):
        raise no_architecture(model)
    if kind is not Kind.ARCHITECTURE or weights is not None:
        return ModelFiles(model, weights)
    beside = sorted(p for p in model.parent.iterdir() if p.suffix.lower() in HDF5_SUFFIXES and p.is_file())
    if not beside:
        raise ModelError(f"There is no .h5 file beside {model}. Name the weights with `weights`.")
    if len(beside) > 1:
        names = ", ".join(p.name for p in beside)
        raise ModelError(f"There are several H5 files beside {model}: {names}. Name one with `weights`.")
    return ModelFiles(model, beside[0])


def no_architecture(model: Path) -> ModelError:
    """The error for weights in the place of a model."""
    return ModelError(
        f"{model} contains weights without an architecture. Give the architecture JSON with `model` "
        "and this file with `weights`."
    )
