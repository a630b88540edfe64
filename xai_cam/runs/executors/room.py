"""What the machines of a cluster have room for: how many workers, and how many threads each."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Machine:
    """The cores and GPUs of one that takes workers."""

    cpus: float
    gpus: float = 0.0


def cores() -> int:
    """Those that this process may compute on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machines_of(nodes: Iterable[Mapping[str, Any]]) -> list[Machine]:
    """Those of a cluster that take workers, as Ray lists them: a head may have no cores for any."""
    found = [node["Resources"] for node in nodes if node["Alive"]]
    return [Machine(one["CPU"], one.get("GPU", 0.0)) for one in found if one.get("CPU", 0.0) > 0]


def shares(
    asked: int | None, machines: Sequence[Machine], gpus_per_worker: float, most: int
) -> tuple[int, int]:
    """How many workers there are to be, and in how many threads each computes.

    Parameters
    ----------
    asked : int, optional
        Workers; None: as many as there are GPUs for, or else cores.
    machines : sequence of Machine
        Those that take workers.
    gpus_per_worker : float
        0: they compute on cores.
    most : int
        Workers that there is work for.
    """
    cpus, count = sum(one.cpus for one in machines), max(len(machines), 1)
    room = _room(machines, gpus_per_worker) if gpus_per_worker else int(cpus)
    workers = min(asked or max(room, 1), max(most, 1))
    return workers, max(int(cpus / count // math.ceil(workers / count)), 1)


def lack(machines: Sequence[Machine], gpus_per_worker: float, workers: int) -> str | None:
    """What there is too little of for so many workers, in words; None where there is room for all."""
    if not gpus_per_worker:
        return None
    room = _room(machines, gpus_per_worker)
    if room >= workers:
        return None
    gpus = f"{gpus_per_worker:g} GPU{'s' * (gpus_per_worker > 1)}"
    return f"{room or 'no'} worker{'s' * (room != 1)} of {gpus} each"


def _room(machines: Sequence[Machine], gpus_per_worker: float) -> int:
    """Workers that the GPUs are enough for; none is spread over two machines."""
    return sum(int(one.gpus / gpus_per_worker + 1e-9) for one in machines)
