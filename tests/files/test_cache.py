"""The cache of what engines make of models: bounded, whole or not at all, and no user's trouble."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

import pytest

from support.commands import clean_environment
from support.systems import refusing
from xai_cam.files.cache import Cache, cache_folder


def put(cache: Cache, key: str, size: int = 10, used: float | None = None) -> Path | None:
    """Keep an entry of so many bytes, and let it have been used last at a time."""
    entry = cache.keep(key, lambda folder: [(folder / "data").write_bytes(bytes(size))].clear())
    if entry and used is not None:
        os.utime(entry, (used, used))
    return entry


def kept(cache: Cache) -> set[str]:
    """Names of all that lies in the folder, hidden or not."""
    return {entry.name for entry in cache.folder.iterdir()}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "made" / "as needed", most_bytes=100)


def test_what_is_kept_is_found_again(cache: Cache) -> None:
    assert cache.find("a") is None and cache.size() == 0
    entry = put(cache, "a", 7)
    assert entry is not None and entry.parent == cache.folder
    assert (entry / "data").read_bytes() == bytes(7)
    again = Cache(cache.folder)
    assert again.find("a") == entry and again.size() == 7
    again.drop("a")
    assert cache.find("a") is None and kept(cache) == set()
    cache.drop("a")  # it is gone, which is all that was wanted


def test_what_was_not_used_for_longest_goes_first(cache: Cache) -> None:
    for used, key in enumerate("abc", 1000):
        put(cache, key, 30, used)
    assert kept(cache) == set("abc") and cache.size() == 90
    cache.find("a")  # used now
    put(cache, "d", 30)
    assert kept(cache) == set("acd"), "b was the oldest"
    put(cache, "e", 80)
    assert kept(cache) == {"e"}
    assert put(cache, "too large", 101) is None
    assert kept(cache) == {"e"}, "nothing goes for what cannot be kept"


def test_the_bound_itself_is_allowed(cache: Cache) -> None:
    assert put(cache, "a", 100) is not None
    assert cache.size() == 100


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left"), RuntimeError("Can't open bin file.")]
)
def test_a_full_disk_leaves_nothing(cache: Cache, error: Exception) -> None:
    def write(folder: Path) -> NoReturn:
        (folder / "data").write_bytes(b"half of")
        raise error

    assert cache.keep("a", write) is None
    assert cache.find("a") is None and kept(cache) == set()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_a_writer_that_is_broken_off_leaves_nothing(cache: Cache, stop: type[BaseException]) -> None:
    """Its error is not the cache's to hide."""

    def write(folder: Path) -> NoReturn:
        (folder / "data").write_bytes(b"half of")
        raise stop

    with pytest.raises(stop):
        cache.keep("a", write)
    assert kept(cache) == set()


KILLED = """
    import os, sys
    from pathlib import Path
    from xai_cam.files.cache import Cache

    def write(folder):
        (folder / "data").write_bytes(bytes(40))
        os._exit(9)

    Cache(Path(sys.argv[1]), 100).keep("a", write)
"""


def test_what_a_killed_process_left_is_not_found_and_goes_in_time(cache: Cache) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(cache.folder)]
    done = subprocess.run(command, env=clean_environment(), timeout=60, check=False)
    (left,) = cache.folder.iterdir()
    assert done.returncode == 9 and cache.find("a") is None
    os.utime(left, (1000, 1000))
    put(cache, "b", 60)
    assert left.exists(), "there is still room for it"
    put(cache, "c", 40)
    assert kept(cache) == {"b", "c"}


RACE = """
    import sys
    from pathlib import Path
    from xai_cam.files.cache import Cache

    cache, own = Cache(Path(sys.argv[1]), 2500), sys.argv[2]
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(60):
        key = str(number % 4)
        entry = cache.find(key) or cache.keep(key, lambda folder: (folder / "data").write_text(
            key * 1000, encoding="utf-8"
        ))
        try:
            text = entry and (entry / "data").read_text(encoding="utf-8")
        except FileNotFoundError:  # the other made room
            text = None
        assert text in (None, key * 1000), (key, text)
        if number % 5 == 0:
            cache.drop(key)
    print("well", flush=True)
"""


def test_two_processes_at_once(cache: Cache) -> None:
    """What either finds is whole; room for two of four entries makes them throw out each other's."""
    command = [sys.executable, "-c", textwrap.dedent(RACE), str(cache.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([*command, name], env=clean_environment(), **pipes) for name in "ab"]  # type: ignore[call-overload]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        out, err = process.communicate(timeout=60)
        assert (out, process.returncode) == ("well\n", 0), err
    assert kept(cache) <= set("0123") and cache.size() <= 2500


def test_an_entry_of_another_process_stands(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both make the same, where there are no locks; the second finds the first one's when it is ready."""
    monkeypatch.setattr("xai_cam.files.cache.try_lock", lambda handle: None)

    def write(folder: Path) -> None:
        put(cache, "a", 3)
        (folder / "data").write_bytes(bytes(5))

    entry = cache.keep("a", write)
    assert entry is not None and (entry / "data").read_bytes() == bytes(3)
    assert kept(cache) == {"a"}


def test_nothing_is_kept_where_a_folder_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none/such")):
        cache = Cache(folder)
        assert put(cache, "a") is None
        assert cache.find("a") is None and cache.size() == 0
        cache.drop("a")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "a file"


def test_nothing_is_kept_where_nothing_may_be_written(tmp_path: Path) -> None:
    with refusing(tmp_path):
        assert put(Cache(tmp_path / "cache"), "a") is None


def test_a_file_in_the_place_of_an_entry_is_no_entry(cache: Cache) -> None:
    put(cache, "b")
    (cache.folder / "a").write_text("a file", encoding="utf-8")
    assert cache.find("a") is None
    cache.keep("a", lambda folder: [(folder / "data").write_bytes(b"1")].clear())
    assert kept(cache) <= {"a", "b"}


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the rules of freedesktop.org, a relative path in the variable does not count."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere" / "xai-cam"
    for useless in ("", "relative", "./relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", useless)
        assert cache_folder() == tmp_path / ".cache" / "xai-cam"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "xai-cam"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container, by a number that stands for nobody: nothing is kept, and nothing fails."""
    pwd = pytest.importorskip("pwd", reason="Windows knows every user's home")

    def nobody(uid: int) -> NoReturn:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    cache = Cache()
    assert put(cache, "a") is None and cache.find("a") is None and cache.size() == 0
    assert list(tmp_path.iterdir()) == [], "no folder of the name ~ in the current one"


def test_another_system_has_its_own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `~/Library/Caches/xai-cam`; what the variable names still comes first."""

    def place(name: str, *, appauthor: bool) -> Path:
        assert not appauthor, "Windows would have a folder of the author around it"
        return tmp_path / "Library" / "Caches" / name

    monkeypatch.setattr("platformdirs.user_cache_path", place)
    assert cache_folder() == Path(os.environ["XDG_CACHE_HOME"]) / "xai-cam"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "xai-cam"


def test_only_its_user_may_look_into_it(cache: Cache) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such bits")
    entry = put(cache, "a")
    assert entry is not None
    assert cache.folder.stat().st_mode & 0o077 == 0
