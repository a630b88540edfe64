"""An old model as a modern file, read back by plain Keras and compared number by number."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError
from xai_cam.files.locks import held
from xai_cam.models.loading.hdf5 import Guard
from xai_cam.models.loading.load import Loaded, load_files
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.loading.steady import open_steadily
from xai_cam.models.saving import Saved, check_outputs, save_checked


@dataclass(frozen=True)
class Conversion(Saved):
    """The result of a conversion: the model it came from, the files, and how well they agree.

    Attributes
    ----------
    written : list of Path
    loaded : Loaded
        The model, with the changes that were made to it.
    """

    written: list[Path]
    loaded: Loaded


def outputs_of(output: Path, as_json: bool) -> list[Path]:
    """The files that a conversion to `output` writes.

    Raises
    ------
    InputError
        The suffix promises another kind of file.
    """
    if not as_json:
        if output.suffix != ".keras":
            raise InputError(
                f"{output} does not end in .keras. Name it so, or add `as_json=True` for JSON and H5."
            )
        return [output]
    if output.suffix not in (".json", ""):
        raise InputError(
            f"{output} does not end in .json. Name the JSON file; the weights are written beside it."
        )
    return [output.with_suffix(".json"), output.with_suffix(".weights.h5")]


def convert(
    files: ModelFiles,
    output: Path,
    as_json: bool = False,
    overwrite: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
    guard: Guard = nullcontext,
    limit: str | None = None,
) -> Conversion:
    """Write a model of any Keras as a `.keras` file, or as JSON and `.weights.h5`.

    What was written is read by Keras' own functions before it appears under its name: every weight must be
    equal, and the outputs for random images must agree to 1e-5 of the largest. `guard` and `limit` are as in
    `load_model`.

    Raises
    ------
    InputError
        An output has the wrong suffix, exists, or is an input.
    ModelError
        The model cannot be loaded, or does not survive the round trip; nothing is written.
    OutputError
        A file cannot be written.
    """
    outputs = outputs_of(output, as_json)
    with held(outputs[0]):
        check_outputs(files, outputs, overwrite)
        loaded = open_steadily(
            files,
            lambda: load_files(
                files.model, files.weights, custom_objects, allow_unsafe, guard, limit, files.inside
            ),
        )
        saved = save_checked(loaded.model, outputs, custom_objects, allow_unsafe)
    return Conversion(saved.weights, saved.difference, saved.needs, outputs, loaded)
