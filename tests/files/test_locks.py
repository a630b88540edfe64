"""Locks between processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from xai_cam.files.locks import locked

fcntl = pytest.importorskip("fcntl")


def test_another_waits_and_goes_on(tmp_path: Path) -> None:
    one, other = (os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT) for _ in range(2))
    with locked(one):
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with locked(other, wanted=False):
            pass
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(one)
    os.close(other)


def test_a_system_without_locks_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with locked(0):
        pass
