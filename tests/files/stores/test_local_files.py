"""What is fetched goes to this machine, which has rules of its own, and may be full."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest

from support.s3_server import S3Server
from support.systems import device
from xai_cam.errors import OutputError
from xai_cam.files.stores.local_files import get_file, not_taken, place_in
from xai_cam.files.stores.store import Store, store_of


@pytest.mark.parametrize(
    "name", [r"m/..\..\evil.py", r"C:\evil.py", "C:evil.py", r"\\host\share\e", r"\evil"]
)
def test_a_name_that_leaves_the_folder_on_windows(name: str) -> None:
    with pytest.raises(OSError, match="cannot be that of a file on this system"):
        place_in(PureWindowsPath(r"C:\Temp"), name)
    assert place_in(PurePosixPath("/tmp"), name) == PurePosixPath("/tmp", name)


def test_a_name_within_the_folder() -> None:
    assert place_in(PureWindowsPath(r"C:\Temp"), "m/a..b/c.pb") == PureWindowsPath(r"C:\Temp\m\a..b\c.pb")
    for name in ("../evil.py", "m/../../evil.py", "/evil.py"):
        with pytest.raises(OSError, match="cannot be that of a file"):
            place_in(PurePosixPath("/tmp"), name)


class Failing:
    """A library that fails so."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_file(self, *_: Any) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("number", "helps"), [(errno.ENOSPC, "Free space there"), (errno.EMFILE, "Let it open more files")]
)
def test_what_this_machine_does_not_take(tmp_path: Path, number: int, helps: str) -> None:
    failing = Failing(OSError(number, os.strerror(number)))
    with pytest.raises(OutputError) as caught:
        get_file(failing, "bucket/a", tmp_path / "a")
    start = f"Cannot write to {tmp_path}, for what is fetched from a store: {os.strerror(number)}."
    assert caught.value.message == f"{start} {helps}."


def test_what_helps_where_it_is_neither_of_these() -> None:
    error = not_taken(Path("/tmp"), PermissionError(errno.EACCES, "Permission denied"))
    assert error.message == (
        "Cannot write to /tmp, for what is fetched from a store: Permission denied. "
        "Mend that, or name another by the variable TMPDIR."
    )
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.folder) == (error.message, Path("/tmp")), "a worker sends it"


def test_an_answer_of_the_store_is_not_of_this_machine(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, "full")
    error.status = 507  # type: ignore[attr-defined]
    for one in (error, ConnectionResetError(errno.ECONNRESET, "reset")):
        with pytest.raises(OSError, match=r"full|reset") as caught:
            get_file(Failing(one), "bucket/a", tmp_path / "a")
        assert caught.value is one


def test_a_full_disk_is_not_blamed_on_the_store(s3: S3Server) -> None:
    full = device("/dev/full")
    s3.put("bucket/model.keras", b"1" * 100_000)
    with pytest.raises(OutputError, match="Cannot write to /dev, for what is fetched"):
        store_of("s3", "bucket").fetch("bucket/model.keras", full)
    assert s3.count("GET") == 1, "another attempt does not help"


def change_after_fetches(monkeypatch: pytest.MonkeyPatch, s3: S3Server, times: int) -> None:
    """What is fetched is replaced behind each fetch, so many times."""
    left = iter(range(times))

    def changing(files: Any, place: str, file: Path) -> None:
        get_file(files, place, file)
        if (number := next(left, None)) is not None:
            s3.put(place, f"version {number}".encode())

    monkeypatch.setattr("xai_cam.files.stores.store.get_file", changing)


def test_pieces_of_two_versions_are_fetched_again(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("bucket/rows.csv", b"1")
    change_after_fetches(monkeypatch, s3, 2)
    store: Store = store_of("s3", "bucket")
    listed = store.fetch("bucket/rows.csv", tmp_path / "rows.csv")
    found = store.look("bucket/rows.csv")
    assert (tmp_path / "rows.csv").read_bytes() == b"version 1" and found is not None
    assert listed == found.listed and s3.count("GET", "rows.csv") == 3
    change_after_fetches(monkeypatch, s3, 3)
    with pytest.raises(OSError, match="replaced each time while it was fetched"):
        store.fetch("bucket/rows.csv", tmp_path / "rows.csv")


def test_what_was_listed_costs_one_question(s3: S3Server, tmp_path: Path) -> None:
    s3.put("bucket/rows.csv", b"1")
    store: Store = store_of("s3", "bucket")
    listed = store.fetch("bucket/rows.csv", tmp_path / "rows.csv")
    s3.forget()
    store.fetch("bucket/rows.csv", tmp_path / "rows.csv", listed)
    assert s3.asked == ["GET /bucket/rows.csv", "HEAD /bucket/rows.csv"]
