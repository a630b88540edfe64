"""Files that are read: what is no regular file is told by its kind, at once, and never opened."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.s3_server import S3Server
from support.systems import link, pipe
from xai_cam.files.regular import (
    NotRegularError,
    check_regular,
    kind_of,
    open_regular,
    read_at_most,
    why_unreadable,
)
from xai_cam.files.stores.paths import StorePath

SOON = 5


def bound_socket(path: Path) -> None:
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("no sockets with names")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def device(path: Path) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("no /dev/zero")
    link(path, "/dev/zero")


SPECIAL = [("a pipe", pipe), ("a socket", bound_socket), ("a device", device), ("a folder", Path.mkdir)]


@pytest.fixture
def in_time() -> Iterator[None]:
    """Whoever waits at a pipe is let go with an error of its own."""
    timer = threading.Timer(SOON, os._exit, [99])
    timer.start()
    yield
    timer.cancel()


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize(("kind", "make"), SPECIAL, ids=[kind for kind, _ in SPECIAL])
@pytest.mark.parametrize("opens", [open_regular, check_regular])
def test_what_is_no_regular_file(
    kind: str,
    make: Callable[[Path], None],
    opens: Callable[[Path], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    path = Path("x.png")
    make(path)

    def refuse(*_: object) -> int:
        raise AssertionError("it was opened")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(NotRegularError) as caught:
        opens(path)
    assert caught.value.kind == kind
    assert why_unreadable(path, caught.value) == f"it cannot be read, because it is {kind}"


@pytest.mark.usefixtures("in_time")
def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe(tmp_path / "x.png")
    monkeypatch.setattr("xai_cam.files.regular.check_regular", lambda _: None)
    with pytest.raises(NotRegularError):
        open_regular(tmp_path / "x.png")


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"pixels")
    link(tmp_path / "b.png", "a.png")
    for name in ("a.png", "b.png"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"pixels"
        assert check_regular(tmp_path / name).st_size == 6


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (None, "there is no such file"),
        ("nowhere.png", "it is a link to a file that does not exist"),
        ("x.png", "it is a link that leads back to itself"),
    ],
)
def test_what_leads_nowhere(target: str | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    if target:
        link(path, target)
    with pytest.raises(OSError, match="Errno") as caught:
        open_regular(path)
    assert why_unreadable(path, caught.value) == reason


def test_what_may_not_be_read() -> None:
    error = PermissionError(13, "Permission denied", "x.png")
    assert why_unreadable("x.png", error) == "the file cannot be read (Permission denied)"


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Errno") as caught:
        open_regular(tmp_path / ("x" * 300))
    assert why_unreadable("x", caught.value) == "there is no such file"


def test_kinds() -> None:
    assert kind_of(stat.S_IFREG | 0o644) == "" and kind_of(0) == "something special"


def test_no_more_of_a_file_is_read_than_it_may_have(tmp_path: Path, s3: S3Server) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    s3.put("bucket/a", b"12345")
    s3.put("bucket/empty", b"")
    for path in (tmp_path / "a", StorePath("s3:", "bucket/a")):
        assert read_at_most(path, 3) == b"123" and read_at_most(path, 9) == b"12345"
    assert read_at_most(StorePath("s3:", "bucket/empty"), 9) == b""
    with pytest.raises(FileNotFoundError):
        read_at_most(StorePath("s3:", "bucket/no"), 9)
