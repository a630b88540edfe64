"""Runs of `explain` on simulated machines, beside one of a single process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from cluster_faults import MODEL  # noqa: E402
from machines import Machine, ended, wait_for  # noqa: E402

from support.ray_clusters import contents, rows_of  # noqa: E402

AT = ("--executor", "ray", "--ray-address")
CLUSTER, CLIENT = (*AT, "10.77.0.1:6379"), (*AT, "ray://10.77.0.1:10001")
TO = ("-r", "-o", "maps", "--results", "rows.csv", "--save", "overlay,raw", "--engine", "tensorflow")
RAY = ("-m", "ray.scripts.scripts")
LISTENING = """
import socket, sys, time
while socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))):
    time.sleep(0.2)
"""

During = Callable[[Popen[str]], object]
Words = tuple[object, ...]
Made = tuple[int, list[dict[str, str]], dict[str, bytes]]
"""Exit code, rows and outputs."""

WRONG = "WRONG"


class World:
    """Machines one and two with a cluster, a third beside it, and what one process makes of the pictures."""

    def __init__(self, machines: list[Machine]) -> None:
        self.one, self.two, self.three = machines
        self.shared = self.one.shared
        self.alone, _ = self.run(MODEL)

    def start(self, cores: int = 1, head: Words = (), second: Words = (), **more: str) -> None:
        """A fresh cluster, of machines that are switched on anew, and a folder without outputs."""
        for machine in (self.one, self.two):
            machine.off()
            machine.on()
        self.made(0)
        ports = ("--port", 6379, "--ray-client-server-port", 10001)
        self._ray(self.one, cores, "--head", *ports, *(head or ("--include-dashboard", "false")), **more)
        self.join(cores, *second, **more)
        self.listening(self.one, 10001)

    def again(self, **more: str) -> None:
        """The second machine is switched off and on, and joins the cluster anew."""
        self.two.off()
        self.two.on()
        self.join(**more)

    def join(self, cores: int = 1, *words: object, **more: str) -> None:
        self._ray(self.two, cores, "--address", "10.77.0.1:6379", *words, **more)

    def _ray(self, machine: Machine, cores: int, *words: object, **more: str) -> None:
        fixed = ("--node-ip-address", machine.address, "--num-cpus", cores)
        fixed += ("--object-store-memory", 100 * 2**20)
        machine.python(*RAY, "start", *fixed, *words, **more)

    def listening(self, machine: Machine, port: int) -> None:
        """Wait until a server lets others in; `ray start` does not wait for those that it starts."""
        self.three.python("-c", LISTENING, machine.address, port)

    def begin(self, model: Path, *words: object, on: Machine | None = None, **more: str) -> Popen[str]:
        pictures = () if any("photos" in str(word) for word in words) else ("photos",)
        return (on or self.one).begin("-m", "xai_cam", "explain", "-m", model, *TO, *pictures, *words, **more)

    def run(
        self,
        *words: Any,
        during: During = lambda process: None,
        fetch: Callable[[], object] = lambda: None,
        **more: Any,
    ) -> tuple[Made, str]:
        """What a run made, and what it said; nothing of it stays. `fetch` brings what is elsewhere."""
        process = self.begin(*words, **more)
        during(process)
        code, said = ended(process)
        if code in (0, 1):
            fetch()
        return self.made(code), said

    def made(self, code: int) -> Made:
        """What there is, which is removed."""
        table, maps = self.shared / "rows.csv", self.shared / "maps"
        made = code, rows_of(table) if table.exists() else [], contents(maps)
        table.unlink(missing_ok=True)
        shutil.rmtree(maps, ignore_errors=True)
        return made

    def half(self, process: Popen[str]) -> None:
        """Wait until a third is through, and the second machine is at something."""
        table, third = self.shared / "rows.csv", len(self.alone[1]) // 3
        self._during(process, lambda: table.exists() and table.read_bytes().count(b"\n") > third)
        self.at_work(process)

    def at_work(self, process: Popen[str]) -> None:
        """Wait until the second machine is at something."""
        self._during(process, lambda: self.two.pids("RayWorker.do"))

    def _during(self, process: Popen[str], what: Callable[[], object]) -> None:
        def found() -> object:
            if process.poll() is not None:
                raise RuntimeError(f"It ended with {process.returncode}, too early: {ended(process)[1]}")
            return what()

        wait_for(found)

    def workers(self) -> list[int]:
        return self.one.pids("RayWorker") + self.two.pids("RayWorker")


def judged(right: bool, line: str) -> str:
    return line if right else f"{WRONG}: {line}"


def compared(made: Made, alone: Made) -> str:
    """In which parts a run differs from one of a single process."""
    parts = zip(("exit code", "rows", "outputs"), alone, made, strict=True)
    differ = [part for part, one, other in parts if one != other]
    return judged(not differ, f"differs in {', '.join(differ)}" if differ else "byte for byte as one process")


def same(world: World, *words: Any, alone: Made | None = None, **more: Any) -> str:
    made, said = world.run(*words, **more)
    line = compared(made, alone or world.alone)
    return f"{line}: {said}" if line.startswith(WRONG) else line


def refused(world: World, *words: Any, naming: str = "machine-", **more: Any) -> str:
    """What a run says that is refused and leaves nothing."""
    (code, rows, outputs), said = world.run(*words, **more)
    right = code == 2 and not rows and not outputs and naming in said
    return judged(right, said.strip() if right else f"went on with {code}: {said}")


def rest(world: World, end: str, expected: str, temporary: bool = False) -> str:
    """How a run was ended, and whether the same command alone does what it left.

    `temporary`: whether files under temporary names may stay.
    """
    wait_for(lambda: not world.workers())
    left = [path.name for path in world.shared.glob("maps/.xai-cam-*.tmp")]
    (code, rows, outputs), _ = world.run(MODEL)
    done = sum(row["outcome"] == "up to date" for row in rows)
    rows = [row | {"outcome": "written"} for row in rows]
    whole = code, rows, {name: data for name, data in outputs.items() if ".tmp/" not in name}
    right = end == expected and bool(done) and (temporary or not left)
    line = f"{end}, {len(left)} temporary folders, {done} of {len(rows)} images done"
    return judged(right, f"{line}; with the rest by one process {compared(whole, world.alone)}")
