"""A model in memory -> files, read back by plain Keras and compared number by number before they appear."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.errors import InputError, ModelError, OutOfMemoryError, words_of
from xai_cam.files.leftovers import complete, sweep
from xai_cam.files.names import real_path
from xai_cam.files.provenance import KEY, Provenance
from xai_cam.files.staging import Staging
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.writing import cannot_write
from xai_cam.models.failures import as_ours
from xai_cam.models.input.model_inputs import as_asked
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.running import images_at_once

CHECKED_IMAGES = 4
OPEN_SIZE = 224
"""Height and width of the images for the check, where the model leaves them open."""

TOLERANCE = 1e-5
"""Of the largest output; the same graph computes the same numbers, up to how a library splits the work."""


@dataclass(frozen=True)
class Saved:
    """How well what was written agrees with the model in memory.

    Attributes
    ----------
    weights : int
        How many numbers the files hold; all were compared and are equal.
    difference : float
        Largest difference of the outputs for random images, over the largest output.
    needs : list of str
        Names that plain Keras has to be given as `custom_objects` to read the files.
    """

    weights: int
    difference: float
    needs: list[str]


def check_outputs(files: ModelFiles, outputs: list[Path], overwrite: bool) -> bool:
    """Whether files may be replaced: with `overwrite`, or those of a run that was killed while it named them.

    The latter have all their names now. An input is never written over, nor any other file without
    `overwrite`.

    Raises
    ------
    InputError
        It would.
    OutputError
        What a killed run left cannot be put in place.
    """
    inputs = [path for path in (files.model, files.weights, *files.parts) if path and path.exists()]
    for path in outputs:
        if any(_same(path, given) for given in inputs):
            raise InputError(f"{path} is one of the inputs. Name another place with `output`.")
    begun = _complete(outputs)
    for path in outputs:
        if path.exists() and not overwrite and not begun:
            raise InputError(f"{path} exists. Name another place with `output`, or add `overwrite=True`.")
    return overwrite or begun


def _complete(outputs: list[Path]) -> bool:
    """Whether a run was killed while these files got their names; they have them now."""
    try:
        begun = complete(outputs)
        sweep(outputs[0].parent)
        return begun
    except OSError as error:
        raise cannot_write(outputs[0], error) from error


def _same(path: Path, other: Path) -> bool:
    """Whether two names lead to one file, by whatever links."""
    if real_path(path) == real_path(other):
        return True
    return not isinstance(path, StorePath) and path.exists() and path.samefile(other)


def made_from(files: ModelFiles) -> Provenance:
    """The provenance of a model that was made from another."""
    return {"tool": f"xai-cam {__version__}", **files.origin}


def save_checked(
    model: Any,
    outputs: Sequence[Path],
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
    provenance: Provenance | None = None,
) -> Saved:
    """Write a model as one `.keras` file, or as JSON and `.weights.h5` where `outputs` are two.

    What was written is read by Keras' own functions before it appears under its name: every weight must be
    equal, and the outputs for random images must agree to 1e-5 of the largest.

    Parameters
    ----------
    model : keras.Model
        The model to write.
    outputs : sequence of Path
        One `.keras` file, or a JSON and a `.weights.h5`.
    custom_objects : mapping, optional
        Classes and functions by name, to read the model back with.
    allow_unsafe : bool
        Whether the model may contain code, such as Lambda layers.
    provenance : dict, optional
        What JSON and H5 say made them, under `xai-cam`, which Keras passes over.

    Raises
    ------
    ModelError
        The model does not survive the round trip; nothing is written.
    OutputError
        A file cannot be written.
    """
    suffixes = [".keras"] if len(outputs) == 1 else [".json", ".weights.h5"]
    saved: Saved | str
    try:
        outputs[0].parent.mkdir(parents=True, exist_ok=True)
        with Staging(outputs[0].parent) as staging:
            staging.check_room(_bytes_of(model))
            made = [staging.new(suffix) for suffix in suffixes]
            try:
                _save(model, made, provenance)
                needs = _needs(model, custom_objects)
                saved = Saved(*_compare(model, _read(made, needs, allow_unsafe)), sorted(needs))
                staging.name(dict(zip(made, outputs, strict=True)))
            except (ModelError, OutOfMemoryError) as error:
                saved = error.message  # the error itself keeps a file open, which is about to be deleted
    except OSError as error:
        raise cannot_write(outputs[0], error) from error
    if isinstance(saved, str):
        raise ModelError(saved)
    return saved


def _bytes_of(model: Any) -> int:
    """About what a model takes on the disk, rather more: each array and layer needs some words of its own."""
    return sum(8192 + array.nbytes for array in model.get_weights()) + 4096 * len(model.layers) + (1 << 17)


def _save(model: Any, paths: list[Path], provenance: Provenance | None) -> None:
    import h5py

    try:
        if len(paths) == 1:
            model.save(paths[0])
        else:
            config = json.loads(model.to_json()) | ({KEY: provenance} if provenance else {})
            paths[0].write_text(json.dumps(config, indent=1), encoding="utf-8")
            model.save_weights(paths[1])
            if provenance:
                with h5py.File(paths[1], "r+") as file:
                    file.attrs[KEY] = json.dumps(provenance)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ModelError(
            f"Keras cannot save the model ({error}). Give its custom layers a `get_config` that describes "
            "how to rebuild them."
        ) from error


def _needs(model: Any, custom_objects: Mapping[str, Any] | None) -> dict[str, Any]:
    """The objects besides Keras' own that the saved model names."""
    from xai_cam.models.loading.building import keras2_hard_sigmoid
    from xai_cam.models.loading.config_passes import OLD_HARD_SIGMOID

    text = model.to_json()
    known = {OLD_HARD_SIGMOID: keras2_hard_sigmoid, **(custom_objects or {})}
    return {name: item for name, item in known.items() if f'"{name}"' in text}


def _read(paths: list[Path], needs: Mapping[str, Any], allow_unsafe: bool) -> Any:
    """The model as plain Keras reads it."""
    import keras
    from keras.src.saving.serialization_lib import SafeModeScope

    try:
        if len(paths) == 1:
            return keras.saving.load_model(
                paths[0], custom_objects=dict(needs), compile=False, safe_mode=not allow_unsafe
            )
        with keras.saving.custom_object_scope(dict(needs)), SafeModeScope(safe_mode=not allow_unsafe):
            model = keras.models.model_from_json(paths[0].read_text(encoding="utf-8"))
        model.load_weights(paths[1])
    except Exception as error:  # those of Keras and a model's layers have no common base
        raise ModelError(
            f"Keras cannot read the new file ({words_of(error)}). Nothing was written."
        ) from error
    return model


def _compare(model: Any, again: Any) -> tuple[int, float]:
    """The number of weights, all equal, and the largest difference of the outputs over the largest output."""
    ours, theirs = _as_saved(model), _as_saved(again)
    same = len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))
    if not same:
        raise ModelError("The new file contains different weights from the old one. Nothing was written.")
    with as_ours("The model cannot be run", "See that Keras runs it", "Use a machine with more memory"):
        inputs = _images(model)
        outputs = _outputs(model, inputs), _outputs(again, inputs)
    largest = difference = 0.0
    for a, b in zip(*outputs, strict=True):
        largest = max(largest, float(np.abs(a[np.isfinite(a)]).max(initial=0)))
        difference = max(difference, _difference(a, b))
    relative = difference / largest if largest else difference
    if not relative <= TOLERANCE:
        raise ModelError(
            f"The new file gives different outputs from the old one, by {relative:.1e} of the largest. "
            "Nothing was written."
        )
    return sum(w.size for w in ours), relative


def _as_saved(model: Any) -> list[np.ndarray]:
    """The weights that a file holds as they are.

    Keras adds low-rank adapters to what they adapt as it saves that: there, the outputs have to tell.
    """
    merged = {
        id(variable)
        for layer in model._flatten_layers()
        if getattr(layer, "lora_enabled", False)
        for variable in layer.variables
        if variable.name != "bias"
    }
    return [np.asarray(variable) for variable in model.weights if id(variable) not in merged]


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference; infinite where one of two numbers is none or infinite, and the other is not."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):  # infinity less infinity
        apart = np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf)
    return float(np.where(same, 0, apart).max(initial=0))


def _images(model: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = [
        (tensor.shape[0] or CHECKED_IMAGES, *(OPEN_SIZE if d is None else d for d in tensor.shape[1:]))
        for tensor in model.inputs
    ]
    if model.inputs[0].shape[0] is None:
        count = images_at_once(model, shapes, CHECKED_IMAGES)
        shapes = [(count, *shape[1:]) for shape in shapes]
    else:
        images_at_once(model, shapes, shapes[0][0], least=shapes[0][0])
    return [rng.uniform(0, 1, shape).astype(np.float32) for shape in shapes]


def _outputs(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    import keras

    first, more = as_asked(model, inputs[0], inputs[1:])
    found = model(first, **more, training=False)
    return [np.asarray(keras.ops.convert_to_numpy(y), np.float32) for y in keras.tree.flatten(found)]
