"""Runs by workers of Ray beside one of a single process: throughput, start-up, and what the driver costs.

    python benchmarks/cluster.py [--images 500] [--planned 100000 1000000] [--skip-photos]

- Throughput: photographs by Grad-CAM with the sample model of cats and dogs, which an earlier run has met, by
  `xai-cam explain` in this process and by 1 and 2 workers, each into a fresh folder. Start-up is the time
  from the command to its first row; the rate is that of the rows behind it.
- A block's own cost: the round trip of one without images, to a worker and back.
- Scheduling: a work that does nothing, over images that are planned and not there: what a run costs for each
  image beside decoding, model and drawing, and the memory of the process that drives it. The clock counts
  what workers do as well; what the driver itself takes of a processor bounds how many images it can hand out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from stub_work import COLUMNS, StubWork, planned

from measuring import Cell, machine, peak_memory, show_rows

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "sample_models" / "dogcat_small" / "model.json"
COMMAND = Path(sys.executable).with_name("xai-cam")
EXECUTORS = {"local": [], **{f"ray, {n}": ["--executor", "ray", "--workers", str(n)] for n in (1, 2)}}
ROUND_TRIPS = 200


# --- Photographs --------------------------------------------------------------------------------------


def photos_by(executor: str, photos: Path, out: Path) -> dict[str, Cell]:
    """A row of the table: one command over all photographs."""
    rows, count = out.with_suffix(".csv"), sum(1 for _ in photos.iterdir())
    command = [COMMAND, "explain", "-m", MODEL, photos, "-o", out, "--engine", "tensorflow", "-q"]
    start = time.perf_counter()
    process = subprocess.Popen([*map(str, command), "--results", str(rows), *EXECUTORS[executor]])
    first, before = 0.0, 0
    while process.poll() is None:
        lines = rows.read_bytes().count(b"\n") - 1 if rows.exists() else 0
        if lines > 0 and not first:
            first, before = time.perf_counter() - start, lines
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"the run by {executor} ended with {process.returncode}")
    rate = (count - before) / (seconds - first)
    return {"executor, workers": executor, "first row, s": first, "whole run, s": seconds, "images/s": rate}


def compare_photos(folder: Path, count: int) -> None:
    """Print the table of all executors."""
    from folder import write_photos

    photos = write_photos(folder / "photos", count)
    few = write_photos(folder / "few", 4)
    photos_by("local", few, folder / "met")
    show_rows([photos_by(one, photos, folder / one.replace(", ", "-")) for one in EXECUTORS])


# --- The driver ---------------------------------------------------------------------------------------


def memory() -> float:
    """Resident memory of this process, in MiB."""
    return (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        * os.sysconf("SC_PAGE_SIZE")
        / 2**20
    )


class Watching:
    """Writes rows to a table, and notes the memory at every quarter of a run."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer
        self.quarters: list[float] = []

    def notice(self, text: str) -> None:
        """Nobody reads it."""

    def row(self, values: Any) -> None:
        self.writer.write(values)

    def progress(self, done: int, total: int) -> None:
        if done * 4 // total > len(self.quarters):
            self.quarters.append(memory())


def drive(executor: str, count: int) -> dict[str, Any]:
    """Plan and carry out a run that does nothing, in this process as its driver."""
    from xai_cam.files.real_paths import RealPaths
    from xai_cam.files.results import open_results
    from xai_cam.runs.executors.executor import Executor, LocalExecutor
    from xai_cam.runs.executors.ray_executor import RayExecutor
    from xai_cam.runs.runner import Runner
    from xai_cam.runs.tasks import place_tasks

    before, start = memory(), time.perf_counter()
    tasks = place_tasks(planned(count), Path("/nowhere/maps"), lambda task: [f"{task.stem}_grad-cam"])
    inputs = RealPaths(task.image.path for task in tasks)
    plan, seconds = memory() - before, time.perf_counter() - start
    by: Executor = LocalExecutor() if executor == "local" else RayExecutor(workers=int(executor.split()[1]))
    with (
        tempfile.TemporaryDirectory() as folder,
        open_results(os.path.join(folder, "rows.csv"), COLUMNS) as writer,
    ):
        watching = Watching(writer)
        runner = Runner(tasks, StubWork(), watching)
        start, processor = time.perf_counter(), time.process_time()
        by.run(runner)
        ran, own = time.perf_counter() - start, time.process_time() - processor
    if runner.summary.up_to_date != count or len(inputs) != count:
        raise RuntimeError("images were lost")
    quarters = {f"after {quarter}/4, MiB": one for quarter, one in enumerate(watching.quarters, 1)}
    return {
        **{"executor, workers": executor, "images": count, "planning, us/image": seconds / count * 1e6},
        **{"running, us/image": ran / count * 1e6, "its processor, us/image": own / count * 1e6},
        **{"plan, MiB": plan, **quarters},
        "peak, MiB": peak_memory(),
    }


def driven(executor: str, count: int) -> dict[str, Cell]:
    """The same in a process of its own, whose memory is that of nothing else."""
    command = [sys.executable, __file__, "--drive", executor, str(count)]
    path = os.pathsep.join([str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def round_trips() -> float:
    """Milliseconds that a block without images takes: asked what is to do, run, and its outcome back."""
    import ray

    from xai_cam.cam.engines.choices import Choices
    from xai_cam.runs.executors.packing import pack
    from xai_cam.runs.executors.ray_crew import RayCrew
    from xai_cam.runs.executors.worker import Job

    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="CRITICAL")
    crew = RayCrew(ray, 1, 0.0, 1, pack(Job(StubWork(), 16))[0], [], lambda _: None)
    crew.start(0)
    crew.answer()
    taken = []
    for _ in range(ROUND_TRIPS):
        start = time.perf_counter()
        for what, given in (("look", ([],)), ("run", ([], 0, Choices()))):
            crew.ask(0, what, *given)
            crew.answer()
        taken.append(time.perf_counter() - start)
    crew.close()
    ray.shutdown()
    return median(taken) * 1e3


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--planned", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--skip-photos", action="store_true")
    parser.add_argument("--drive", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        print(json.dumps(drive(given.drive[0], int(given.drive[1]))))
        return
    os.environ["PYTHONPATH"] = str(ROOT / "benchmarks")
    print(machine() + "\n")
    if not given.skip_photos:
        with tempfile.TemporaryDirectory() as folder:
            compare_photos(Path(folder), given.images)
    print(f"\nA block without images: {round_trips():.2f} ms\n")
    if not given.planned:
        return
    show_rows([driven(one, count) for count in given.planned for one in ("local", "ray, 2")])


if __name__ == "__main__":
    main()
