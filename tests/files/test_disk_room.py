"""Which errors tell of a full disk, and when a disk is one."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from xai_cam.errors import OutputError
from xai_cam.files.disk_room import MIN_BYTES, is_full, is_refused, is_unanswered, lacks_room
from xai_cam.files.stores.paths import StorePath


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


def test_errors_that_tell_of_a_store() -> None:
    url = "s3://bucket/a.png"
    error = OutputError("Cannot write it.")
    for number, refused, unanswered in (
        *((errno.EACCES, True, False), (errno.ENOENT, True, False), (errno.ENOSPC, True, False)),
        *((errno.EIO, False, True), (errno.EEXIST, False, False)),
    ):
        error.__cause__ = OSError(number, "so it is", url)
        assert (is_refused(error), is_unanswered(error)) == (refused, unanswered)
        assert not is_refused(error.__cause__), "of a picture"
        error.__cause__ = OSError(number, "so it is", "/maps/a.png")
        assert not is_refused(error) and not is_unanswered(error)
    assert not is_refused(None) and not is_unanswered(None)


def test_the_room_of_a_store_is_not_asked_for() -> None:
    assert not is_full(StorePath("s3://bucket/maps"))
