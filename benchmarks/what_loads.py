"""Which saved models load, and predict as they did: plain Keras 3, tf_keras and xai-cam.

    python benchmarks/what_loads.py FOLDER

FOLDER holds one folder a model: `model.json` with `weights.h5` or `model.weights.h5`, or a whole `model.h5`;
or a `case.json` that names what holds the `model` and, apart from it, the `weights`. `expected.npz` has
inputs `x` and the outputs `y` (or `y0`) that the model is known to give. A model counts as right when its
outputs agree to 1e-4 of the largest, as wrong when it loads and they do not. One table is by who wrote the
model, as far as a `meta.json` with `vintage` tells; one by the container. Each tool runs in a process of its
own, since Keras 2 and 3 do not live well together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TOOLS = ("keras", "tf_keras", "xai_cam")
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Case:
    """One model of the folder: what holds it, and its weights where they lie apart."""

    folder: Path
    model: Path
    weights: Path | None

    @classmethod
    def of(cls, folder: Path) -> Case:
        if (folder / "case.json").exists():
            told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
            return cls(folder, folder / told["model"], folder / told["weights"] if told["weights"] else None)
        names = (folder / "weights.h5", folder / "model.weights.h5")
        weights = next((path for path in names if path.exists()), None)
        return cls(folder, folder / ("model.json" if weights else "model.h5"), weights)


def load(tool: str, case: Case) -> Any:
    """The model of one folder, by one tool, as its users would load it."""
    if tool == "xai_cam":
        import xai_cam

        return xai_cam.load_model(case.model, case.weights)
    keras = __import__(tool)
    if case.weights is None:
        return keras.models.load_model(case.model, compile=False)
    model = keras.models.model_from_json(case.model.read_text(encoding="utf-8"))
    model.load_weights(str(case.weights).removesuffix(".index"))
    return model


def judge(tool: str, folder: Path) -> str:
    """`right`, `wrong` or `refused`."""
    import numpy as np

    case = Case.of(folder)
    expected = np.load(folder / "expected.npz")
    y = expected["y"] if "y" in expected else expected["y0"]
    try:
        model, x = load(tool, case), expected["x"]
        if tuple(model.input_shape[1:]) != x.shape[1:]:  # the reference may be for channels first
            x = np.moveaxis(x, 1, -1)
        output = np.asarray(model(x, training=False))
    except Exception:  # noqa: BLE001 - whatever a tool raises, it did not load the model
        return "refused"
    limit = TOLERANCE * np.abs(y).max()
    return "right" if output.shape == y.shape and np.abs(output - y).max() <= limit else "wrong"


def vintage(folder: Path) -> str:
    """Which Keras wrote a model, as far as `meta.json` tells."""
    meta = folder / "meta.json"
    told = json.loads(meta.read_text(encoding="utf-8")) if meta.exists() else {}
    theano = ", Theano" if told.get("backend") == "theano" else ""
    return f"{told.get('vintage') or told.get('keras_version') or '?'}{theano}"


def container(folder: Path) -> str:
    """What the model lies in, in the words of xai-cam."""
    from xai_cam.models.loading.containers.parts import named_by
    from xai_cam.models.loading.sniff import sniff

    case = Case.of(folder)
    kinds = [sniff(named_by(path)).value for path in (case.model, case.weights) if path is not None]
    return " with ".join(kinds)


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
    for title, group_of in (("written by", vintage), ("container", container)):
        print_table(title, group_of, models, answers)


def print_table(
    title: str, group_of: Callable[[Path], str], models: list[Path], answers: dict[str, dict[str, str]]
) -> None:
    """A line for each group of models, with what each tool makes of it."""
    groups: dict[str, list[str]] = defaultdict(list)
    for folder in models:
        groups[group_of(folder)].append(folder.name)
    print(f"| {title} | models | {' | '.join(TOOLS)} |\n|---|---|{'---|' * len(TOOLS)}")
    for group, names in [*sorted(groups.items()), ("all", [folder.name for folder in models])]:
        cells = " | ".join(cell([answers[tool][name] for name in names]) for tool in TOOLS)
        print(f"| {group} | {len(names)} | {cells} |")
    print()


if __name__ == "__main__":
    main()
