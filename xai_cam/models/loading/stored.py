"""The weights in an H5 file of Keras 0, 1 or 2, by layer: named or numbered, none of them read yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import h5py
import numpy as np

from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.graph import plain_name
from xai_cam.models.loading.hdf5 import text_of

KERAS1_NAMES = {
    "W": "kernel",
    "U": "recurrent_kernel",
    "b": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
    "alphas": "alpha",
}
"""Ending of a weight's name in Keras 1 -> name of the variable."""


class Data(Protocol):
    """Numbers in a file: their shape, and all of them by `data[()]`, which reads them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape as it is in the file."""

    def __getitem__(self, index: tuple[()], /) -> np.ndarray:
        """The numbers."""


@dataclass(frozen=True)
class FileWeight:
    """One weight of a file: the layer and the variable it was saved from, and its data.

    `order` lists the file's axes in the order of the model's, without those of length 1 that are gone;
    `keras1` says that the file is that old, `more` are data to be put behind, along the last axis, and `path`
    names the layers down to the owner, as far as the file tells.
    """

    owner: str
    name: str
    data: Data
    keras1: bool = False
    order: tuple[int, ...] | None = None
    more: tuple[Data, ...] = ()
    path: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the weight has once it is read."""
        shape = tuple(self.data.shape)
        if self.more:
            return (*shape[:-1], shape[-1] + sum(data.shape[-1] for data in self.more))
        return shape if self.order is None else tuple(shape[axis] for axis in self.order)

    def read(self) -> np.ndarray:
        """The stored numbers, joined and in the order that Keras 3 takes."""
        value = self.data[()]
        if self.more:
            return np.concatenate([value, *(data[()] for data in self.more)], axis=-1)
        if self.order is None:
            return value
        gone = tuple(axis for axis in range(value.ndim) if axis not in self.order)
        return np.transpose(value, (*gone, *self.order)).reshape(self.shape)

    @property
    def places(self) -> list[Any]:
        """Where the numbers lie in an HDF5 file; in other containers, layers may share them."""
        data = (self.data, *self.more)
        return [h5py.h5o.get_info(one.id).addr for one in data if isinstance(one, h5py.Dataset)]


DAMAGES = (OSError, ValueError, LookupError)
"""What reading makes of a damaged file."""

NamedLayers = list[tuple[str, list[FileWeight]]]
"""Layers of a model with their weights, in the order of the file."""


@dataclass(frozen=True)
class LayerWeights:
    """The weights in a container that is not HDF5, by the model's own layers.

    Attributes
    ----------
    find : callable
        Lists them; it is called when the configuration has passed the audit. `path` of a weight has the names
        of layers inside of models, and of attributes inside of other layers.
    where : str
        What messages call the file.
    by_name : bool
        Whether layers go by their names alone, as their order says nothing.
    """

    find: Callable[[], NamedLayers]
    where: str
    by_name: bool = False

    def layers(self) -> NamedLayers:
        """The layers with their weights.

        Raises
        ------
        ModelError
            The file is damaged, or of another model.
        """
        with self.reading():
            return self.find()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For reading weights: errors meanwhile mean that the file is damaged.

        Raises
        ------
        ModelError
        """
        try:
            yield
        except DAMAGES as error:
            raise damaged_file(self.where, error) from error


def file_layers(group: h5py.Group) -> NamedLayers:
    """The layers that an H5 file of Keras 0 to 2 lists."""
    if "nb_layers" in group.attrs:
        return _numbered_layers(group)
    layers = []
    for name in _names(group, "layer_names"):
        paths = _names(group[name], "weight_names")
        weights = [_named(path, name, _dataset(group[name], path)) for path in paths]
        layers.append((plain_name(name), weights))
    return layers


def _numbered_layers(group: h5py.Group) -> NamedLayers:
    """Keras 0 numbered all layers, also those without weights, and the weights of each."""
    layers = []
    for i in range(int(group.attrs["nb_layers"])):
        name = f"layer_{i}"
        layer = group[name]
        count = int(layer.attrs["nb_params"])
        data = [_dataset(layer, f"param_{n}") for n in range(count)]
        weights = [FileWeight(name, f"param_{n}", d, keras1=True) for n, d in enumerate(data)]
        layers.append((name, weights))
    return layers


def _dataset(group: h5py.Group, path: str) -> h5py.Dataset:
    if not isinstance(group[path], h5py.Dataset):
        raise KeyError(f"{path} is not a dataset")
    return group[path]


def _named(path: str, layer: str, data: h5py.Dataset) -> FileWeight:
    """A weight by its name: `conv2d/kernel:0` of Keras 2, or `convolution2d_1_W` of Keras 1."""
    *owners, variable = path.split("/")
    variable = variable.split(":")[0]
    if not owners:
        for ending, name in KERAS1_NAMES.items():
            if variable.endswith(f"_{ending}"):
                owner = variable.removesuffix(f"_{ending}")
                return FileWeight(owner, name, data, keras1=True, path=(owner,))
    return FileWeight(owners[-1] if owners else layer, variable, data, path=tuple(owners or [layer]))


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list attribute; Keras cuts one that exceeds HDF5's 64 KiB into `name0`, `name1`, ..."""
    if attribute in group.attrs:
        values: Iterable[Any] = group.attrs[attribute]
    else:
        chunks: list[Any] = []
        while f"{attribute}{len(chunks)}" in group.attrs:
            chunks.append(group.attrs[f"{attribute}{len(chunks)}"])
        values = [name for chunk in chunks for name in chunk]
    return [text_of(value) or "" for value in values]
