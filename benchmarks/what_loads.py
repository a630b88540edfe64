"""Which saved models load, and predict as they did: plain Keras 3, tf_keras and xai-cam.

    python benchmarks/what_loads.py FOLDER

FOLDER holds one folder a model: `model.json` with `weights.h5` or `model.weights.h5`, or a whole `model.h5`;
`expected.npz` with inputs `x` and the outputs `y0` that the model is known to give. A model counts as
right when its outputs agree to 1e-4 of the largest, as wrong when it loads and they do not. A `meta.json`
with `vintage` groups the table. Each tool runs in a process of its own, since Keras 2 and 3 do not live
well together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TOOLS = ("keras", "tf_keras", "xai_cam")
TOLERANCE = 1e-4


def load(tool: str, folder: Path) -> Any:
    """The model of one folder, by one tool, as its users would load it."""
    architecture = folder / "model.json"
    weights = next((w for w in (folder / "weights.h5", folder / "model.weights.h5") if w.exists()), None)
    if tool == "xai_cam":
        import xai_cam

        return (
            xai_cam.load_model(architecture, weights) if weights else xai_cam.load_model(folder / "model.h5")
        )
    keras = __import__(tool)
    if weights is None:
        return keras.models.load_model(folder / "model.h5", compile=False)
    model = keras.models.model_from_json(architecture.read_text(encoding="utf-8"))
    model.load_weights(str(weights))
    return model


def judge(tool: str, folder: Path) -> str:
    """`right`, `wrong` or `refused`."""
    import numpy as np

    expected = np.load(folder / "expected.npz")
    try:
        model, x = load(tool, folder), expected["x"]
        if tuple(model.input_shape[1:]) != x.shape[1:]:  # the reference may be for channels first
            x = np.moveaxis(x, 1, -1)
        output = np.asarray(model(x, training=False))
    except Exception:  # noqa: BLE001 - whatever a tool raises, it did not load the model
        return "refused"
    same_shape = output.shape == expected["y0"].shape
    limit = TOLERANCE * np.abs(expected["y0"]).max()
    return "right" if same_shape and np.abs(output - expected["y0"]).max() <= limit else "wrong"


def vintage(folder: Path) -> str:
    """Which Keras wrote a model, as far as `meta.json` tells."""
    meta = folder / "meta.json"
    told = json.loads(meta.read_text(encoding="utf-8")) if meta.exists() else {}
    theano = ", Theano" if told.get("backend") == "theano" else ""
    return f"{told.get('vintage') or told.get('keras_version') or '?'}{theano}"


def cell(answers: list[str]) -> str:
    """How many are right; those that load and predict wrongly are told."""
    found = Counter(answers)
    return f"{found['right']}" + (f", {found['wrong']} wrong" if found["wrong"] else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tool", choices=TOOLS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    models = sorted(path.parent for path in options.folder.glob("*/expected.npz"))
    if options.tool:
        print(json.dumps({folder.name: judge(options.tool, folder) for folder in models}))
        return
    answers: dict[str, dict[str, str]] = {}
    for tool in TOOLS:
        command = [sys.executable, __file__, str(options.folder), "--tool", tool]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        answers[tool] = json.loads(done.stdout.splitlines()[-1])
    groups: dict[str, list[str]] = defaultdict(list)
    for folder in models:
        groups[vintage(folder)].append(folder.name)
    print(f"| written by | models | {' | '.join(TOOLS)} |\n|---|---|{'---|' * len(TOOLS)}")
    for group, names in [*sorted(groups.items()), ("all", [folder.name for folder in models])]:
        cells = " | ".join(cell([answers[tool][name] for name in names]) for tool in TOOLS)
        print(f"| {group} | {len(names)} | {cells} |")


if __name__ == "__main__":
    main()
