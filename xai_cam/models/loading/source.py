"""Model files -> their contents, with nothing built: configuration, origin, place of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from xai_cam.errors import ModelError
from xai_cam.models.loading.archive import Archive, read_archive
from xai_cam.models.loading.containers.foreign.documents import foreign_json
from xai_cam.models.loading.containers.foreign.naming import foreign_hdf5
from xai_cam.models.loading.containers.keras_folder import read_keras_folder, read_unpacked_weights
from xai_cam.models.loading.containers.parts import named_by, weights_named_by
from xai_cam.models.loading.containers.saved_model import (
    read_folder_weights,
    read_saved_model,
    read_weights,
)
from xai_cam.models.loading.containers.separators import straightened
from xai_cam.models.loading.containers.shards import read_archived_shards, read_shards
from xai_cam.models.loading.containers.tfjs import read_tfjs
from xai_cam.models.loading.containers.yaml_config import read_yaml
from xai_cam.models.loading.contents import Contents, Read, Reading, ReadWeights, Weights
from xai_cam.models.loading.hdf5 import TOP, CheckedH5, Guard, open_h5, text_of
from xai_cam.models.loading.inside import chosen, not_there
from xai_cam.models.loading.json_files import read_json
from xai_cam.models.loading.kinds import WEIGHTS_ALONE, Kind
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.sniff import check_program, closer_look, no_architecture
from xai_cam.models.loading.training import Training, loss_in, training_of
from xai_cam.models.loading.tree import parse
from xai_cam.models.loading.upgrade import Origin
from xai_cam.models.output.losses import Losses


@dataclass(frozen=True)
class Source:
    """The contents of the files; `weights`, checked and open, is None if only the architecture is read.

    `loss` is the name of the loss that the model was trained with, if they tell; `container` says what they
    were.
    """

    config: dict[str, Any]
    weights: Weights | None = None
    origin: Origin = field(default_factory=Origin)
    loss: Losses = None
    container: str = ""


@contextmanager
def open_source(
    model: Path,
    weights: Path | None = None,
    guard: Guard = nullcontext,
    limits: Limits | None = None,
    inside: str | None = None,
) -> Iterator[Source]:
    """Read the configuration and open the weights, building nothing; each file is opened and checked once.

    Parameters
    ----------
    model, weights : Path
        What holds the architecture; what holds its weights, if that is another file.
    guard, limits
        As for `open_h5`.
    inside : str, optional
        The group of the HDF5 file that is meant, where one holds several models.

    Raises
    ------
    ModelError
        A file is missing, damaged, of the wrong kind, or larger than any model.
    """
    limits = limits or Limits()
    with ExitStack() as stack:

        def opened(source: Path | BinaryIO, file: Path | None) -> CheckedH5:
            try:
                h5 = stack.enter_context(open_h5(source, guard, limits, file))
            except ModelError:
                if isinstance(source, Path):
                    check_program(source)
                raise
            straight = straightened(h5)
            return stack.enter_context(open_h5(straight, guard, limits, file)) if straight else h5

        reading = Reading(
            opened,
            limits,
            with_weights=weights is None,
            guard=guard,
            inside=(inside or "").strip(TOP) or None,
        )
        yield _read(named_by(model), None if weights is None else weights_named_by(weights), reading)


def _read(model: Path, weights: Path | None, reading: Reading) -> Source:
    kind = closer_look(model)
    if kind in WEIGHTS_ALONE:
        raise no_architecture(model)
    found = READERS.get(kind, _read_whole_h5)(model, reading)
    config = found.config
    if not isinstance(config, dict):
        raise ModelError(f"{model} does not describe a Keras model. Write it with `model.to_json()`.")
    held, container = found.weights, (kind or Kind.WHOLE_H5).value
    if weights is not None:
        beside = closer_look(weights)
        held = WEIGHT_READERS.get(beside, _open_weights)(weights, config, reading)
        container += f" with {beside.value if beside else 'weights in HDF5'}"
    files = {id(one): one for one in (held, found.weights) if isinstance(one, CheckedH5)}
    told = [_told(one) for one in files.values()]
    backend = next((one.backend for one in told if one.backend), None)
    losses: list[Losses] = [loss_in(config.get("compile_config")), found.loss, *(one.loss for one in told)]
    origin = Origin(found.version, backend)
    if reading.inside and all(h5.group != reading.inside for h5 in files.values()):
        raise not_there(reading.inside, " or ".join(str(path) for path in (model, weights) if path))
    return Source(config, held, origin, next((one for one in losses if one), None), container)


def _told(h5: CheckedH5) -> Training:
    with h5.reading() as file:
        return training_of(file)


def _read_json(path: Path, _: Reading) -> Contents:
    config = read_json(path)
    if isinstance(config, str):  # what `model.to_json()` returned was written as JSON once more
        config = parse(config, path)
    if not isinstance(config, dict) or config.get("class_name") in (None, "Tokenizer"):
        raise foreign_json(path, config)
    return Contents(config)


def _read_yaml(path: Path, _: Reading) -> Contents:
    return Contents(read_yaml(path))


def _read_whole_h5(path: Path, reading: Reading) -> Contents:
    h5 = _chosen(reading.opened(path, path), path, reading, whole=True)
    with h5.reading() as file:
        if "model_config" not in file.attrs:
            raise no_architecture(path)
        text, version = text_of(file.attrs["model_config"]), text_of(file.attrs.get("keras_version"))
    return Contents(parse(text or "", path), version, h5)


def _read_archive(path: Path, reading: Reading) -> Contents:
    archive = read_archive(path, reading.with_weights, reading.limits)
    config = parse(archive.config, path)
    metadata = parse(archive.metadata, path) if archive.metadata is not None else None
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    weights = _archived(archive, path, reading) if reading.with_weights else None
    return Contents(config, text_of(version), weights)


def _open_weights(path: Path, _: Any, reading: Reading) -> CheckedH5:
    return _chosen(reading.opened(path, path), path, reading, whole=False)


def _chosen(h5: CheckedH5, path: Path, reading: Reading, whole: bool) -> CheckedH5:
    """The same file, opened at the group that holds what is looked for."""
    with h5.reading() as file:
        group, kind = chosen(file, path, reading.inside, whole)
        if kind is None:
            raise foreign_hdf5(path, file)
    return replace(h5, group=group)


def _open_archived(path: Path, _: Any, reading: Reading) -> CheckedH5:
    """The weights inside an archive."""
    return _archived(read_archive(path, True, reading.limits), path, reading)


def _archived(archive: Archive, path: Path, reading: Reading) -> CheckedH5:
    if archive.weights is None:
        return read_archived_shards(archive, path, reading)
    return reading.opened(archive.weights, path)


READERS: dict[Kind | None, Read] = {
    Kind.ARCHITECTURE: _read_json,
    Kind.YAML: _read_yaml,
    Kind.KERAS_ARCHIVE: _read_archive,
    Kind.KERAS_FOLDER: read_keras_folder,
    Kind.TFJS: read_tfjs,
    Kind.SAVED_MODEL: read_saved_model,
}
"""Kind of a model -> what reads it; of others, it is HDF5."""

WEIGHT_READERS: dict[Kind | None, ReadWeights] = {
    Kind.KERAS_ARCHIVE: _open_archived,
    Kind.KERAS_FOLDER: read_unpacked_weights,
    Kind.SHARDED_WEIGHTS: read_shards,
    Kind.CHECKPOINT: read_weights,
    Kind.SAVED_MODEL: read_folder_weights,
}
"""Kind of the weights beside a configuration -> what reads them; of others, they are HDF5."""
