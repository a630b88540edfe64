"""Weights of an H5 file -> a built model: all of them, every shape checked, or an error.

Two layouts exist. Keras 3 numbers the variables below `layers/<class>_<n>/vars`; Keras' own reader
takes them. Keras 0 to 2 list layers and weights by name or number; `legacy` reads those.
"""

from __future__ import annotations

import functools
import gc
import math
import re
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from xai_cam.errors import ModelError, shortened
from xai_cam.models.loading.hdf5 import TOP, CheckedH5
from xai_cam.models.loading.inside import weights_kind
from xai_cam.models.loading.kinds import Kind

MAX_NAMED = 8

ADAPTERS = ("lora_kernel_a", "lora_kernel_b", "lora_embeddings_a", "lora_embeddings_b")
"""Names of the variables that `enable_lora` adds to a layer."""

MAX_ADAPTERS = 1_000_000
"""Numbers of adapters, which no file holds; more only where it has as many weights."""

OLD_CONTAINER = "_layer_checkpoint_dependencies"
"""What Keras 2.12 called the group `layers`."""

Shape = tuple[int, ...]


def layout_of(weights: CheckedH5) -> Kind:
    """Which of the two layouts an H5 file has.

    Raises
    ------
    ModelError
        The file is damaged, or holds no weights.
    """
    with weights.reading() as file:
        kind = weights_kind(file)
    if kind is None:
        raise ModelError("The H5 file contains no Keras weights. Save it with `model.save_weights`.")
    return kind


def check_keras3(model: Any, weights: CheckedH5) -> None:
    """Compare the shapes that a model needs with those that a Keras 3 file holds, reading no weight.

    Raises
    ------
    ModelError
        They differ; the model's variables without a counterpart are named.
    """
    with weights.reading() as file:
        held = _stored(file)
    spare = Counter(held.values())
    adapters = _adapters(model)
    known = set(map(id, adapters))
    absent = _without((variable for variable in model.weights if id(variable) not in known), spare)
    problems = [f"{v.path} {tuple(v.shape)}: only in the architecture" for v in absent]
    _without([*adapters, *_tracked_again(model)], spare)
    for name, shape in reversed(held.items()):
        if spare[shape] > 0:
            problems.append(f"{name} {shape}: only in the weights file")
            spare[shape] -= 1
    size = sum(math.prod(adapter.shape) for adapter in adapters)
    if size > max(MAX_ADAPTERS, sum(map(math.prod, held.values()))):
        problems.append(f"{size:,} numbers of adapters, more than there are weights")
    if problems:
        raise mismatch(problems)


def _without(variables: Iterable[Any], spare: Counter[Shape]) -> list[Any]:
    """Take one of `spare` for each variable, and return the variables that there is none for."""
    absent = []
    for variable in variables:
        shape = tuple(variable.shape)
        if spare[shape] > 0:
            spare[shape] -= 1
        else:
            absent.append(variable)
    return absent


def _adapters(model: Any) -> list[Any]:
    """Low-rank adapters: Keras saves kernels with these added to them, and sets them to zero as it loads."""
    return [
        variable
        for layer in model._flatten_layers()
        if getattr(layer, "lora_enabled", False)
        for variable in layer.variables
        if variable.name in ADAPTERS
    ]


def _tracked_again(model: Any) -> list[Any]:
    """Variables once for each further layer that has them as its own: those are stored more than once.

    SpectralNormalization has the kernel of the layer inside it.
    """
    known: set[int] = set()
    again = []
    for layer in model._flatten_layers():
        for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
            if id(variable) in known:
                again.append(variable)
            known.add(id(variable))
    return again


def _stored(file: h5py.Group) -> dict[str, Shape]:
    """The weights of a Keras 3 file; states of random generators and optimizers are none."""
    found: dict[str, Shape] = {}

    def visit(name: str, item: Any) -> None:
        parts = name.split("/")
        state = parts[0] in ("optimizer", "metrics") or any(p.startswith("seed_generator") for p in parts)
        if isinstance(item, h5py.Dataset) and not state:
            found[name] = tuple(item.shape)

    file.visititems(visit)
    return found


def assign_keras3(model: Any, weights: CheckedH5) -> None:
    """Let Keras read its own layout, then prove that nothing was left out; the shapes were checked before.

    Raises
    ------
    ModelError
        A variable got no value.
    """
    with _assignments(model.weights) as assigned:
        problem = _read_into(model, weights)
    if problem:
        raise mismatch([problem])
    missing = [f"{v.path}: not in the file" for v in model.weights if id(v) not in assigned]
    if missing:
        raise mismatch(missing)


def _read_into(model: Any, weights: CheckedH5) -> str:
    """Let Keras read the weights; the reason if it fails.

    Its error keeps the file open, which Windows does not delete then: none of it is left where the folder is
    removed. A folder that stays all the same hides no reason.
    """
    problem = ""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # Keras picks its reader by the suffix, whatever is in the file.
        path = Path(folder) / "model.weights.h5"
        _put_at(path, weights)
        try:
            model.load_weights(str(path))
        except (ValueError, LookupError, TypeError, AttributeError, OSError, RuntimeError) as error:
            problem = _first_line(error)
            traceback.clear_frames(error.__traceback__)
        if problem:
            gc.collect()
    return problem


@contextmanager
def _assignments(variables: Iterable[Any]) -> Iterator[set[int]]:
    """The identities of those variables that are assigned in the block, whatever their types and values."""
    variables = list(variables)
    assigned: set[int] = set()

    def watch(variable: Any) -> None:
        assign = variable.assign

        @functools.wraps(assign)
        def watched(value: Any) -> Any:
            done = assign(value)
            assigned.add(id(variable))
            return done

        vars(variable)["assign"] = watched

    for variable in variables:
        watch(variable)
    try:
        yield assigned
    finally:
        for variable in variables:
            del vars(variable)["assign"]


def _put_at(path: Path, weights: CheckedH5) -> None:
    """Put the file, or a link to it, at `path`: one of several models in a file
    alone, and one of Keras 2.12 with the names that it should have.
    """
    source = weights.source
    with weights.reading() as file:
        rewritten = OLD_CONTAINER in file or weights.group != TOP
        if rewritten:
            with h5py.File(path, "w") as target:
                _renumber(file, target)
    if rewritten:
        return
    if isinstance(source, Path):
        try:
            path.symlink_to(source.resolve())
        except OSError:  # no right to make links, as on many Windows machines
            shutil.copyfile(source, path)
    else:
        source.seek(0)
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def _renumber(source: h5py.Group, target: h5py.Group) -> None:
    """Keras 2.12 counted a layer with weights twice: conv2d, conv2d_2, conv2d_4 stand for the first three."""
    for name, item in source.items():
        if isinstance(item, h5py.Dataset):
            source.copy(item, target, name)
        elif name != OLD_CONTAINER:
            _renumber(item, target.require_group(name))
        else:
            layers = target.require_group("layers")
            counts: Counter[str] = Counter()
            for inner in sorted(item, key=_number):
                base = _base(inner)
                count = counts[base]
                counts[base] += 1
                _renumber(item[inner], layers.create_group(f"{base}_{count}" if count else base))


def _base(name: str) -> str:
    return re.sub(r"_\d+$", "", name)


def _number(name: str) -> int:
    return int(name.removeprefix(_base(name)).lstrip("_") or 0)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shortened(lines[0], 300) if lines else type(error).__name__


class WeightsMismatchError(ModelError):
    """Weights and architecture differ; says in what, and not yet what to do, which depends on the files."""


def mismatch(problems: list[str]) -> WeightsMismatchError:
    """The error for weights and architecture of two models, the differences named."""
    listed = "; ".join(shortened(problem, 200) for problem in problems[:MAX_NAMED])
    more = f"; and {len(problems) - MAX_NAMED} more" if len(problems) > MAX_NAMED else ""
    return WeightsMismatchError(f"The weights do not belong to this architecture: {listed}{more}.")
