"""Loads model files in a process of its own: one line of JSON in, one line out, until the input ends.

In: `[model, weights or null]`. Out: what came of it, the reason, seconds of CPU, and the largest memory
meanwhile in MB.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
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
    """The weights that H5, an archive with it, or the folder of a TensorFlow.js model or SavedModel holds."""
    if (path / "weights.npz").is_file():
        return values(list(np.load(path / "weights.npz").values()))
    web = path / "model.json"
    if web.is_file():
        return values(list(_listed(json.loads(web.read_text(encoding="utf-8")), path)))
    if path.is_dir() or path.suffix == ".json":
        folder = path if path.is_dir() else path.parent
        return sum((stored(part) for part in folder.glob("*.h5")), Counter[bytes]())
    source: Any = path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            source = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(source) as file:
        return values(list(_arrays(file.get("model_weights", file))))


def _listed(document: Any, folder: Path) -> Iterator[np.ndarray]:
    """The weights of a TensorFlow.js model, in its manifest's order."""
    for group in document["weightsManifest"]:
        data = b"".join((folder / name).read_bytes() for name in group["paths"])
        for entry in group["weights"]:
            packing = entry.get("quantization")
            kind, count = np.dtype((packing or entry)["dtype"]), int(np.prod(entry["shape"]))
            value, data = np.frombuffer(data, kind, count), data[count * kind.itemsize :]
            yield value * packing.get("scale", 1) + packing.get("min", 0) if packing else value


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


def outcome(model: str, weights: str | None) -> tuple[str, str]:
    """`refused`, `loaded`, or what went wrong; and why."""
    try:
        loaded = load_model(model, weights, guard=bounded_memory)
    except XaiCamError as error:
        reason = error.message
        return ("refused" if len(reason) > 20 else f"refused without a reason: {reason!r}"), reason
    except BaseException:  # noqa: BLE001 - whatever it is, the test shall say it
        return traceback.format_exc(), ""
    unassigned = values(loaded.get_weights()) - stored(Path(weights or model))
    wrong = f"{sum(unassigned.values())} weights are not of the file"
    return (wrong if unassigned else "loaded"), ""


def peak() -> float:
    """Largest memory since `forget_peak`, in MB; of the whole process where the system cannot forget."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return float(status.split("VmHWM:")[1].split()[0]) / 1e3
    except (OSError, IndexError):
        return peak_memory()


def forget_peak() -> None:
    """Let the largest memory be that from now on, where Linux can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints
    for line in sys.stdin:
        forget_peak()
        started = time.process_time()
        result, reason = outcome(*json.loads(line))
        answers.write(json.dumps([result, reason, time.process_time() - started, peak()]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
