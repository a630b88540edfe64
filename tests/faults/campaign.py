"""Every scenario under every kind of fault, what was lost, and the table of it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.comparing import Contents, age, contents, differences, leftovers
from faults.forked import Ended, start
from faults.injected import Fault, counted_renames, killed_at_rename, no_fault, small_files
from faults.scenarios import SCENARIOS, Scenario, write_inputs
from support.bounded import cost_of

PATIENCE = 300
"""Seconds after which a command is taken for hanging."""

PAGE = 4096

MEMORY = (1, 2, 3, 4, 6)
"""Limits of memory, in GB."""


@dataclass
class Tally:
    """What happened under one kind of fault: runs that met it, runs that it ended, and losses."""

    runs: int = 0
    faults: int = 0
    losses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Undisturbed:
    """A scenario carried out once without a fault."""

    scenario: Scenario
    inputs: Path
    before: Contents
    after: Contents
    seconds: float
    renames: int
    sizes: list[int]


class Campaign:
    """Run scenarios under faults in folders below `folder`.

    Parameters
    ----------
    folder : Path
        Of its own; what lies in it is replaced.
    share : float
        Part of the faults that is tried, spread over all of them; the first and the last always are.
    only : sequence of str
        Names of scenarios; empty: all.
    say : callable
        Takes a line for each scenario, and for everything that was lost.
    """

    def __init__(
        self,
        folder: Path,
        share: float = 1,
        only: Sequence[str] = (),
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self.share = share
        self.scenarios = [s for s in SCENARIOS if not only or s.name in only]
        self.say = say
        self.tallies: dict[str, Tally] = {}
        self._random = random.Random(0)

    def undisturbed(self, scenario: Scenario) -> Undisturbed:
        """Carry out a scenario without a fault: what all others are compared with."""
        inputs, place = self.folder / "inputs", self.folder / "place"
        if not inputs.exists():
            write_inputs(inputs)
        self._renew(inputs, place)
        before = contents(place)
        reading, writing = os.pipe()
        started = time.monotonic()
        ended = start(scenario.arguments, place, counted_renames(writing)).wait(PATIENCE)
        seconds = time.monotonic() - started
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            renames = len(pipe.read())
        if ended.code:
            raise RuntimeError(f"{scenario.name} fails without any fault: {ended}")
        new = [p for p in place.rglob("*") if p.is_file() and not (inputs / p.relative_to(place)).exists()]
        sizes = sorted(p.stat().st_size for p in new)
        return Undisturbed(scenario, inputs, before, contents(place), seconds, renames, sizes)

    def run(self) -> dict[str, Tally]:
        """Carry out everything."""
        for scenario in self.scenarios:
            self.say(f"--- {scenario.name}")
            known = self.undisturbed(scenario)
            self.kill_at_renames(known)
            self.kill_at_random(known, 30)
            self.fill_disk(known)
            self.run_together(known, 2)
            self.run_together(known, 4)
            self.limit_memory(known)
        return self.tallies

    # --- Kinds of faults -----------------------------------------------------------------------------

    def kill_at_renames(self, known: Undisturbed) -> None:
        """Kill a command before and after each name that it gives to a file."""
        moments = [(n, after) for n in range(1, known.renames + 1) for after in (False, True)]
        for number, after in self._some(moments):
            self._once(known, "killed at a rename", killed_at_rename(number, after))

    def kill_at_random(self, known: Undisturbed, times: int) -> None:
        """Kill a command at random moments of its time."""
        for _ in self._some(range(times)):
            self._once(known, "killed at random", until=self._random.uniform(0, known.seconds))

    def fill_disk(self, known: Undisturbed) -> None:
        """Run a command on a disk that is full before, within and behind each of its outputs."""
        for size in self._some(sorted({s for n in known.sizes for s in (n // 2, n - 1)})):
            self._once(known, "no room for a file", small_files(size))
        for pages in self._some(_ends(known)):
            self._on_small_disk(known, pages)

    def run_together(self, known: Undisturbed, number: int) -> None:
        """Start a command several times at once."""
        tally, place = self._tally(f"{number} at once"), self._place(known)
        together = [start(known.scenario.arguments, place) for _ in range(number)]
        ends = [one.wait(PATIENCE) for one in together]
        tally.runs += number
        tally.faults += 1
        self._check_ends(known, tally, ends)
        self._compare(known, tally, place, whole=False)
        self._go_on(known, tally, place)

    def limit_memory(self, known: Undisturbed) -> None:
        """Run a command, TensorFlow's start included, with little memory."""
        for limit in self._some(MEMORY):
            tally, place = self._tally("little memory"), self._place(known)
            cost = cost_of(
                *known.scenario.arguments,
                cwd=place,
                timeout=PATIENCE,
                before=f"ulimit -v {limit}000000",
            )
            tally.runs += 1
            tally.faults += cost.code != 0
            self._check_ends(known, tally, [Ended(-9 if cost.code is None else cost.code, cost.stderr)])
            self._compare(known, tally, place, whole=cost.code == 0)
            self._go_on(known, tally, place)

    # --- One fault -----------------------------------------------------------------------------------

    def _once(
        self, known: Undisturbed, kind: str, fault: Fault = no_fault, until: float | None = None
    ) -> None:
        """Run a command with a fault, look at what it left, let it go on, and look again."""
        tally, place = self._tally(kind), self._place(known)
        ended = start(known.scenario.arguments, place, fault).wait(PATIENCE if until is None else until)
        tally.runs += 1
        tally.faults += ended.code != 0
        self._check_ends(known, tally, [ended])
        self._compare(known, tally, place, whole=ended.code == 0)
        self._go_on(known, tally, place)

    def _on_small_disk(self, known: Undisturbed, pages: int) -> None:
        """As `_once`, on a file system that has room for so many pages besides the inputs."""
        tally, place = self._tally("full disk"), self._place(known)
        disk = self.folder / "disk"
        disk.mkdir(exist_ok=True)
        if not _mount(disk, "100m"):
            return
        try:
            self._renew(place, disk / "place")
            facts = os.statvfs(disk)
            _resize(disk, str((facts.f_blocks - facts.f_bfree + pages) * facts.f_frsize))
            ended = start(known.scenario.arguments, disk / "place").wait(PATIENCE)
            tally.runs += 1
            tally.faults += ended.code != 0
            self._check_ends(known, tally, [ended])
            self._compare(known, tally, disk / "place", whole=ended.code == 0)
            _resize(disk, "100m")
            self._go_on(known, tally, disk / "place")
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def _go_on(self, known: Undisturbed, tally: Tally, place: Path) -> None:
        """Run the same command again, long after, and look whether all is as if nothing had happened."""
        age(place)
        ended = start(known.scenario.arguments, place).wait(PATIENCE)
        tally.runs += 1
        self._check_ends(known, tally, [ended])
        self._compare(known, tally, place, whole=True)
        for name in leftovers(place):
            self._lost(known, tally, f"{name} stays")

    def _check_ends(self, known: Undisturbed, tally: Tally, ends: list[Ended]) -> None:
        for ended in ends:
            if "Traceback" in ended.stderr or (ended.code and ended.code > 0 and not ended.stderr.strip()):
                self._lost(known, tally, f"ended with {ended.code} and {ended.stderr[-2000:]!r}")

    def _compare(self, known: Undisturbed, tally: Tally, place: Path, *, whole: bool) -> None:
        for line in differences(contents(place), known.after, known.before, whole=whole):
            self._lost(known, tally, line)

    def _lost(self, known: Undisturbed, tally: Tally, what: str) -> None:
        tally.losses.append(f"{known.scenario.name}: {what}")
        self.say(f"{known.scenario.name}, fault {tally.faults}: {what}")

    # --- Places --------------------------------------------------------------------------------------

    def _tally(self, kind: str) -> Tally:
        return self.tallies.setdefault(kind, Tally())

    def _place(self, known: Undisturbed) -> Path:
        place = self.folder / "place"
        self._renew(known.inputs, place)
        return place

    def _renew(self, source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)

    def _some(self, faults: Sequence[Any]) -> list[Any]:
        """As many of the faults as are to be tried, spread over all."""
        number = max(1, round(self.share * len(faults)))
        step = (len(faults) - 1) / max(1, number - 1)
        return [faults[round(i * step)] for i in range(number)] if faults else []


def _ends(known: Undisturbed) -> list[int]:
    """Pages of a disk that is full within or just behind each of a run's outputs."""
    ends, before = {0}, 0
    for size in known.sizes:
        pages = -(-size // PAGE)
        ends |= {before + pages // 2, before + pages - 1}
        before += pages
    return sorted(ends)


def _mount(disk: Path, size: str) -> bool:
    """Mount an empty file system of so many bytes; False where this user may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    return (
        bool(shutil.which("mount"))
        and not subprocess.run(command, check=False, capture_output=True).returncode
    )


def _resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)
