"""A Ray cluster on this machine for several commands, its workers by their processes, and the commands."""

from __future__ import annotations

import csv
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.commands import clean_environment

STARTING = """
import sys, ray
ray.init("local", num_cpus=int(sys.argv[1]), include_dashboard=False, log_to_driver=False,
         logging_level="CRITICAL", object_store_memory=100 * 2**20, _node_ip_address="127.0.0.1")
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""
"""Starts a cluster, tells its address, and ends with its standard input."""

TOKEN = secrets.token_hex(32)
"""What lets commands of these tests in, and nobody else."""

ATTEMPTS = 3
"""A machine that is busy takes longer to start Ray than it waits."""


class Cluster:
    """A cluster whose processes are below one of its own."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address = process, address

    def workers(self) -> list[int]:
        """The numbers of the processes in which workers of xai-cam are at something."""
        return [number for number in below(self.process.pid) if "RayWorker" in title_of(number)]


@contextmanager
def cluster(workers: int) -> Iterator[Cluster]:
    """A cluster for so many workers of one core."""
    for _ in range(ATTEMPTS):
        process = subprocess.Popen(
            [sys.executable, "-c", STARTING, str(workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        assert process.stdin is not None and process.stdout is not None
        address = process.stdout.readline().strip()
        if address:
            break
        process.wait()
    try:
        assert address, "Ray does not start"
        yield Cluster(process, address)
    finally:
        process.stdin.close()
        try:
            process.wait(600)
        finally:
            process.kill()
        process.stdout.close()


def environment(**more: str) -> dict[str, str]:
    """That of a command on a cluster: modules of the tests can be imported, and Ray is quiet."""
    made = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    return clean_environment(**made, **more)


def command(
    *words: object, program: tuple[str, str] = ("-m", "xai_cam"), **options: Any
) -> subprocess.Popen[str]:
    """`xai-cam WORDS`, begun."""
    options.setdefault("env", environment())
    line = [sys.executable, *program, *map(str, words)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def ended(process: subprocess.Popen[str], seconds: float = 600) -> tuple[int, str, str]:
    """Its exit code and what it has printed."""
    stdout, stderr = process.communicate(timeout=seconds)
    return process.returncode, stdout, stderr


def wait_for(what: Any, seconds: float = 600) -> Any:
    """What a function returns when that is true for the first time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    raise TimeoutError


def below(number: int) -> list[int]:
    """All processes that a process has started, and those that they have."""
    parents = {int(path.name): parent_of(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found, new = set[int](), {number}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return sorted(found)


def parent_of(folder: Path) -> int:
    """The process that has started one; 0 where it is no more."""
    try:
        return int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def title_of(number: int) -> str:
    """What a process calls itself."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def rows_of(path: Path) -> list[dict[str, str]]:
    """A table without the seconds that each row took."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {os.fspath(path.relative_to(folder)): path.read_bytes() for path in paths}


def whole_files(folder: Path) -> dict[str, bytes]:
    """All but what killed workers were at, which keeps its temporary name for an hour, as after any kill."""
    return {name: data for name, data in contents(folder).items() if ".xai-cam-" not in name}
