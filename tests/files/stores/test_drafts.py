"""Files that are made on this machine before they are in a store."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from support.s3_server import S3Server
from xai_cam.errors import OutputError
from xai_cam.files.stores.drafts import draft_of, on_disk
from xai_cam.files.stores.paths import StorePath

PLACE, KEY = StorePath("s3://bucket/rows.csv"), "bucket/rows.csv"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that drafts are in."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_file_of_a_disk_is_its_own_draft(tmp_path: Path) -> None:
    with draft_of(tmp_path / "rows.csv") as draft:
        assert draft == tmp_path / "rows.csv"


def test_what_was_written_is_uploaded_at_the_end(s3: S3Server, temporary: Path) -> None:
    with draft_of(PLACE) as draft:
        assert draft.name == "rows.csv" and not draft.exists()
        draft.write_bytes(b"1")
        assert s3.get(KEY) == b""
    assert s3.get(KEY) == b"1" and not list(temporary.iterdir())


def test_rows_of_an_interrupted_run_are_kept(s3: S3Server) -> None:
    with pytest.raises(KeyboardInterrupt), draft_of(PLACE) as draft:
        draft.write_bytes(b"1")
        raise KeyboardInterrupt
    assert s3.get(KEY) == b"1"


def test_what_an_error_left_empty_replaces_nothing(s3: S3Server, temporary: Path) -> None:
    s3.put(KEY, b"1")
    with pytest.raises(ValueError, match="no"), draft_of(PLACE) as draft:
        draft.write_bytes(b"")
        raise ValueError("no")
    assert s3.get(KEY) == b"1" and not list(temporary.iterdir())


def test_what_is_there_is_added_to(s3: S3Server) -> None:
    s3.put(KEY, b"1")
    with draft_of(PLACE, with_content=True) as draft:
        assert draft.read_bytes() == b"1"
    s3.forget()
    with draft_of(PLACE, with_content=True) as draft:
        draft.write_bytes(draft.read_bytes() + b"2")
    assert s3.get(KEY) == b"12" and s3.count("PUT") == 2


def test_that_one_may_not_write_is_said_before_any_work(s3: S3Server, temporary: Path) -> None:
    s3.put(KEY, b"1")
    s3.fail("403", "PUT", times=99)
    said = r"Cannot write s3://bucket/rows.csv: the store refuses it"
    with pytest.raises(OutputError, match=said), draft_of(PLACE):
        raise AssertionError("work was done")
    assert s3.get(KEY) == b"1" and not list(temporary.iterdir())


def test_what_may_be_written_but_not_read(s3: S3Server) -> None:
    s3.fail("403", "HEAD", times=99)
    s3.fail("403", "LIST", times=99)
    with draft_of(PLACE) as draft:
        draft.write_bytes(b"1")
    assert s3.get(KEY) == b"1"
    with pytest.raises(OutputError, match="refuses it"), draft_of(PLACE, with_content=True):
        raise AssertionError("work was done")


def test_what_cannot_be_uploaded_is_kept_and_named(s3: S3Server) -> None:
    with pytest.raises(OutputError, match="at last by its answer 503") as caught, draft_of(PLACE) as draft:
        draft.write_bytes(b"1")
        s3.fail("503", "PUT", times=99)
    named = re.search(r"is in (\S+)\. Use another", str(caught.value))
    assert named is not None and Path(named[1]).read_bytes() == b"1"


@pytest.mark.parametrize("with_content", [False, True])
def test_what_another_run_wrote_meanwhile_is_not_replaced(s3: S3Server, with_content: bool) -> None:
    s3.put(KEY, b"1")
    changed = pytest.raises(OutputError, match="changed since this run began")
    with changed as caught, draft_of(PLACE, with_content) as draft:
        draft.write_bytes(b"12")
        s3.put(KEY, b"13")
    assert s3.get(KEY) == b"13" and str(draft) in str(caught.value) and draft.read_bytes() == b"12"


def test_an_object_as_a_file(s3: S3Server, tmp_path: Path) -> None:
    s3.put(KEY, b"1")
    with on_disk(PLACE) as path:
        assert not isinstance(path, StorePath) and path.read_bytes() == b"1" and path.suffix == ".csv"
    assert not path.exists()
    with on_disk(tmp_path) as path:
        assert path == tmp_path
