"""Loads model files in a process of its own: one line of JSON in, one line out, until the input ends.

In: `[model, weights or null]`. Out: what came of it, and the largest memory so far in MB.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import io
import zipfile

import h5py
import numpy as np

from support.systems import peak_memory
from xai_cam import load_model
from xai_cam.cli.process import bounded_memory
from xai_cam.errors import XaiCamError


def values(weights: list[np.ndarray]) -> Counter[bytes]:
    """Every array by its numbers alone, since kernels of old are transposed and rotated."""
    return Counter(np.sort(np.asarray(w, np.float32), axis=None).tobytes() for w in weights)


def stored(path: Path) -> Counter[bytes]:
    """The weights that an H5 file, or the one in an archive, holds for the model."""
    source: Any = path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            source = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(source) as file:
        return values(list(_arrays(file.get("model_weights", file))))


def _arrays(group: h5py.Group) -> Iterator[np.ndarray]:
    """What can be read; a part of the file that the model does not need may be damaged."""
    try:
        names = [name for name in group if not name.startswith("seed_generator")]
    except (RuntimeError, OSError, ValueError):
        return
    for name in names:
        try:
            item = group[name]
            array = item[()] if isinstance(item, h5py.Dataset) else None
        except (RuntimeError, OSError, KeyError, ValueError, TypeError):
            continue
        if array is not None:
            yield array
        elif isinstance(item, h5py.Group):
            yield from _arrays(item)


def outcome(model: str, weights: str | None) -> str:
    """`refused`, `loaded`, or what went wrong."""
    try:
        loaded = load_model(model, weights, guard=bounded_memory)
    except XaiCamError as error:
        return "refused" if len(error.message) > 20 else f"refused without a reason: {error.message!r}"
    except BaseException:  # noqa: BLE001 - whatever it is, the test shall say it
        return traceback.format_exc()
    unassigned = values(loaded.get_weights()) - stored(Path(weights or model))
    return f"{sum(unassigned.values())} weights are not of the file" if unassigned else "loaded"


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints
    for line in sys.stdin:
        result = outcome(*json.loads(line))
        memory = peak_memory()
        answers.write(json.dumps([result, memory]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
