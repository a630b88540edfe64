"""Files that are made on this machine before they are in a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores.drafts import draft_of, on_disk
from xai_cam.files.stores.paths import StorePath

Upload = Callable[[Path, bytes], None]


@pytest.fixture
def uploaded() -> tuple[list[tuple[str, bytes]], Upload]:
    found: list[tuple[str, bytes]] = []
    return found, lambda path, data: found.append((str(path), data))


PLACE = StorePath("s3://bucket/rows.csv")


def test_a_file_of_a_disk_is_its_own_draft(tmp_path: Path, uploaded: tuple[list[object], Upload]) -> None:
    with draft_of(tmp_path / "rows.csv", uploaded[1]) as draft:
        assert draft == tmp_path / "rows.csv"
    assert not uploaded[0]


def test_what_was_written_is_uploaded_at_the_end(uploaded: tuple[list[object], Upload]) -> None:
    with draft_of(PLACE, uploaded[1]) as draft:
        assert draft.name == "rows.csv" and not draft.exists()
        draft.write_bytes(b"1")
        assert not uploaded[0]
    assert uploaded[0] == [(str(PLACE), b"1")] and not draft.exists()


def test_rows_of_an_interrupted_run_are_kept(uploaded: tuple[list[object], Upload]) -> None:
    with pytest.raises(KeyboardInterrupt), draft_of(PLACE, uploaded[1]) as draft:
        draft.write_bytes(b"1")
        raise KeyboardInterrupt
    assert uploaded[0] == [(str(PLACE), b"1")]


def test_what_an_error_left_empty_replaces_nothing(uploaded: tuple[list[object], Upload]) -> None:
    with pytest.raises(ValueError, match="no"), draft_of(PLACE, uploaded[1]) as draft:
        draft.write_bytes(b"")
        raise ValueError("no")
    assert not uploaded[0]


def test_what_is_there_is_added_to(s3: S3Server, uploaded: tuple[list[object], Upload]) -> None:
    s3.put("bucket/rows.csv", b"1")
    with draft_of(PLACE, uploaded[1], with_content=True) as draft:
        assert draft.read_bytes() == b"1"
    assert not uploaded[0]  # unchanged
    with draft_of(PLACE, uploaded[1], with_content=True) as draft:
        draft.write_bytes(draft.read_bytes() + b"2")
    assert uploaded[0] == [(str(PLACE), b"12")]


def test_an_object_as_a_file(s3: S3Server, tmp_path: Path) -> None:
    s3.put("bucket/rows.csv", b"1")
    with on_disk(PLACE) as path:
        assert not isinstance(path, StorePath) and path.read_bytes() == b"1" and path.suffix == ".csv"
    assert not path.exists()
    with on_disk(tmp_path) as path:
        assert path == tmp_path
