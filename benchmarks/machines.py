"""Machines that are namespaces of this one; Linux, as root, with `ip`, `unshare`, `nsenter` and `mount`.

Each has an address, a host name, processes, /tmp, /dev/shm and a home of its own, on a bridge that nobody
else is on. /mnt is one folder for all of them, /srv another for each. Switching one off kills all of its
processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SWITCH = f"xai-cam-{os.getpid()}"
BOOT = """
mount --bind {shared} /mnt
for own in /tmp /dev/shm /srv; do mount -t tmpfs own $own; done
hostname {name}
touch /tmp/on
sleep infinity & wait
"""
HOME = {"HOME": "/srv", "LANG": "C.UTF-8", "TF_CPP_MIN_LOG_LEVEL": "3", "RAY_USAGE_STATS_ENABLED": "0"}


def call(*words: object) -> None:
    subprocess.run([*map(str, words)], check=True)


def wait_for(what: Callable[[], Any], seconds: float = 900) -> Any:
    until = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)
    return found


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=900)
    return process.returncode, said


class Machine:
    """One that is on; `shared` is its /mnt."""

    def __init__(self, number: int, shared: Path) -> None:
        self.name, self.address, self.shared = f"machine-{number}", f"10.77.0.{number}", shared
        self._link = f"xai-cam-{number}"
        self.on()

    def on(self) -> None:
        kinds = ("--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc")
        boot = BOOT.format(shared=self.shared, name=self.name)
        self._process = subprocess.Popen(["unshare", *kinds, "bash", "-ec", boot], stderr=subprocess.DEVNULL)
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        self.number = int(wait_for(lambda: children.read_text(encoding="ascii")))
        wait_for(self.place("tmp", "on").exists)
        mac = f"02:00:00:00:00:0{self.name[-1]}"  # others remember it while this one is off
        ends = ("type", "veth", "peer", "eth0", "address", mac, "netns", self.number)
        call("ip", "-n", SWITCH, "link", "add", self._link, *ends)
        call("ip", "-n", SWITCH, "link", "set", self._link, "master", "bridge", "up")
        self.do("ip", "link", "set", "lo", "up")
        self.do("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.do("ip", "link", "set", "eth0", "up")

    def place(self, *names: str) -> Path:
        """Where a file of the machine is, seen from outside, by the names from its top on."""
        return Path("/proc", str(self.number), "root", *names)

    def off(self) -> None:
        """What was on its own disks is gone."""
        os.kill(self.number, signal.SIGKILL)
        self._process.wait()
        delete, show = (["ip", "-n", SWITCH, "link", what, self._link] for what in ("delete", "show"))
        subprocess.run(delete, stderr=subprocess.DEVNULL, check=False)  # it may go by itself, some time later
        wait_for(lambda: subprocess.run(show, capture_output=True, check=False).returncode)

    def _inside(self, *words: object) -> list[str]:
        kinds = ("--net", "--mount", "--uts", "--ipc", "--pid")
        return [*map(str, ("nsenter", "-t", self.number, *kinds, "--wdns=/mnt", *words))]

    def do(self, *words: object) -> None:
        call(*self._inside(*words))

    def begin(self, *words: object, out: int = subprocess.PIPE, **more: str) -> subprocess.Popen[str]:
        """Python with these words; `out` is where what it says goes."""
        said: dict[str, Any] = {"stdout": out, "stderr": subprocess.STDOUT, "text": True}
        variables = {"PATH": os.environ["PATH"], **HOME, **more}
        return subprocess.Popen(self._inside(sys.executable, "-I", *words), env=variables, **said)

    def python(self, *words: object, **more: str) -> str:
        code, said = ended(self.begin(*words, **more))
        if code:
            raise RuntimeError(f"{words} on {self.name} ended with {code}: {said}")
        return said

    def kill(self, title: str, name: str) -> None:
        """Send processes that are called so a signal; some may be gone by then."""
        words = self._inside("kill", f"-{name}", *self.pids(title))
        subprocess.run(words, stderr=subprocess.DEVNULL, check=False)

    def pids(self, title: str) -> list[int]:
        """Processes that are alive and called so, by their numbers on this machine."""
        listed = subprocess.run(
            self._inside("ps", "-eo", "pid,stat,args"), stdout=subprocess.PIPE, text=True, check=True
        )
        found = [line.split(None, 2) for line in listed.stdout.splitlines() if title in line]
        return [int(pid) for pid, state, args in found if state[0] != "Z" and not args.startswith("ps ")]


@contextmanager
def switched_on(folder: Path) -> Iterator[list[Machine]]:
    call("ip", "netns", "add", SWITCH)
    on: list[Machine] = []
    try:
        call("ip", "-n", SWITCH, "link", "add", "bridge", "type", "bridge")
        call("ip", "-n", SWITCH, "link", "set", "bridge", "up")
        on.extend(Machine(number, folder) for number in (1, 2, 3))
        yield on
    finally:
        for machine in on:
            machine.off()
        call("ip", "netns", "delete", SWITCH)
