"""Outputs that a run is at, as other processes see it."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import clean_environment
from xai_cam.files import claims
from xai_cam.files.claims import NAME, Claims

fcntl = pytest.importorskip("fcntl")

OTHER = """
    import sys
    from pathlib import Path
    from xai_cam.files.claims import Claims

    claims = Claims()
    for line in sys.stdin:
        word, *names = line.split()
        paths = [Path(sys.argv[1]) / name for name in names]
        said = {"take": claims.take, "release": claims.release, "others": claims.were_others}
        print(said[word](paths) if word in said else claims.close(), flush=True)
"""


class Other:
    """Another process with claims."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(OTHER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )

    def ask(self, *words: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    process = Other(tmp_path)
    yield process
    process.kill()


def test_what_one_is_at_no_other_gets(tmp_path: Path, other: Other) -> None:
    claims, paths = Claims(), [tmp_path / name for name in "abc"]
    assert claims.take(paths[:2])
    assert not claims.were_others(paths)
    assert other.ask("take", "b") == "False" and other.ask("others", "b") == "True"
    assert other.ask("take", "c", "a") == "False", "all or none"
    assert claims.take([paths[2]]), "and none was kept"
    claims.release(paths)
    assert other.ask("take", "a", "b") == "True"
    assert not claims.take([paths[1]])
    claims.close()
    assert (tmp_path / NAME).exists(), "the other is still there"
    other.ask("close")
    assert list(tmp_path.iterdir()) == []


def test_the_claims_of_a_killed_process_are_nobodys(tmp_path: Path, other: Other) -> None:
    assert other.ask("take", "a") == "True"
    claims = Claims()
    assert not claims.tidy(tmp_path), "it is at work"
    assert not claims.take([tmp_path / "a"])
    other.kill()
    assert claims.take([tmp_path / "a"])
    claims.close()
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_leave_at_once_the_last_deletes_the_file(
    tmp_path: Path, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, plain = Claims(), claims._lock
    assert ours.take([tmp_path / "a"]) and other.ask("take", "b") == "True"

    def asked(handle: int, byte: int, shared: bool = False) -> bool:
        got = plain(handle, byte, shared)
        other.ask("close")
        return got

    monkeypatch.setattr(claims, "_lock", asked)
    ours.close()
    assert not (tmp_path / NAME).exists()


def test_what_a_killed_process_left_is_tidied(tmp_path: Path, other: Other) -> None:
    other.ask("take", "a")
    other.kill()
    assert (tmp_path / NAME).exists()
    assert Claims().tidy(tmp_path) and Claims().tidy(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_a_strangers_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("a diary", encoding="utf-8")
    one, two = Claims(), Claims()
    assert one.take([tmp_path / "a"]) and two.take([tmp_path / "a"])
    one.close()
    two.close()
    Claims().tidy(tmp_path)
    assert (tmp_path / NAME).read_text("utf-8") == "a diary"


def test_a_folder_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_here(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    claims = Claims()
    assert claims.take([tmp_path / "none" / "a"]), "it is not even there"
    monkeypatch.setattr(fcntl, "lockf", none_here)
    assert claims.take([tmp_path / "a"])
    claims.release([tmp_path / "a"])
    claims.close()
    assert list(tmp_path.iterdir()) == []
