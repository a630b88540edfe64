"""Runs on Ray whose workers are killed at random moments, beside one of a single process: what differs?

python benchmarks/cluster_faults.py                   # 500 images by Grad-CAM, 40 by Score-CAM, 10 kills each
python benchmarks/cluster_faults.py --images 40 --kills 3
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.ray_clusters import (  # noqa: E402
    below,
    command,
    contents,
    ended,
    environment,
    rows_of,
    title_of,
)

MODEL = ROOT / "sample_models" / "dogcat_small" / "model.json"
ENGINES = {"grad-cam": "tensorflow", "score-cam": "openvino"}
"""By name: on a machine whose load changes `auto` may choose one in one run and another in the next."""

SPREAD = ("--executor", "ray", "--workers", 2)


def draw(folder: Path, count: int) -> None:
    """Seeded pictures, each of noise with a square."""
    folder.mkdir(parents=True)
    for number in range(count):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 120, (96, 110, 3), np.uint8)
        pixels[10:50, 20:70] = rng.integers(100, 250, 3)
        Image.fromarray(pixels).save(folder / f"{number:04}.png")


def workers_of(number: int) -> list[int]:
    """The workers below a command."""
    return [one for one in below(number) if "RayWorker" in title_of(one)]


def killing(process: Any, kills: int, seconds: float, draws: random.Random) -> int:
    """Kill a worker at moments drawn from the time that a run takes; how many were killed."""
    started, killed = time.monotonic(), 0
    moments = sorted(draws.uniform(0.05, 1.0) * seconds for _ in range(kills))
    while process.poll() is None and killed < kills:
        there = workers_of(process.pid)
        if there and time.monotonic() - started >= moments[killed]:
            os.kill(draws.choice(there), signal.SIGKILL)
            killed += 1
        time.sleep(0.05)
    return killed


def without_times(text: str) -> str:
    return re.sub(r" in [\dminh ]+ s$", " in ...", text.splitlines()[-1])


def campaign(method: str, images: int, kills: int, seed: int, folder: Path) -> bool:
    """One method: alone, spread, and spread with workers killed; whether all is equal."""
    draw(folder / "photos", images)
    found: dict[str, tuple[Any, ...]] = {}
    seconds = 0.0
    for name, more, deaths in (("alone", (), 0), ("spread", SPREAD, 0), ("killed", SPREAD, kills)):
        out, rows = folder / "out", folder / f"{name}.csv"
        words = ("explain", "-m", MODEL, "--method", method, "--save", "overlay,raw", "-o", out)
        words += (
            "--engine",
            ENGINES[method],
            "--results",
            rows,
            "--report",
            folder / "page" / "report.html",
            *more,
            folder / "photos",
        )
        own = environment(XDG_CACHE_HOME=str(folder / f"cache of {name}"))
        started = time.monotonic()
        process = command(*words, env=own)
        killed = killing(process, deaths, seconds, random.Random(seed)) if deaths else 0
        code, _, said = ended(process)
        seconds = time.monotonic() - started
        found[name] = code, rows_of(rows), contents(out), contents(folder / "page"), without_times(said)
        what = f"{method}, {images} images, {name}: exit {code}, {seconds:.0f} s, {killed} killed"
        print(f"{what}: {said.splitlines()[-1]}", flush=True)
        out.rename(folder / f"out of {name}")
        (folder / "page").rename(folder / f"page of {name}")
    same = True
    for name in ("spread", "killed"):
        parts = zip(("exit", "rows", "outputs", "report", "count"), found["alone"], found[name], strict=True)
        differ = [part for part, alone, other in parts if alone != other]
        print(
            f"{method}, {name}: "
            + (f"DIFFERS in {', '.join(differ)}" if differ else "byte for byte as alone")
        )
        same = same and not differ
    return same


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=500, help="by Grad-CAM; of Score-CAM a twelfth")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    same = True
    for method, images in (("grad-cam", asked.images), ("score-cam", max(asked.images * 2 // 25, 1))):
        with tempfile.TemporaryDirectory() as folder:
            same = campaign(method, images, asked.kills, asked.seed, Path(folder)) and same
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
