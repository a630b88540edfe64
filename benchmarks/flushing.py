"""What it costs that files are on the disk before they have their names.

    python benchmarks/flushing.py [--folder /some/disk] [--images 200] [--rounds 3]

Measured on the disk of `--folder`, by default that of temporary files:

- files as large as an overlay, written by one thread and by two: as before (a temporary name, then the real
  one), each flushed by itself, as a report is, and sixteen at a time, as a run does it with a batch;
- `xai-cam explain` by Grad-CAM over JPEGs of 500 x 375, with the flushing and without.

Milliseconds a file or an image, on the clock and of the processor, the median of the rounds, all in turn.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from folder import write_photos
from pictures import MODEL, run

from measuring import machine, show_rows
from xai_cam.files.staging import Staging
from xai_cam.files.writing import write_whole

FILES = 320
TOGETHER = 16
OVERLAY = os.urandom(300_000)


def as_before(path: Path) -> None:
    """A temporary name, then the real one."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(OVERLAY)
    os.replace(temporary, path)


def as_ours(path: Path) -> None:
    """As the package writes a file by itself."""
    write_whole(path, OVERLAY)


def together(paths: list[Path]) -> None:
    """Several files, all written before the first is flushed, all flushed before the first has its name."""
    with ExitStack() as leaving:
        place = leaving.enter_context(Staging(paths[0].parent))
        parts = {place.new(): path for path in paths}
        for part in parts:
            part.write_bytes(OVERLAY)
        place.name(parts)


def timed(task: Callable[[], object], count: int) -> tuple[float, float]:
    """Milliseconds each, on the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    task()
    return (time.perf_counter() - clock) / count * 1e3, (time.process_time() - processor) / count * 1e3


def by_threads(function: Callable[..., object], items: list, threads: int) -> Callable[[], object]:
    """What calls a function with all items, by some threads."""

    def task() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(function, items))

    return task


def cases(folder: Path, photos: Path, images: int) -> dict[str, tuple[Callable[[], object], int]]:
    """What is measured: by its name, a task and how many files or images it writes."""
    paths = [folder / f"{number}.png" for number in range(FILES)]
    groups = [paths[start : start + TOGETHER] for start in range(0, FILES, TOGETHER)]
    found: dict[str, tuple[Callable[[], object], int]] = {}
    for threads in (1, 2):
        end = f"{threads} thread{'s' * (threads > 1)}"
        found[f"files as before, {end}"] = by_threads(as_before, paths, threads), FILES
        found[f"files flushed, {end}"] = by_threads(as_ours, paths, threads), FILES
        found[f"files flushed 16 at a time, {end}"] = by_threads(together, groups, threads), FILES

    def explain() -> None:
        run(["explain", *MODEL], photos, folder / "maps")

    def unflushed() -> None:
        with mock.patch("os.fsync", return_value=None):
            explain()

    explain()  # warms up
    return found | {"explain, not flushed": (unflushed, images), "explain, flushed": (explain, images)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        photos = write_photos(Path(name) / "photos", options.images)
        tasks = cases(Path(name), photos, options.images)
        found: dict[str, list[tuple[float, float]]] = {case: [] for case in tasks}
        for _ in range(options.rounds):
            for case, (task, count) in tasks.items():
                found[case].append(timed(task, count))
    rows = []
    for case, values in found.items():
        clock, processor = np.median(values, axis=0)
        rows.append({"what": case, "clock, ms": float(clock), "processor, ms": float(processor)})
    show_rows(rows)
    print(f"\n{options.images} images, {FILES} files of 300 kB, {options.rounds} rounds. {machine()}.")


if __name__ == "__main__":
    main()
