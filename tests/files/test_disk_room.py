"""Which errors tell of a full disk, and when a disk is one."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from xai_cam.errors import OutputError
from xai_cam.files.disk_room import MIN_BYTES, is_full, lacks_room


def test_errors_that_tell_of_a_full_disk() -> None:
    error = OutputError("Cannot write a.png.")
    assert not lacks_room(error) and not lacks_room(None)
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert lacks_room(error) and lacks_room(OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert not lacks_room(OSError(errno.EFBIG, "File too large"))


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def usage(folder: Path) -> SimpleNamespace:
        asked.append(folder)
        return SimpleNamespace(free=MIN_BYTES - len(asked))

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert is_full(tmp_path / "maps" / "cats") and asked == [tmp_path]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=MIN_BYTES))
    assert not is_full(tmp_path)


def test_a_disk_that_cannot_be_asked_counts_as_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", gone)
    assert is_full(tmp_path)
