"""The measurement itself: all contenders of a figure in turn, each between two runs of its engine's floor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from beside.contenders import FLOORS, PLAINLY, Contender
from beside.networks import Case
from beside.process import ContenderError, WorkerProcess, start

LEAST = 0.5
"""Seconds that a measurement of short calls lasts at least."""

FLOOR_LEAST = 1.5
BATCHES = (8, 16, 32, 64)
"""Sizes of batch of which each engine's fastest, per image, is what its floor and its peers are run with."""

TOLD = 5
"""Runs of more seconds than this are told of as they end."""

FIGURE_SHARE = 5
"""A figure's rounds end when they have lasted so many times the limit of one run."""


@dataclass(frozen=True)
class Settings:
    """`rounds` at most; `seconds` that a run of many images may last; `patience` with one answer, in seconds;
    `memory` of one contender, in GiB.
    """

    rounds: int = 5
    seconds: float = 60.0
    patience: float = 900.0
    memory: float = 12.0


@dataclass
class Found:
    """Raw figures, as they are written to disk.

    A record is one run: `seconds` an image, `forwards` that an image needs, `floor` seconds a raw forward
    pass took right before and after (None where it failed), `measured` images, `peak` MiB. A failure names
    the contender and its error.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)


class Bench:
    """One network and one method: its workers, from start to end."""

    def __init__(
        self, case: Case, method: str, settings: Settings, found: Found, tell: Callable[[str], None]
    ) -> None:
        self.case, self.method, self.settings, self.found, self.tell = case, method, settings, found, tell
        self.workers: dict[str, WorkerProcess] = {}
        self.batch: dict[str, int] = {}
        self.floors = {floor.engine: floor for floor in FLOORS}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers.values():
            worker.end()

    # --- Start ---------------------------------------------------------------------------------------

    def open(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Start those that have the method, their engines' floors first; those that are ready."""
        wanted = [contender for contender in contenders if self.method in contender.methods]
        engines = {contender.engine for contender in wanted}
        self._start([floor for engine, floor in self.floors.items() if engine in engines])
        if self.method == "score-cam":  # Grad-CAM gets the images as one batch
            self.batch = {engine: self._best_batch(engine) for engine in sorted(engines)}
            self.tell(f"  batches: {', '.join(f'{engine} {size}' for engine, size in self.batch.items())}")
        return self._start(wanted)

    def _start(self, contenders: Sequence[Contender]) -> list[Contender]:
        limits = self.settings.memory, self.settings.patience
        for one in contenders:  # all of them load at the same time
            batch = self.batch.get(one.engine, BATCHES[0])
            self.workers[one.name] = start(one, self.case.folder, self.method, batch, *limits)
        return [one for one in contenders if self._try(one, lambda worker: worker.receive()) is not None]

    def _best_batch(self, engine: str) -> int:
        floor = self.floors[engine]
        taken = {size: self._floor_seconds(floor, size, LEAST) for size in BATCHES}
        known = {size: seconds for size, seconds in taken.items() if seconds is not None}
        return min(known, key=lambda size: known[size]) if known else BATCHES[1]

    # --- One figure ----------------------------------------------------------------------------------

    def measure(self, contenders: Sequence[Contender], count: int, known: dict[str, float]) -> None:
        """All rounds for so many images; `known` are seconds an image, by contender, of fewer images."""
        images = {one.name: self._affordable(one, count, known) for one in contenders}
        taking_part = [one for one in contenders if not self._copied(one, count, images[one.name])]
        begun = time.perf_counter()
        for number in range(self.settings.rounds):
            for engine in self.floors:
                self._engine_round(
                    [one for one in taking_part if one.engine == engine], count, images, number
                )
            spent = time.perf_counter() - begun
            if spent > FIGURE_SHARE * self.settings.seconds:
                break
        for one in contenders:
            mine = [r["seconds"] for r in self._records(one.name, count)]
            if mine:
                known[one.name] = median(mine)
                self.tell(f"  {count:3d} images  {one.name:22s} {known[one.name]:9.3f} s an image")

    def draw_plainly(self, contenders: Sequence[Contender]) -> None:
        """The maps that contenders with other masks mean, where there are such."""
        wanted = {one.masks for one in contenders if one.masks} if self.method == "score-cam" else set()
        for plain in (PLAINLY[name] for name in sorted(wanted)):
            self._start([plain])
            told = {"images": 1, "least": 0.0, "save": str(self.maps(plain.name))}
            self._try(plain, lambda worker, told=told: worker.ask(told))

    def _engine_round(
        self, contenders: Sequence[Contender], count: int, images: dict[str, int], number: int
    ) -> None:
        """The contenders of one engine once each, its floor before, between and behind them."""
        alive = [one for one in contenders if one.name in self.workers]
        if not alive:
            return
        floor = self.floors[alive[0].engine]
        size = self.batch[floor.engine] if self.method == "score-cam" else count
        before = self._floor_seconds(floor, size, FLOOR_LEAST)
        for one in alive:
            told = {"images": images[one.name], "least": LEAST, "save": str(self.maps(one.name))}
            answer = self._try(one, lambda worker, told=told: worker.ask(told))
            after = self._floor_seconds(floor, size, FLOOR_LEAST)
            if answer is not None:
                if answer["seconds"] > TOLD:
                    self.tell(f"  round {number + 1}  {one.name}: {answer['seconds']:.0f} s")
                around = [seconds for seconds in (before, after) if seconds is not None]
                self._record(one, count, images[one.name], number, answer, around)
            before = after

    def _record(
        self,
        one: Contender,
        count: int,
        measured: int,
        number: int,
        answer: dict[str, Any],
        around: list[float],
    ) -> None:
        live = self.case.live[:measured]
        self.found.records.append(
            {
                "network": self.case.name,
                "method": self.method,
                "images": count,
                "contender": one.name,
                "round": number,
                "measured": measured,
                "calls": answer["calls"],
                "seconds": answer["seconds"] / measured,
                "forwards": sum(live) / len(live) if self.method == "score-cam" else 1,
                "floor": sum(around) / len(around) if around else None,
                "batch": self.batch[one.engine] if self.method == "score-cam" else measured,
                "peak": answer["peak"],
            }
        )

    def _affordable(self, one: Contender, count: int, known: dict[str, float]) -> int:
        """How many images a run may have so as to last no longer than the limit, at least one."""
        if count == 1 or one.name not in known:
            return count
        return max(1, min(count, int(self.settings.seconds / known[one.name])))

    def _copied(self, one: Contender, count: int, measured: int) -> bool:
        """Where only one image of many is affordable, its runs are there already."""
        if measured > 1 or count == 1:
            return False
        mine = self._records(one.name, 1)
        self.found.records += [{**record, "images": count} for record in mine]
        return bool(mine)

    def _records(self, name: str, count: int) -> list[dict[str, Any]]:
        wanted = {"network": self.case.name, "method": self.method, "images": count, "contender": name}
        return [r for r in self.found.records if all(r[key] == value for key, value in wanted.items())]

    # --- Workers -------------------------------------------------------------------------------------

    def maps(self, name: str) -> Path:
        """Where a contender's maps of its last run are written."""
        folder = Path(self.case.folder) / "maps"
        folder.mkdir(exist_ok=True)
        return folder / f"{self.method} {name}.npz"

    def _floor_seconds(self, floor: Contender, size: int, least: float) -> float | None:
        """Seconds an image of a raw forward pass in batches of that size, None if it has failed."""
        told = {"images": size, "least": least}
        answer = self._try(floor, lambda worker: worker.ask(told))
        return None if answer is None else answer["seconds"] / size

    def _try(self, one: Contender, ask: Callable[[WorkerProcess], dict[str, Any]]) -> dict[str, Any] | None:
        """The answer; None, and noted, where the contender fails or has failed before."""
        if one.name not in self.workers:
            return None
        try:
            return ask(self.workers[one.name])
        except ContenderError as error:
            self.workers.pop(one.name).end()
            told = {"network": self.case.name, "method": self.method, "contender": one.name}
            self.found.failures.append({**told, "error": str(error)})
            self.tell(f"  {one.name} failed: {error}")
            return None


def measure(
    case: Case,
    method: str,
    counts: Sequence[int],
    contenders: Sequence[Contender],
    settings: Settings,
    found: Found,
    tell: Callable[[str], None],
) -> dict[str, Path]:
    """Measure one method on one network; records and failures go to `found`.

    Returns
    -------
    maps : dict
        By contender, the file with the maps of its last run.
    """
    with Bench(case, method, settings, found, tell) as bench:
        ready = bench.open(contenders)
        known: dict[str, float] = {}
        for count in sorted(counts):
            bench.measure(ready, count, known)
        bench.draw_plainly(ready)
        drawn = [*ready, *PLAINLY.values()]
        return {one.name: bench.maps(one.name) for one in drawn if bench.maps(one.name).exists()}
