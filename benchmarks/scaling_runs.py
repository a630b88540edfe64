"""Whole runs of the command line, watched from outside: how far they are, and the memory that they take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

SECONDS_BETWEEN = 0.25
"""Between two looks at a run."""


@dataclass(frozen=True)
class Curve:
    """Points (x, y) of one measurement; for a run x counts images, y seconds and `memory` MiB."""

    label: str
    x: np.ndarray
    y: np.ndarray
    memory: np.ndarray = field(default_factory=lambda: np.empty(0))


def write_images(folder: Path, count: int, size: tuple[int, int] = (120, 160)) -> Path:
    """A folder of seeded, smooth random pictures."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = rng.integers(0, 256, (6, 8, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((size[1], size[0]), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number:05}.png")
    return folder


def write_model(folder: Path, name: str) -> Path:
    """A network of keras.applications with seeded random weights, as JSON with its weights beside it."""
    script = (
        "import sys; from pathlib import Path; from throughput import make_network; model = make_network("
        "sys.argv[1]); folder = Path(sys.argv[2]); (folder / 'model.json').write_text(model.to_json()); "
        "model.save_weights(folder / 'model.weights.h5')"
    )
    folder.mkdir()
    here = Path(__file__).parent  # in a process of its own: ours is to stay small
    command = [sys.executable, "-c", script, name, str(folder)]
    subprocess.run(command, check=True, cwd=here, capture_output=True)
    return folder / "model.json"


def start(arguments: Sequence[object]) -> subprocess.Popen[bytes]:
    """`xai-cam explain ARGUMENTS`, silent."""
    command = [sys.executable, "-m", "xai_cam", "explain", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_peak(arguments: Sequence[object]) -> float:
    """Peak of the memory of one run, in MiB."""
    process = start(arguments)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"xai-cam explain ended with {process.returncode}")
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def watch_run(arguments: Sequence[object], output: Path) -> Curve:
    """Seconds since the first heat map and memory, against the heat maps in `output`; needs Linux' /proc."""
    process, looks = start(arguments), list[tuple[float, float, float]]()
    while process.poll() is None:
        found = os.listdir(output) if output.is_dir() else []
        done = sum(not name.startswith(".") for name in found)  # those are not yet whole
        try:
            pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="utf-8").split()[1])
        except (OSError, IndexError):  # it has just ended
            break
        if pages and done > (looks[-1][0] if looks else 0):  # no pages are left of one that is ending
            looks.append((done, time.perf_counter(), pages * os.sysconf("SC_PAGE_SIZE") / 2**20))
        time.sleep(SECONDS_BETWEEN)
    if process.wait():
        raise SystemExit(f"xai-cam explain ended with {process.returncode}")
    done, seconds, memory = np.array(looks).T
    return Curve("images", done, seconds - seconds[0], memory)
