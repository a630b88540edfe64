"""Runs on Ray of which processes are killed at random moments, beside one of a single process: what differs?

python benchmarks/cluster_faults.py                   # 500 images by Grad-CAM, 40 by Score-CAM, 10 kills each
python benchmarks/cluster_faults.py --images 40 --kills 3

Each method has a run of one process; one by two workers; one or more whose workers are killed, until as many
are as were asked for; and one that is killed itself, after which the same command in one process does what is
left. Exit codes, rows (but `seconds`), outputs, the report, its pictures and the summary are those of the
first. Of the last, which finds outputs that are up to date, rows, summary and report say so; all else is the
same, but for what it may leave under temporary names. The exit code is 1 where anything differs.
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
    wait_for,
)

MODEL = ROOT / "sample_models" / "dogcat_small" / "model.json"
ENGINES = {"grad-cam": "tensorflow", "score-cam": "openvino"}
"""By name: on a machine whose load changes `auto` may choose one in one run and another in the next."""

PATIENCE = 3600.0
"""Seconds that a run may take."""

ATTEMPTS = 5
"""Runs in which workers are killed: one may be over before its last kill."""

Found = dict[str, Any]

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


class Trial:
    """The same command again and again, each time from nothing, on the same pictures."""

    def __init__(self, method: str, images: int, folder: Path) -> None:
        self.method, self.images, self.folder = method, images, folder
        self.out, self.page, self.rows = folder / "out", folder / "page", folder / "rows.csv"
        draw(folder / "photos", images)

    def begin(self, name: str, *more: object) -> Any:
        """Start it; runs of one name have a cache of their own."""
        words = ("explain", "-m", MODEL, "--method", self.method, "--engine", ENGINES[self.method])
        words += ("--save", "overlay,raw", "-o", self.out, "--results", self.rows)
        words += ("--report", self.page / "report.html", *more, self.folder / "photos")
        return command(*words, env=environment(XDG_CACHE_HOME=str(self.folder / f"cache of {name}")))

    def end(self, name: str, process: Any, note: str = "") -> Found:
        """What there is when it ends, which is set aside."""
        code, _, said = ended(process, PATIENCE)
        print(
            f"{self.method}, {self.images} images, {name}{note}: exit {code}, {said.splitlines()[-1]}",
            flush=True,
        )
        rows = rows_of(self.rows) if self.rows.exists() else []
        found = (code, rows, contents(self.out), contents(self.page), without_times(said))
        for path in (self.out, self.page, self.rows):
            if path.exists():
                path.rename(self.folder / f"{path.name} of {name}")
        return dict(zip(("exit", "rows", "outputs", "report", "summary"), found, strict=True))

    def through(self) -> int:
        """How many images have a row."""
        return max(self.rows.read_bytes().count(b"\n") - 1, 0) if self.rows.exists() else 0


def differing(alone: Found, other: Found) -> str:
    differ = [part + names(value, other[part]) for part, value in alone.items() if other[part] != value]
    return f"DIFFERS in {', '.join(differ)}" if differ else "byte for byte as alone"


def names(one: Any, other: Any) -> str:
    """The first of those files that differ, where these are files."""
    if not isinstance(one, dict):
        return ""
    found = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return f" ({len(found)} files: {', '.join(found[:3])})"


def resumed(trial: Trial, alone: Found, draws: random.Random) -> str:
    """Kill a command at some row and let one process do the rest; in what that differs."""
    process, moment = trial.begin("driver", *SPREAD), draws.randint(trial.images // 10, trial.images // 2)
    wait_for(lambda: trial.through() >= moment or process.poll() is not None, PATIENCE)
    workers = workers_of(process.pid)
    process.kill()
    process.communicate()
    wait_for(lambda: not any("RayWorker" in title_of(one) for one in workers))
    found = trial.end("driver", trial.begin("driver"), f" killed after {moment} rows, then alone")
    done = sum(row["outcome"] == "up to date" for row in found["rows"])
    summary = f"{trial.images - done} written, {done} up to date, 0 failed in ..."
    differ = differing(
        alone | {"summary": summary, "report": pictures(alone["report"])},
        found
        | {"rows": [row | {"outcome": "written"} for row in found["rows"]]}
        | {"outputs": whole(found["outputs"])}
        | {"report": pictures(whole(found["report"]))},
    )
    return differ if done else "DIFFERS in that nothing was done"


def whole(files: dict[str, bytes]) -> dict[str, bytes]:
    """Those that have their names; others of a process that was killed stay for an hour."""
    return {name: data for name, data in files.items() if ".tmp/" not in name}


def pictures(report: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in report.items() if not name.endswith(".html")}


def campaign(method: str, images: int, kills: int, seed: int, folder: Path) -> bool:
    """One method in all ways; whether all is equal."""
    trial, draws, killed = Trial(method, images, folder), random.Random(seed), 0
    alone = trial.end("alone", trial.begin("alone"))
    started = time.monotonic()
    lines = {"two workers": differing(alone, trial.end("spread", trial.begin("spread", *SPREAD)))}
    seconds = time.monotonic() - started
    for run in range(ATTEMPTS):
        if killed < kills:
            name = f"killed, {run + 1}"
            process = trial.begin(name, *SPREAD)
            deaths = killing(process, kills - killed, seconds, draws)
            killed += deaths
            found = trial.end(name, process, f", {deaths} times")
            lines[f"{deaths} workers killed, {run + 1}"] = differing(alone, found)
    lines["the command killed, the rest alone"] = resumed(trial, alone, draws)
    for name, line in lines.items():
        print(f"{method}, {name}: {line}", flush=True)
    return killed == kills and not any("DIFFERS" in line for line in lines.values())


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
    print("all as it should be" if same else "not as it should be")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
