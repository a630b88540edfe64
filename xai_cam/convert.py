"""An old model as a modern file, read back by plain Keras and compared number by number."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.errors import ModelError, OutputError, UsageError
from xai_cam.files import write_whole
from xai_cam.loading.load import Loaded, load_files
from xai_cam.loading.sniff import ModelFiles

CHECKED_IMAGES = 4
OPEN_SIZE = 224
"""Height and width of the images for the check, where the model leaves them open."""

TOLERANCE = 1e-5
"""Of the largest output; the same graph computes the same numbers, up to how a library splits the work."""


@dataclass(frozen=True)
class Conversion:
    """What was written, from what, and how well it agrees.

    Attributes
    ----------
    written : list of Path
    loaded : Loaded
        The model, with the changes that were made to it.
    weights : int
        How many numbers the files hold; all were compared and are equal.
    difference : float
        Largest difference of the outputs for random images, over the largest output.
    needs : list of str
        Names that plain Keras has to be given as `custom_objects` to read the files.
    """

    written: list[Path]
    loaded: Loaded
    weights: int
    difference: float
    needs: list[str]


def outputs_of(output: Path, as_json: bool) -> list[Path]:
    """The files that a conversion to `output` writes.

    Raises
    ------
    UsageError
        The suffix promises another kind of file.
    """
    if not as_json:
        if output.suffix != ".keras":
            raise UsageError(f"{output} does not end in .keras. Name it so, or add --json for JSON and H5.")
        return [output]
    if output.suffix not in (".json", ""):
        raise UsageError(f"{output} does not end in .json. Name the JSON; the weights go beside it.")
    return [output.with_suffix(".json"), output.with_suffix(".weights.h5")]


def check_outputs(files: ModelFiles, outputs: list[Path], overwrite: bool) -> None:
    """Refuse to write over an input, or unasked over anything.

    Raises
    ------
    UsageError
        It would.
    """
    inputs = [path.resolve() for path in (files.model, files.weights) if path is not None]
    for path in outputs:
        if path.resolve() in inputs:
            raise UsageError(f"{path} is one of the inputs. Name another place with --output.")
        if path.exists() and not overwrite:
            raise UsageError(f"{path} exists. Name another place with --output, or add --overwrite.")


def convert(
    files: ModelFiles,
    output: Path,
    as_json: bool = False,
    overwrite: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
) -> Conversion:
    """Write a model of any Keras as a `.keras` file, or as JSON and `.weights.h5`.

    What was written is read by Keras' own functions before it appears under its name: every weight must be
    equal, and the outputs for random images must agree to 1e-5 of the largest.

    Raises
    ------
    UsageError
        An output has the wrong suffix, exists, or is an input.
    ModelError
        The model cannot be loaded, or does not survive the round trip; nothing is written.
    OutputError
        A file cannot be written.
    """
    outputs = outputs_of(output, as_json)
    check_outputs(files, outputs, overwrite)
    loaded = load_files(files.model, files.weights, custom_objects, allow_unsafe)
    with tempfile.TemporaryDirectory() as folder:
        made = outputs_of(Path(folder) / f"model{'.json' if as_json else '.keras'}", as_json)
        _save(loaded.model, made)
        needs = _needs(loaded.model, custom_objects)
        again = _read(made, needs, allow_unsafe)
        weights, difference = _compare(loaded.model, again)
        for path, new in zip(outputs, made, strict=True):
            write_whole(path, new.read_bytes())
    return Conversion(outputs, loaded, weights, difference, sorted(needs))


def _save(model: Any, paths: list[Path]) -> None:
    try:
        if len(paths) == 1:
            model.save(paths[0])
        else:
            paths[0].write_text(model.to_json(indent=1), encoding="utf-8")
            model.save_weights(paths[1])
    except OSError as error:
        raise OutputError(f"Cannot write {paths[0]}: {error.strerror or error}. Free space.") from error
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ModelError(
            f"Keras cannot save the model ({error}). Give its own layers a `get_config` that says how to "
            "make them again."
        ) from error


def _needs(model: Any, custom_objects: Mapping[str, Any] | None) -> dict[str, Any]:
    """The objects besides Keras' own that the saved model names."""
    from xai_cam.loading.building import keras2_hard_sigmoid
    from xai_cam.loading.passes import OLD_HARD_SIGMOID

    text = model.to_json()
    known = {OLD_HARD_SIGMOID: keras2_hard_sigmoid, **(custom_objects or {})}
    return {name: item for name, item in known.items() if f'"{name}"' in text}


def _read(paths: list[Path], needs: Mapping[str, Any], allow_unsafe: bool) -> Any:
    """The model as plain Keras reads it."""
    import keras

    from xai_cam.loading.building import REFUSALS

    try:
        if len(paths) == 1:
            return keras.saving.load_model(
                paths[0], custom_objects=dict(needs), compile=False, safe_mode=not allow_unsafe
            )
        with keras.saving.custom_object_scope(dict(needs)):
            model = keras.models.model_from_json(paths[0].read_text(encoding="utf-8"))
        model.load_weights(paths[1])
    except (*REFUSALS, OSError) as error:
        raise ModelError(
            f"Keras does not read the new file ({' '.join(str(error).split())[:300]}). Nothing was written."
        ) from error
    return model


def _compare(model: Any, again: Any) -> tuple[int, float]:
    """The number of weights, all equal, and the largest difference of the outputs over the largest output."""
    ours, theirs = model.get_weights(), again.get_weights()
    same = len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))
    if not same:
        raise ModelError("The new file holds other weights than the old one. Nothing was written.")
    inputs = _images(model)
    largest = difference = 0.0
    for a, b in zip(_outputs(model, inputs), _outputs(again, inputs), strict=True):
        largest = max(largest, float(np.abs(a).max()))
        difference = max(difference, float(np.abs(a - b).max()))
    relative = difference / largest if largest else difference
    if not relative <= TOLERANCE:
        raise ModelError(
            f"The new file gives other outputs than the old one, by {relative:.1e} of the largest. Nothing "
            "was written."
        )
    return sum(w.size for w in ours), relative


def _images(model: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = [tuple(OPEN_SIZE if d is None else d for d in tensor.shape[1:]) for tensor in model.inputs]
    return [rng.uniform(0, 1, (CHECKED_IMAGES, *shape)).astype(np.float32) for shape in shapes]


def _outputs(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    import keras

    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(keras.ops.convert_to_numpy(y), np.float32) for y in keras.tree.flatten(found)]
