"""Locks on open files: those of one process at a time, and none that outlive it."""

from __future__ import annotations

import errno
import os
import textwrap
from pathlib import Path

import pytest

from support.commands import fresh
from xai_cam.files.handle_locks import try_lock

fcntl = pytest.importorskip("fcntl")


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def test_one_has_it_until_the_file_is_closed(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "a")
    assert try_lock(first) is True and try_lock(second) is False and try_lock(second, shared=True) is False
    os.close(first)
    assert try_lock(second) is True
    os.close(second)


def test_those_that_share_it_have_it_together(tmp_path: Path) -> None:
    first, second, third = (opened(tmp_path / "a") for _ in range(3))
    assert try_lock(first, shared=True) is True and try_lock(second, shared=True) is True
    assert try_lock(third) is False
    for handle in (first, second):
        os.close(handle)
    assert try_lock(third) is True
    os.close(third)


def test_it_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    code = f"""
        import os, signal
        from xai_cam.files.handle_locks import try_lock
        print(try_lock(os.open({str(tmp_path / "a")!r}, os.O_RDWR | os.O_CREAT)), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert fresh("-c", textwrap.dedent(code)).stdout == "True\n"
    handle = opened(tmp_path / "a")
    assert try_lock(handle) is True
    os.close(handle)


def test_a_disk_without_locks_is_told_from_one_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    handle = opened(tmp_path / "a")
    monkeypatch.setattr(fcntl, "flock", unknown)
    assert try_lock(handle) is None
    os.close(handle)
