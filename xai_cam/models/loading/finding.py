"""The files of a model, by the one or two that were named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xai_cam.errors import ModelError
from xai_cam.files.leftovers import unfinished
from xai_cam.models.loading.containers.parts import INDEX, named_by
from xai_cam.models.loading.kinds import NO_WEIGHTS, WEIGHTS_ALONE, Kind
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.loading.sniff import no_architecture, sniff

HDF5_SUFFIXES = (".h5", ".hdf5")
SHARDED = ".weights.json"


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
    model, weights = named_by(model), None if weights is None else named_by(weights)
    for path in (model, weights):
        if path is not None and (why := unfinished(path)):
            raise ModelError(why)
    kind = look(model)
    if kind in WEIGHTS_ALONE:
        raise no_architecture(model)
    if kind is Kind.ARCHITECTURE and weights is None:
        weights = _weights_beside(model)
    held = None if weights is None else look(weights)
    if held in NO_WEIGHTS:
        raise ModelError(f"{weights} is {held.value}, not weights. Give the H5 file with `weights`.")
    return ModelFiles(model, weights)


def _weights_beside(model: Path) -> Path:
    """The only weights in the folder of an architecture.

    Raises
    ------
    ModelError
        There are none, or several.
    """
    files = sorted(path for path in model.parent.iterdir() if path.is_file() and path != model)
    beside = [path for path in files if path.suffix.lower() in HDF5_SUFFIXES]
    beside = beside or [path for path in files if path.name.endswith(SHARDED)]
    beside = beside or [path.with_suffix("") for path in files if path.suffix == INDEX]
    if not beside:
        raise ModelError(
            f"There are no weights (.h5, .weights.json, checkpoint) beside {model}. Name them with `weights`."
        )
    if len(beside) > 1:
        names = ", ".join(p.name for p in beside)
        raise ModelError(f"There are several weights beside {model}: {names}. Name one with `weights`.")
    return beside[0]
