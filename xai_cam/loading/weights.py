"""Weights of an H5 file -> a built model: all of them, every shape checked, or an error.

Two layouts exist. Keras 3 numbers the variables below `layers/<class>_<n>/vars`; Keras' own reader
takes them. Keras 1 and 2 list layers and weights by name in attributes; that layout is read here, since a
match by position alone accepts files whose layers were named or ordered otherwise.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from xai_cam.errors import ModelError
from xai_cam.loading.graph import plain_name
from xai_cam.loading.sniff import Kind, weights_kind
from xai_cam.loading.upgrade import refuse_theano

MOST_NAMED = 8


@dataclass(frozen=True)
class FileWeight:
    """One weight of a legacy file: the layer and the variable it was saved from, and its data."""

    owner: str
    name: str
    data: h5py.Dataset

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.data.shape)


@dataclass(frozen=True)
class ModelWeight:
    """One variable of the model, with its owner's name and the name that Keras 2 gave it."""

    owner: str
    name: str
    variable: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.variable.shape)


Pairs = list[tuple[ModelWeight, FileWeight]]


def assign_weights(model: Any, weights: Path | BinaryIO) -> str | None:
    """Assign every weight of `model` from an H5 file.

    Returns
    -------
    notice : str or None
        One line for the user when layers were matched by position because their names differ.

    Raises
    ------
    ModelError
        The file is damaged, or it is not of this model; the layers that differ are named.
    """
    try:
        with h5py.File(weights, "r") as file:
            kind = weights_kind(file)
            if kind is Kind.LEGACY_WEIGHTS:
                group = file.get("model_weights", file)
                refuse_theano(group.attrs.get("backend"))
                return _assign_legacy(model, group)
            if kind is None:
                raise ModelError("The H5 file holds no Keras weights. Save it with `model.save_weights`.")
            stored = _count_datasets(file)
    except (OSError, RuntimeError, KeyError) as error:
        raise ModelError(
            f"The weights cannot be read ({error}). Copy or export the H5 file again."
        ) from error
    _assign_keras3(model, weights, stored)
    return None


# --- Keras 3 -----------------------------------------------------------------------------------------


def _count_datasets(file: h5py.File) -> int:
    """How many weights a Keras 3 file holds; states of random generators and optimizers are none."""
    count = 0

    def visit(name: str, item: Any) -> None:
        nonlocal count
        parts = name.split("/")
        state = parts[0] == "optimizer" or any(p.startswith("seed_generator") for p in parts)
        count += isinstance(item, h5py.Dataset) and not state

    file.visititems(visit)
    return count


def _assign_keras3(model: Any, weights: Path | BinaryIO, stored: int) -> None:
    """Let Keras read its own layout, then prove that nothing was left out on either side."""
    for variable in model.weights:
        variable.assign(np.full(variable.shape, _unset(variable)))
    with tempfile.TemporaryDirectory() as folder:
        # Keras picks its reader by the suffix, whatever is in the file.
        path = Path(folder) / "model.weights.h5"
        if isinstance(weights, Path):
            try:
                path.symlink_to(weights.resolve())
            except OSError:  # no right to make links, as on many Windows machines
                shutil.copyfile(weights, path)
        else:
            weights.seek(0)
            path.write_bytes(weights.read())
        try:
            model.load_weights(str(path))
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise _mismatch([_first_line(error)]) from error
    missing = [
        f"{v.path}: not in the file, or not a number" for v in model.weights if _is_unset(v, np.asarray(v))
    ]
    if missing:
        raise _mismatch(missing)
    if stored != len(model.weights):
        raise _mismatch([f"the file holds {stored} weights, the model {len(model.weights)}"])


def _unset(variable: Any) -> float:
    return np.nan if "float" in str(variable.dtype) else -1


def _is_unset(variable: Any, value: np.ndarray) -> bool:
    bad = np.isnan(value.astype(np.float32)) if "float" in str(variable.dtype) else value == -1
    return bool(bad.any())


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


# --- Keras 1 and 2 -----------------------------------------------------------------------------------


def _assign_legacy(model: Any, group: h5py.Group) -> str | None:
    in_file = {name: weights for name, weights in _file_layers(group) if weights}
    in_model = {layer.name: weights for layer in model.layers if (weights := _model_weights(layer))}
    notice = None
    if set(in_file) == set(in_model):
        partners = [(name, name) for name in in_model]
    elif len(in_file) == len(in_model):
        partners = list(zip(in_model, in_file, strict=True))
        first = next((m, f) for m, f in partners if m != f)
        notice = (
            "Weights were matched by position, since architecture and file name their layers "
            f"differently (`{first[0]}` against `{first[1]}`)."
        )
    else:
        only_model = [f"{name}: only in the architecture" for name in in_model if name not in in_file]
        only_file = [f"{name}: only in the weights file" for name in in_file if name not in in_model]
        raise _mismatch(only_model + only_file or ["the numbers of layers with weights differ"])

    pairs: Pairs = []
    problems: list[str] = []
    for model_name, file_name in partners:
        label = model_name if model_name == file_name else f"{model_name} (in the file: {file_name})"
        found, problem = _pair(in_model[model_name], in_file[file_name])
        pairs += found
        problems += [f"{label}: {problem}"] if problem else []
    if problems:
        raise _mismatch(problems)
    for ours, theirs in pairs:
        ours.variable.assign(theirs.data[()])
    for layer in model._flatten_layers(include_self=False):
        if hasattr(layer, "finalize_state"):  # Normalization keeps constants computed from its weights
            layer.finalize_state()
    return notice


def _file_layers(group: h5py.Group) -> list[tuple[str, list[FileWeight]]]:
    layers = []
    for name in _names(group, "layer_names"):
        weights = []
        for path in _names(group[name], "weight_names"):
            *owners, variable = path.split("/")
            owner = owners[-1] if owners else name
            weights.append(FileWeight(owner, variable.split(":")[0], group[name][path]))
        layers.append((plain_name(name), weights))
    return layers


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list attribute; Keras cuts one that exceeds HDF5's 64 KiB into `name0`, `name1`, ..."""
    if attribute in group.attrs:
        values: Iterable[Any] = group.attrs[attribute]
    else:
        chunks: list[Any] = []
        while f"{attribute}{len(chunks)}" in group.attrs:
            chunks.append(group.attrs[f"{attribute}{len(chunks)}"])
        values = [name for chunk in chunks for name in chunk]
    return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in values]


def _model_weights(layer: Any) -> list[ModelWeight]:
    """All weights of a layer and the layers inside it, in the order in which Keras 2 saved them."""
    owners = {id(v): sub for sub in layer._flatten_layers() for v in _own_variables(sub)}
    weights = []
    for variable in layer.trainable_weights + layer.non_trainable_weights:
        owner = owners.get(id(variable), layer)
        depthwise = type(owner).__name__.startswith("DepthwiseConv") and variable.name == "kernel"
        name = "depthwise_kernel" if depthwise else variable.name
        weights.append(ModelWeight(owner.name, name, variable))
    return weights


def _own_variables(layer: Any) -> list[Any]:
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _pair(ours: list[ModelWeight], theirs: list[FileWeight]) -> tuple[Pairs, str | None]:
    """Match one layer's weights: by owner and name, else by order among those of one name, else by order."""
    if len(ours) != len(theirs):
        return [], f"{len(theirs)} weights in the file, {len(ours)} in the architecture"
    by_key = {(w.owner, w.name): w for w in theirs}
    if len(by_key) == len(theirs) and set(by_key) == {(w.owner, w.name) for w in ours}:
        pairs = [(w, by_key[w.owner, w.name]) for w in ours]
    elif sorted(w.name for w in ours) == sorted(w.name for w in theirs):
        queues: dict[str, list[FileWeight]] = defaultdict(list)
        for weight in reversed(theirs):
            queues[weight.name].append(weight)
        pairs = [(w, queues[w.name].pop()) for w in ours]
    else:
        pairs = list(zip(ours, theirs, strict=True))
    for mine, other in pairs:
        if mine.shape != other.shape:
            return [], f"{other.name} is {other.shape} in the file, {mine.shape} in the architecture"
    return pairs, None


def _mismatch(problems: list[str]) -> ModelError:
    listed = "; ".join(problems[:MOST_NAMED])
    more = f"; and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
    return ModelError(
        f"The weights are not of this architecture: {listed}{more}. Give the JSON and the H5 of one and "
        "the same model."
    )
