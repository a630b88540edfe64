"""A process in which one contender works, so that its memory is its own.

    python -m beside.worker    (started by `beside.process`)

It reads a line of JSON that says what to load, answers `{"ready": seconds}`, and then answers each
`{"images": n, "least": seconds, "save": path}` with `{"seconds": of one call, "calls": number, "peak": MiB}`.
Where the contender fails, it answers `{"error": text}` and ends. Standard output belongs to these lines; what
a library prints there goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import fields
from typing import Any, TextIO

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from beside.contenders import Adapter, Contender, on_the_grid
from beside.networks import Case


def peak_memory() -> float:
    """Peak resident memory of this process so far, MiB."""
    import resource  # not on Windows, as are some of the contenders

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB; bytes on macOS
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def limit_memory(gibibytes: float) -> None:
    """Let allocations beyond it fail in this process, before the machine runs out of memory."""
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_DATA, (int(gibibytes * 2**30), resource.RLIM_INFINITY))
    except (ValueError, OSError):  # not on this system
        return


def images_for(case: Case, count: int) -> np.ndarray:
    """The first `count` of the case's images, from the start again where there are not so many."""
    images = case.images()
    return np.ascontiguousarray(np.resize(images, (count, *images.shape[1:])))


def run(adapter: Adapter, images: np.ndarray, least: float) -> tuple[float, int, dict[str, np.ndarray]]:
    """Seconds of a call (mean of as many as `least` seconds need), how many, and the last one's maps."""
    calls, start = 0, time.perf_counter()
    while True:
        maps = adapter.explain(images)
        calls += 1
        taken = time.perf_counter() - start
        if taken >= least:
            return taken / calls, calls, maps


class Worker:
    """Answers requests about one contender on one case."""

    def __init__(self, told: dict[str, Any]) -> None:
        limit_memory(told["memory"])
        known = {field.name for field in fields(Contender)}
        self.contender = Contender(**{key: v for key, v in told["contender"].items() if key in known})
        self.case = Case.read(told["case"])
        self.adapter: Adapter = self.contender.adapter(self.case, told["method"], told["batch"])
        self.warm: set[int] = set()

    def answer(self, told: dict[str, Any]) -> dict[str, Any]:
        images = images_for(self.case, told["images"])
        if len(images) not in self.warm:
            self.adapter.warm_up(images)
            self.warm.add(len(images))
        seconds, calls, maps = run(self.adapter, images, told["least"])
        if told.get("save"):
            grid = tuple(self.case.grid)
            native = {name: on_the_grid(m, grid, self.contender.corners) for name, m in maps.items()}
            np.savez(told["save"], **native)
        return {"seconds": seconds, "calls": calls, "peak": peak_memory()}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer line by line until there are no more, or the contender fails."""

    def say(told: dict[str, Any]) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    worker: Worker | None = None
    for line in requests:
        try:
            if worker is None:
                start = time.perf_counter()
                worker = Worker(json.loads(line))
                say({"ready": time.perf_counter() - start})
            else:
                say(worker.answer(json.loads(line)))
        except Exception as error:  # noqa: BLE001 - whatever a library raises is shown in the table
            text = " ".join(str(error).split())[:300]
            say({"error": f"{type(error).__name__}: {text}"})
            return


def main() -> None:
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, own)


if __name__ == "__main__":
    main()
