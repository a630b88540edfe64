"""How long it takes to begin: what needs no model, and one Grad-CAM, beside TensorFlow's own import.

    python benchmarks/startup.py [--rounds 7]

Every row is a process of its own; all are run once a round, in turn, so that a machine whose speed drifts
does the comparison little harm. The figures are medians of the rounds, those beside `import tensorflow` of
the rounds' own differences and ratios. A round before them warms the disk's cache.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from measuring import Cell, in_turn, machine, show_rows

MODELS = ("digits", "shapes", "dogcat")
TENSORFLOW = "`import tensorflow`"


def commands(folder: Path) -> dict[str, list[str]]:
    """What is timed: names and command lines."""
    from xai_cam.runs.demo import sample_model

    picture = folder / "picture.png"
    coarse = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(coarse).resize((640, 480)).save(picture)
    python, tool = [sys.executable, "-c"], [sys.executable, "-m", "xai_cam"]

    def explain(name: str) -> list[str]:
        files = sample_model(name)
        output = ["-o", str(folder / name), "--overwrite", "-q"]
        return [*tool, "explain", "-m", str(files.model), "-w", str(files.weights), *output, str(picture)]

    return {
        "Python": [*python, "pass"],
        TENSORFLOW: [*python, "import tensorflow"],
        "--help": [*tool, "--help"],
        "methods": [*tool, "methods"],
        "explain --dry-run": [*explain("dogcat"), "--dry-run"],
        **{f"explain, Grad-CAM, {name}": explain(name) for name in MODELS},
    }


def runner(command: list[str]) -> Callable[[], object]:
    """Runs a command, its output thrown away."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    return partial(subprocess.run, command, check=True, capture_output=True, env=environment)


def measure(rounds: int) -> list[dict[str, Cell]]:
    """A row for each command."""
    with tempfile.TemporaryDirectory() as folder:
        found = in_turn({name: runner(command) for name, command in commands(Path(folder)).items()}, rounds)
    return [
        {
            "command": name,
            "seconds": float(np.median(seconds)),
            "- `import tensorflow`, s": f"{np.median(seconds - found[TENSORFLOW]):+.2f}",
            "/ `import tensorflow`": float(np.median(seconds / found[TENSORFLOW])),
        }
        for name, seconds in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    show_rows(measure(parser.parse_args().rounds))
    print(f"\n{machine()}; medians.")


if __name__ == "__main__":
    main()
