"""The cache is this user's own or is not used, and nothing but what it made is ever counted or deleted."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from support.commands import clean_environment, run
from support.systems import link
from xai_cam.files import cache as module
from xai_cam.files.cache import BEGUN, DROPPED, MARK, MARKED, Cache

posix = pytest.mark.skipif(os.name == "nt", reason="no links, owners and permissions of this kind")


def put(cache: Cache, key: str, size: int = 10, expected: int = 0) -> Path | None:
    """Keep an entry of so many bytes."""
    return cache.keep(key, lambda folder: [(folder / "data").write_bytes(bytes(size))].clear(), expected)


def photos(folder: Path) -> dict[Path, bytes]:
    """Somebody's files, far more than the cache may hold."""
    (folder / "holidays").mkdir(parents=True)
    for name in ("holidays/1.jpg", "holidays/2.jpg", "cat.jpg"):
        (folder / name).write_bytes(bytes(90))
        os.utime(folder / name, (1000, 1000))
    os.utime(folder / "holidays", (1000, 1000))
    return files(folder)


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@posix
def test_a_link_to_somebodys_photos_is_not_used(tmp_path: Path) -> None:
    before = photos(tmp_path / "victim")
    link(tmp_path / "xai-cam", tmp_path / "victim")
    cache = Cache(tmp_path / "xai-cam", most_bytes=100)
    for key in "abc":
        assert put(cache, key, 60) is None and cache.find(key) is None
    cache.drop("holidays")
    assert cache.size() == 0 and cache.problem == "it is a link, or no folder"
    assert files(tmp_path / "victim") == before


def test_somebodys_own_folder_of_that_name_keeps_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "xai-cam"
    folder.mkdir(mode=0o700)
    before = photos(folder)
    cache = Cache(folder, most_bytes=100)
    for key in "abc":
        assert put(cache, key, 60) is not None
    assert cache.size() == 60, "what is not ours does not count"
    for key in ("holidays", "cat.jpg", "..", ".", "", "../xai-cam", "holidays/1.jpg"):
        assert cache.find(key) is None and put(cache, key) is None
        cache.drop(key)
    assert {path: data for path, data in files(folder).items() if path in before} == before


@posix
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o777])
def test_a_folder_that_others_may_use_is_not_used(tmp_path: Path, mode: int) -> None:
    cache = Cache(tmp_path / "xai-cam")
    assert put(cache, "a") is not None
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    cache.folder.chmod(mode)
    assert put(cache, "b") is None and cache.find("a") is None and cache.size() == 0
    assert "chmod 700" in cache.problem
    cache.folder.chmod(0o700)
    assert cache.find("a") is not None and cache.find("b") is None


@posix
def test_a_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a program that runs as another user, or as root, with this one's home."""
    cache = Cache(tmp_path / "xai-cam")
    assert put(cache, "a") is not None
    monkeypatch.setattr(os, "geteuid", lambda: cache.folder.stat().st_uid + 1)
    assert put(cache, "b") is None and cache.find("a") is None
    assert cache.problem == "it belongs to another user"


@posix
def test_an_entry_that_is_a_link_or_holds_one_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "xai-cam", most_bytes=100)
    entry = put(cache, "a")
    assert entry is not None
    before = photos(tmp_path / "victim")
    (tmp_path / "victim" / MARK).write_bytes(MARKED)
    link(cache.folder / "link", tmp_path / "victim")
    link(entry / "more", tmp_path / "victim" / "cat.jpg")
    assert cache.find("link") is None and cache.find("a") is None
    cache.drop("link")
    put(cache, "b", 100)
    assert before.items() <= files(tmp_path / "victim").items() and entry.exists()


def test_remains_of_killed_processes_go_and_those_of_running_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path / "xai-cam", most_bytes=100)
    put(cache, "a", 30)
    for name in (f"{BEGUN}old", f"{BEGUN}young", f"{DROPPED}half"):
        (cache.folder / name).mkdir()
        (cache.folder / name / MARK).write_bytes(MARKED)
        (cache.folder / name / "data").write_bytes(bytes(20))
    then = time.time() - 4000
    for path in (cache.folder / f"{BEGUN}old").iterdir():
        os.utime(path, (then, then))
    os.utime(cache.folder / f"{BEGUN}old", (then, then))
    monkeypatch.setattr(module, "try_lock", lambda handle: None)  # as on a disk without locks
    put(cache, "b", 60)
    assert {path.name for path in cache.folder.iterdir()} == {"b", f"{BEGUN}young"}
    monkeypatch.undo()
    put(cache, "c", 90)
    assert {path.name for path in cache.folder.iterdir()} == {"c"}


def test_the_bound_holds_while_an_entry_is_written(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "xai-cam", most_bytes=100)
    put(cache, "a", 50)
    put(cache, "b", 50)
    held: list[int] = []

    def write(folder: Path) -> None:
        (folder / "data").write_bytes(bytes(80))
        held.append(sum(len(data) for path, data in files(cache.folder).items() if path.name != MARK))

    assert cache.keep("c", write, expected=80) is not None
    assert held == [80] and cache.size() == 80


def test_a_mapped_entry_is_dropped_whole_or_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows renames no folder in which a file is mapped."""
    cache = Cache(tmp_path / "xai-cam", most_bytes=100)
    entry = put(cache, "a", 60)
    assert entry is not None

    def refuse(self: Path, target: Path) -> None:
        if self == entry:
            raise PermissionError(13, "The process cannot access the file")
        os.rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    cache.drop("a")
    put(cache, "b", 30)
    put(cache, "c", 40)
    assert cache.find("a") == entry and (entry / "data").read_bytes() == bytes(60)
    assert cache.find("b") is None, "what could not be deleted still counts"
    assert cache.size() == 100
    monkeypatch.undo()
    cache.drop("a")
    assert cache.find("a") is None and {path.name for path in cache.folder.iterdir()} == {"c"}


FILL = """
    import sys
    from pathlib import Path
    from xai_cam.files.cache import Cache

    cache, own = Cache(Path(sys.argv[1]), 10_000), sys.argv[2]
    sys.stdin.readline()
    def write(folder):
        (folder / "data").write_bytes(bytes(3000))
        held = sum(file.lstat().st_size for file in cache.folder.glob("*/data"))
        assert held <= 10_000, held

    for number in range(40):
        cache.keep(f"{own}{number}", write, 3000)
    print("well", flush=True)
"""


@posix
def test_two_processes_that_fill_one_keep_to_its_bound(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(FILL), str(tmp_path / "xai-cam")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [subprocess.Popen([*command, name], env=clean_environment(), **pipes) for name in "ab"]  # type: ignore[call-overload]
    for process in both:
        out, err = process.communicate(b"go\n", timeout=60)
        assert (out, process.returncode) == (b"well\n", 0), err
    assert Cache(tmp_path / "xai-cam", 10_000).size() == 9000


def test_a_folder_that_takes_nothing_answers_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under an access list of Windows, where `tempfile` tries two thousand million names."""
    calls: list[object] = []

    def refuse(path: object, mode: int = 0o777, **_: object) -> None:
        calls.append(path)
        raise PermissionError(13, "Access is denied")

    cache = Cache(tmp_path / "xai-cam")
    put(cache, "a")
    monkeypatch.setattr(os, "mkdir", refuse)
    assert put(cache, "b") is None
    assert len(calls) <= 2


@posix
def test_doctor_says_why_it_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "victim").mkdir()
    link(tmp_path / "xai-cam", tmp_path / "victim")
    said = run("doctor").stdout
    assert "not used: it is a link, or no folder" in " ".join(said.split())
