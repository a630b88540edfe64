"""Folders of a process: what tells that they are its own, and what is left when it leaves them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from support.systems import link
from xai_cam.files.handle_locks import try_lock
from xai_cam.files.own_folders import MARK, MARKED, NAME, PROCESS, OwnFolder, delete


def test_it_is_named_after_the_process_marked_and_locked(tmp_path: Path) -> None:
    own, other = OwnFolder(tmp_path), OwnFolder(tmp_path)
    for one in (own, other):
        one.make()
    found = NAME.fullmatch(own.place.name)
    assert found is not None and found[1] == PROCESS and own.place != other.place
    assert (own.place / MARK).read_bytes() == MARKED
    assert own.place.stat().st_mode & 0o777 == 0o700 or os.name == "nt"
    handle = os.open(own.place / MARK, os.O_RDWR)
    assert try_lock(handle) is not True
    own.leave()
    other.leave()
    assert try_lock(handle) is not False and not list(tmp_path.iterdir())
    os.close(handle)


def test_what_is_left_in_it_has_no_mark_so_that_nobody_deletes_it(tmp_path: Path) -> None:
    own = OwnFolder(tmp_path)
    own.make()
    (own.place / "rows.csv").write_bytes(b"1")
    own.leave()
    assert [path.name for path in own.place.iterdir()] == ["rows.csv"]


def test_nothing_stays_where_it_cannot_be_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        OwnFolder(tmp_path).make()
    assert not list(tmp_path.iterdir())


def test_a_link_is_deleted_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "kept" / "below").mkdir(parents=True)
    (tmp_path / "folder" / "below").mkdir(parents=True)
    link(tmp_path / "folder" / "inner", tmp_path / "kept")
    link(tmp_path / "link", tmp_path / "kept")
    for name in ("folder", "link", "none"):
        delete(tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["below", "kept"]
