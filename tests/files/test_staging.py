"""Files get their names when all of them are on the disk; Windows' refusals are waited for."""

from __future__ import annotations

import errno
import json
import os
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from support.commands import fresh
from xai_cam.errors import OutputError
from xai_cam.files import staging
from xai_cam.files.leftovers import complete
from xai_cam.files.own_folders import MARK, MARKED, NAME
from xai_cam.files.staging import NAMES, Staging, rename
from xai_cam.files.writing import write_together, write_whole


def test_what_is_written_there_is_gone_without_a_name(tmp_path: Path) -> None:
    with Staging(tmp_path) as place:
        (folder,) = tmp_path.iterdir()
        assert NAME.fullmatch(folder.name) and (folder / MARK).read_bytes() == MARKED
        one, other = place.write(b"one"), place.new(".json")
        other.write_bytes(b"other")
        place.name({one: tmp_path / "a"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"one"}


def test_all_are_flushed_before_the_first_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that other libraries wrote, too; and so is the list of the names."""
    log: list[str] = []
    flush, replace = os.fsync, os.replace

    def watch_flush(handle: int) -> None:
        log.append(f"flush {os.fstat(handle).st_size}")
        flush(handle)

    def watch_replace(source: Path, target: Path) -> None:
        log.append(f"name {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watch_flush)
    monkeypatch.setattr(os, "replace", watch_replace)
    write_whole(tmp_path / "a", b"12345")
    assert log == ["flush 5", "name a"]
    log.clear()
    with Staging(tmp_path) as place:
        by_others = place.new(".h5")
        by_others.write_bytes(b"123")
        place.name({place.write(b"1234567"): tmp_path / "b", by_others: tmp_path / "c"})
    listed = len(json.dumps({"names": {"1": "b", "0.h5": "c"}}))
    assert log == ["flush 7", "flush 3", f"flush {listed}", f"name {NAMES}", "name b", "name c"]


def test_a_disk_that_knows_of_no_flushing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    write_whole(tmp_path / "a", b"1")
    assert (tmp_path / "a").read_bytes() == b"1"


def test_a_disk_that_fails_in_flushing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"Input/output error\. Use another"):
        write_whole(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_room_is_asked_for_before_a_library_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Staging(tmp_path) as place:
        place.check_room(5000)
        assert [path.name for path in place.place.iterdir()] == [MARK]
        with pytest.raises(OSError, match=r"No space left|File too large"):
            place.check_room(1 << 60)
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
        place.check_room(5000)
        with pytest.raises(OSError, match="No space left"):
            place.check_room(1 << 60)
    assert list(tmp_path.iterdir()) == []


# --- Windows -----------------------------------------------------------------------------------------


class Scanner:
    """What has each file open for a number of tries, as a scanner for viruses; `number` is Windows' error."""

    def __init__(self, tries: int, number: int = 32) -> None:
        self.tries, self.number, self._replace = tries, number, os.replace

    def __call__(self, source: Any, target: Any) -> None:
        self.tries -= 1
        if self.tries >= 0:
            error = PermissionError(errno.EACCES, "The process cannot access the file", str(source))
            error.winerror = self.number  # type: ignore[attr-defined]
            error.filename2 = str(target)
            raise error
        self._replace(source, target)


def test_a_file_that_a_scanner_has_open_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", Scanner(4))
    write_whole(tmp_path / "a.png", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_one_that_stays_open_is_told_after_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the clean-up that is refused as well neither hides that nor ends in a traceback."""

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file", str(self))

    pauses: list[float] = []
    monkeypatch.setattr(os, "replace", Scanner(99))
    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(OutputError) as caught:
        write_whole(tmp_path / "a.png", b"new")
    assert 0.9 < sum(pauses) < 3
    assert caught.value.message == (
        f"Cannot write {tmp_path / 'a.png'}: The process cannot access the file. Use another `output`."
    )


def test_other_refusals_are_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(FileNotFoundError):
        rename(tmp_path / "none", tmp_path / "a")
    assert pauses == []


# --- Kills -------------------------------------------------------------------------------------------

KILLED = """
    import os, sys
    from pathlib import Path
    from xai_cam.files.writing import write_together

    folder, last, replace = Path(sys.argv[1]), int(sys.argv[2]), os.replace

    def kill(source, target):
        global last
        if not last:
            os._exit(9)
        last -= 1
        replace(source, target)

    os.replace = kill
    write_together([(folder / name, b"new " + name.encode()) for name in ("a", "b", "c")])
"""
NEW = {name: b"new " + name.encode() for name in ("a", "b", "c")}


def named(folder: Path) -> dict[str, bytes]:
    """The files that have a name, and what they hold."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not NAME.fullmatch(path.name)}


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks, which end with a process")
@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_a_kill_at_any_rename_leaves_the_old_set_or_what_completes_the_new_one(
    tmp_path: Path, renames: int
) -> None:
    old = dict.fromkeys(NEW, b"old")
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    done = fresh("-c", textwrap.dedent(KILLED), tmp_path, renames)
    assert done.returncode == 9, done.stderr
    mixed = {**old, **dict(list(NEW.items())[: max(0, renames - 1)])}
    assert named(tmp_path) == mixed
    assert complete([tmp_path / name for name in NEW]) is (renames > 0)
    assert named(tmp_path) == (NEW if renames else old)
    write_together([(tmp_path / name, b"again") for name in NEW])
    assert named(tmp_path) == dict.fromkeys(NEW, b"again")
    assert len(list(tmp_path.iterdir())) == (3 if renames else 4), "what has no list waits for its hour"


def test_other_files_complete_nothing(tmp_path: Path) -> None:
    fresh("-c", textwrap.dedent(KILLED), tmp_path, 2)
    before = named(tmp_path)
    for names in ("a", "b"), ("a", "b", "c", "d"), ("x",):
        assert not complete([tmp_path / name for name in names])
    assert named(tmp_path) == before == {"a": NEW["a"]}


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def look(source: Path, target: Path) -> None:
        seen.append(complete([tmp_path / "a", tmp_path / "b"]))
        os.rename(source, target)

    monkeypatch.setattr(staging, "rename", look)
    write_together([(tmp_path / "a", b"1"), (tmp_path / "b", b"2")])
    assert seen == [False, False] and sorted(named(tmp_path)) == ["a", "b"]
