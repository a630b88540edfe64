"""Where in an HDF5 file a model or its weights lie: at the top, or in one of several groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from xai_cam.errors import ModelError, shortened
from xai_cam.models.loading.containers.foreign.naming import foreign_hdf5
from xai_cam.models.loading.containers.parts import is_hdf5
from xai_cam.models.loading.containers.separators import is_of_windows
from xai_cam.models.loading.hdf5 import TOP
from xai_cam.models.loading.kinds import Kind

LEGACY = ("layer_names", "layer_names0", "nb_layers")
"""Attributes by which Keras 0 to 2 list the layers in a group; one of them is there."""

MAX_LOOKED_AT = 10_000
"""Groups and datasets that are looked at in search of models."""

MAX_DEPTH = 8
"""Groups inside of each other that are looked into."""

MAX_NAMES = 500
"""Characters of a list of groups."""


def weights_kind(file: h5py.Group) -> Kind | None:
    """The layout of the weights in an open HDF5 file or group, or None."""
    if "vars" in file:
        return kind_of(file) or Kind.KERAS3_WEIGHTS
    return kind_of(file)


def kind_of(group: h5py.Group) -> Kind | None:
    """The layout of the weights of a model's layers in a group, or None."""
    if any(name in group.attrs for name in LEGACY) or "model_weights" in group:
        return Kind.LEGACY_WEIGHTS
    if any(name in group for name in ("layers", "_layer_checkpoint_dependencies")) or is_of_windows(group):
        return Kind.KERAS3_WEIGHTS
    return None


def chosen(file: h5py.Group, path: Path, inside: str | None, whole: bool) -> tuple[str, Kind | None]:
    """The group of a file that a model (`whole`), or weights, are to be read from, and what is in it.

    The file need not have been checked. The group is that called `inside` if it holds such a thing, the top
    if that does, or the only one that does; the top and None where there is nothing.

    Raises
    ------
    ModelError
        There are several, and `inside` is none of them.
    """
    places = {group: kind for group in (inside, TOP) if group and (kind := _kind_at(file, group))}
    fitting = {group: kind for group, kind in places.items() if kind is Kind.WHOLE_H5 or not whole}
    if fitting:
        return next(iter(fitting.items()))
    below = {group: kind for group, kind in _below(file).items() if kind is Kind.WHOLE_H5 or not whole}
    if len(below) == 1 and inside is None:
        return next(iter(below.items()))
    if below:
        raise _several(path, list(below), inside, whole)
    return next(iter(places.items()), (TOP, None))


def kind_in(path: Path, inside: str | None = None) -> Kind:
    """What an HDF5 file holds, or its group `inside`: a whole model rather than weights.

    Raises
    ------
    ModelError
        It is damaged, or holds something else, or holds several and `inside` is none of them.
    """
    with _looking_into(path) as file:
        _, kind = chosen(file, path, inside, whole=True)
        if kind is not Kind.WHOLE_H5:
            _, kind = chosen(file, path, inside, whole=False)
        if kind is None:
            raise foreign_hdf5(path, file)
        return kind


def is_inside(path: Path, inside: str) -> bool:
    """Whether a file is HDF5 that holds a model or weights in that group.

    Raises
    ------
    ModelError
        It is damaged.
    """
    if not is_hdf5(path):
        return False
    with _looking_into(path) as file:
        return _kind_at(file, inside) is not None


def groups_in(path: Path) -> list[str]:
    """The groups of a file that hold models or weights, where it has several; none where it is no HDF5.

    Raises
    ------
    ModelError
        It is damaged.
    """
    if not is_hdf5(path):
        return []
    with _looking_into(path) as file:
        return [] if _kind_at(file, TOP) else list(_below(file))


@contextmanager
def _looking_into(path: Path) -> Iterator[h5py.File]:
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError) as error:
        raise ModelError(f"{path} is a damaged HDF5 file ({error}). Copy or export it again.") from error


def not_there(inside: str, files: str) -> ModelError:
    """The error for a group that none of a model's files has."""
    return ModelError(
        f"There is no group {inside!r} with a model or its weights in {files}. Leave `inside` out, or name a "
        "group of the HDF5 file."
    )


def _kind_at(file: h5py.Group, path: str) -> Kind | None:
    """What a group holds, that hard links lead to."""
    group = file
    for name in path.strip(TOP).split("/") if path != TOP else ():
        found = _group(group, name)
        if found is None:
            return None
        group = found
    return Kind.WHOLE_H5 if "model_config" in group.attrs else weights_kind(group)


def _group(group: h5py.Group, name: str) -> h5py.Group | None:
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return None
    found = group[name]
    return found if isinstance(found, h5py.Group) else None


def _below(file: h5py.Group) -> dict[str, Kind]:
    """The groups that hold models or weights, and do not lie in such a group themselves."""
    found: dict[str, Kind] = {}
    pending, looked = deque([("", 0, file)]), 0
    while pending:
        path, depth, group = pending.popleft()
        for name in group:
            looked += 1
            if looked > MAX_LOOKED_AT:
                return found
            inner = _group(group, name)
            if inner is None:
                continue
            kind = Kind.WHOLE_H5 if "model_config" in inner.attrs else kind_of(inner)
            if kind:
                found[f"{path}{name}"] = kind
            elif depth + 1 < MAX_DEPTH:
                pending.append((f"{path}{name}/", depth + 1, inner))
    return found


def _several(path: Path, groups: list[str], inside: str | None, whole: bool) -> ModelError:
    what = "models" if whole else "sets of weights"
    listed = shortened(", ".join(groups), MAX_NAMES)
    if inside is None:
        return ModelError(
            f"{path} contains {len(groups)} {what}: {listed}. Choose one with `inside={groups[0]!r}`."
        )
    what = "model" if whole else "weights"
    return ModelError(f"{path} has no {what} in {inside!r}, but in {listed}. Choose one of these.")
