"""TensorFlow.js layers models, as its converter writes them and as TensorFlow.js itself does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from xai_cam.errors import shortened
from xai_cam.models.loading.containers.assembly import assembled
from xai_cam.models.loading.containers.manifest import SIZES, read_document
from xai_cam.models.loading.containers.native import as_keras, is_native
from xai_cam.models.loading.containers.owners import Owned, UnknownOwnerError, owners_of, plain_chain
from xai_cam.models.loading.containers.packed import Packed, packed_in
from xai_cam.models.loading.contents import Contents, Reading, Weights
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.hdf5 import DAMAGES, text_of
from xai_cam.models.loading.stored import FileWeight, LayerWeights, NamedLayers
from xai_cam.models.loading.training import loss_in
from xai_cam.models.loading.tree import parse
from xai_cam.models.loading.weights import mismatch

OF_KERAS_3 = "/vars/"
"""In the names that the converter gives to weights of Keras 3: their places in its HDF5 files."""


def read_tfjs(path: Path, reading: Reading) -> Contents:
    """The contents of the model whose JSON is `path`.

    Raises
    ------
    ModelError
        It is damaged, a graph model, or its weights are not those of its layers.
    """
    document = read_document(path)
    topology = document.topology
    config = topology.get("model_config", topology)  # the converter keeps it apart from what Keras wrote it
    config = parse(config, path) if isinstance(config, str) else config
    if is_native(topology):
        as_keras(config)
    if isinstance(config, dict):
        config = {**config, "backend": topology.get("backend")}
        config.pop("training_config", None)
    weights = None
    if reading.with_weights and document.groups:
        packed = [one for one in packed_in(path.parent, document.groups, path) if not one.entry.of_training]
        reading.limits.check("bytes", sum(_unpacked_size(one) for one in packed))
        weights = _weights(packed, config, path, reading)
    return Contents(config, text_of(topology.get("keras_version")), weights, loss_in(document.training))


def _unpacked_size(packed: Packed) -> int:
    entry = packed.entry
    return entry.size // SIZES[entry.stored] * SIZES[entry.made]


def _weights(packed: list[Packed], config: Any, path: Path, reading: Reading) -> Weights:
    if any(OF_KERAS_3 in one.entry.name for one in packed):
        return reading.opened(_as_hdf5(packed, path), path)
    return LayerWeights(lambda: _by_layer(packed, config), str(path), by_name=True)


def _by_layer(packed: list[Packed], config: Any) -> NamedLayers:
    """The weights by the model's own layers, which only their names tell."""
    try:
        owners = owners_of([one.entry.name for one in packed], config)
    except UnknownOwnerError as error:
        names = [shortened(name, 80) for name in error.names]
        raise mismatch([f"{name}: there is not one layer of that name" for name in names]) from error
    layers: dict[str, list[FileWeight]] = {}
    for one, owned in zip(packed, owners, strict=True):
        top, weight = _weight(one, owned)
        layers.setdefault(top, []).append(weight)
    return list(layers.items())


def _weight(packed: Packed, owned: Owned) -> tuple[str, FileWeight]:
    """The name of the model's own layer, and the weight with the layers inside of it."""
    top, *inside = plain_chain([*owned.chain, *owned.inner])
    owner = inside[-1] if inside else top
    return top, FileWeight(owner, owned.variable, packed, path=tuple(inside))


def _as_hdf5(packed: Iterable[Packed], path: Path) -> BinaryIO:
    """The weights of Keras 3 where it has them: in an HDF5 file, here one without a name."""

    def fill(target: h5py.File) -> None:
        for one in packed:
            target.create_dataset(one.entry.name, data=one[()])

    try:
        return assembled(fill)
    except DAMAGES as error:
        raise damaged_file(path, error) from error
