"""The files of a model, by the one or two that were named."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from xai_cam.errors import ModelError
from xai_cam.files.cache import Cache
from xai_cam.files.leftovers import unfinished
from xai_cam.files.stores.fetched import fetched, origin_of
from xai_cam.files.stores.listings import Listings
from xai_cam.files.stores.paths import StorePath
from xai_cam.models.loading.containers.manifest import shard_names
from xai_cam.models.loading.containers.parts import INDEX, is_hdf5, list_of, named_by, weights_named_by
from xai_cam.models.loading.containers.shard_map import SUFFIX
from xai_cam.models.loading.kinds import NO_WEIGHTS, WEIGHTS_ALONE, Kind
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.loading.sniff import no_architecture, sniff

P = TypeVar("P", bound=Path)

HDF5_SUFFIXES = (".h5", ".hdf5")


def find_model_files(
    model: Path, weights: Path | None = None, inside: str | None = None, cache: Cache | None = None
) -> ModelFiles:
    """The model's files: a JSON alone takes the only HDF5 file beside it.

    Reads the first bytes of the files, and which groups an HDF5 file has; imports no Keras. Where such a file
    holds several models, `inside` is the group of one. A cache remembers which groups there are, and the
    hashes of large files.

    Raises
    ------
    ModelError
        A file is missing or of the wrong kind, the weights are not unambiguous, or the run that wrote the two
        was killed between them.
    """
    files = replace(complete(model, weights, partial(sniff, inside=inside, cache=cache), inside), cache=cache)
    if files.inside is None:
        return files
    from xai_cam.models.loading.inside import is_inside, not_there

    if not any(is_inside(path, files.inside) for path in (files.model, files.weights) if path):
        raise not_there(files.inside, files.names)
    return files


def complete(
    model: Path, weights: Path | None, look: Callable[[Path], Kind | None], inside: str | None = None
) -> ModelFiles:
    """The same by what `look` tells of a file: `sniff`, or `first_look` where they will be opened anyway."""
    model, weights = named_by(model), None if weights is None else weights_named_by(weights)
    for path in (model, weights):
        if path is not None and (why := unfinished(path)):
            raise ModelError(why)
    kind = look(model)
    if kind in WEIGHTS_ALONE:
        raise no_architecture(model)
    if kind is Kind.TFJS and weights is not None and _is_part(weights, model):
        weights = None  # what it names itself
    if kind in (Kind.ARCHITECTURE, Kind.YAML) and weights is None:
        weights = _weights_beside(model)
    held = None if weights is None else look(weights)
    if held in NO_WEIGHTS:
        raise ModelError(
            f"{weights} is {held.value}, not weights. Give the weights beside it with `weights`."
        )
    return ModelFiles(model, weights, inside=(inside or "").strip("/") or None)


def _is_part(weights: Path, model: Path) -> bool:
    """Whether a file is one of those that a TensorFlow.js model names."""
    there = os.path.realpath(weights)
    return any(
        os.path.realpath(model.parent / name) == there
        for name in shard_names(model)
        if os.path.basename(name) == weights.name
    )


def _weights_beside(model: Path) -> Path:
    """The only weights in the folder of an architecture.

    Raises
    ------
    ModelError
        There are none, or several.
    """
    origin = origin_of(model)
    if isinstance(origin, StorePath):
        return _weights_in_store(origin)
    files = sorted(path for path in model.parent.iterdir() if path.is_file() and path != model)
    lists = [path for path in files if path.name.endswith(SUFFIX)]
    beside = [path for path in files if path.suffix.lower() in HDF5_SUFFIXES and list_of(path) not in lists]
    beside = sorted([*beside, *lists]) or [path.with_suffix("") for path in files if path.suffix == INDEX]
    beside = beside or [path for path in files if is_hdf5(path)]
    return _only(beside, model)


def _weights_in_store(model: StorePath) -> Path:
    """The only HDF5 file beside an architecture in a store, fetched."""
    try:
        beside = [model.parent / name for name in Listings().names(model.parent)]
        return fetched(_only([one for one in beside if one.suffix.lower() in HDF5_SUFFIXES], model))
    except OSError as error:
        raise ModelError(
            f"Cannot fetch the weights beside {model}: {error.strerror}. Name them with `weights`."
        ) from error


def _only(beside: Sequence[P], model: Path) -> P:
    if not beside:
        raise ModelError(
            f"There are no weights (.h5, .weights.json, checkpoint) beside {model}. Name them with `weights`."
        )
    if len(beside) > 1:
        names = ", ".join(p.name for p in beside)
        raise ModelError(f"There are several weights beside {model}: {names}. Name one with `weights`.")
    return beside[0]
