"""Locks between processes."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.commands import clean_environment
from support.systems import link, posix
from xai_cam.errors import OutputError
from xai_cam.files.handle_locks import try_lock
from xai_cam.files.locks import NAME, folder_locked, held, locked, read_about

fcntl = pytest.importorskip("fcntl")

HOLD = """
    import sys
    from pathlib import Path
    from xai_cam.files.locks import held

    with held(Path(sys.argv[1]), shared=sys.argv[2] == "shared"):
        print("ready", flush=True)
        sys.stdin.readline()
"""


class Other:
    """Another process, which has a file until it is told to end."""

    def __init__(self, path: Path, how: str = "alone") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLD), str(path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean_environment(),
        )
        assert self.process.stdout is not None and self.process.stdout.readline() == b"ready\n"

    def end(self, killed: bool = False) -> None:
        if killed:
            self.process.kill()
        self.process.communicate(b"\n", timeout=30)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Path]:
    """Where a table is to go; no lock file is left beside it."""
    yield tmp_path / "rows.csv"
    assert not list(tmp_path.glob(".xai-cam-*"))


def test_another_waits_and_goes_on(tmp_path: Path) -> None:
    one, other = (os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT) for _ in range(2))
    with locked(one):
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with locked(other, wanted=False):
            pass
        assert try_lock(other) is False
    assert try_lock(other) is True
    os.close(one)
    os.close(other)


def test_a_system_without_locks_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with locked(0):
        pass


def test_a_disk_without_locks_goes_on(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_here(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none_here)
    with held(table), held(table):
        pass


def test_who_has_a_file_is_named(table: Path) -> None:
    other = Other(table)
    with pytest.raises(OutputError) as caught, held(table, "`results`"):
        pass
    message = caught.value.message
    assert message.startswith(
        f"{table} is being written by another run (process {other.process.pid}, since 20"
    )
    assert message.endswith("Wait for it, or name another `results`.")
    other.end()
    with held(table):
        (lock,) = table.parent.glob(".xai-cam-*")
        assert NAME.fullmatch(lock.name)
        facts = read_about(lock)
        assert facts is not None
        assert (facts["file"], facts["process"], facts["host"]) == (
            "rows.csv",
            os.getpid(),
            socket.gethostname(),
        )


def test_the_lock_of_a_killed_run_keeps_nobody_out(table: Path) -> None:
    Other(table).end(killed=True)
    assert len(list(table.parent.glob(".xai-cam-*"))) == 1
    with held(table):
        pass


def test_those_that_share_keep_out_one_that_does_not(table: Path) -> None:
    other = Other(table, "shared")
    with held(table, shared=True):
        pass
    with pytest.raises(OutputError), held(table):
        pass
    other.end()
    with held(table):
        pass


def test_other_names_of_one_file_are_one(table: Path) -> None:
    link(table.parent / "link.csv", table)
    with held(table), pytest.raises(OutputError), held(table.parent / "link.csv"):
        pass
    with held(table), held(table.with_name("other.csv")):
        pass


@pytest.mark.parametrize("name", ["/dev/null", "/proc/none/such", "/none/such/rows.csv"])
def test_what_is_no_file_is_not_held(name: str) -> None:
    with held(Path(name)), held(Path(name)), held(None):
        pass
    assert not list(Path("/dev").glob(".xai-cam*"))


def test_a_strangers_file_in_the_place_of_a_lock_stays(tmp_path: Path) -> None:
    with held(tmp_path / "rows.csv"):
        (lock,) = tmp_path.iterdir()
    lock.write_text("a diary", encoding="utf-8")
    with held(tmp_path / "rows.csv"):
        pass
    assert lock.read_text("utf-8") == "a diary"
    lock.unlink()
    (tmp_path / "diary").write_text("a diary", encoding="utf-8")
    link(lock, tmp_path / "diary")
    with held(tmp_path / "rows.csv"):
        pass
    assert (tmp_path / "diary").read_text("utf-8") == "a diary"


@posix
def test_a_folder_lets_one_in_after_the_other(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def enter(_: int) -> None:
        with folder_locked(tmp_path):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            inside[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter, range(4)))
    assert most == [1]


def test_a_folder_that_cannot_be_opened_is_not_locked(tmp_path: Path) -> None:
    with folder_locked(tmp_path / "none"):
        assert not (tmp_path / "none").exists()
