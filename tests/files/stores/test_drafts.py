"""Files that are made on this machine before they are in a store."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from support.s3_server import S3Server
from xai_cam.errors import OutputError
from xai_cam.files.leftovers import sweep_temporary
from xai_cam.files.own_folders import PROCESS
from xai_cam.files.stores.drafts import draft_of, on_disk
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Store

PLACE, KEY = StorePath("s3://bucket/rows.csv"), "bucket/rows.csv"

pytestmark = pytest.mark.usefixtures("temporary")


def test_a_file_of_a_disk_is_its_own_draft(tmp_path: Path) -> None:
    with draft_of(tmp_path / "rows.csv") as draft:
        assert draft == tmp_path / "rows.csv"


def test_what_was_written_is_uploaded_at_the_end(s3: S3Server, temporary: Path) -> None:
    with draft_of(PLACE) as draft:
        assert draft.name == "rows.csv" and not draft.exists()
        draft.write_bytes(b"1")
        assert s3.names() == []
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
    assert s3.get(KEY) == b"12" and s3.count("PUT", "rows.csv") == s3.count("PUT", "trial") == 1


def test_that_one_may_not_write_is_said_before_any_work(s3: S3Server, temporary: Path) -> None:
    s3.put(KEY, b"1")
    for method in ("PUT", "POST"):
        s3.fail("403", method, times=99)
    said = r"Cannot write s3://bucket/rows.csv: the store refuses it"
    with pytest.raises(OutputError, match=said), draft_of(PLACE):
        raise AssertionError("work was done")
    assert s3.get(KEY) == b"1" and not list(temporary.iterdir())


@pytest.mark.parametrize("with_content", [False, True])
def test_the_trial_touches_nothing_that_another_run_writes(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, with_content: bool
) -> None:
    """Their rows come when everything has been looked up, and when it has been fetched."""
    s3.put(KEY, b"1")
    put, fetch = Store.write_trial, Store.fetch

    def tried(store: Store, key: str) -> None:
        put(store, key)
        s3.put(KEY, b"12")

    def fetched(store: Store, key: str, file: Path, listed: Listed | None = None) -> Listed | None:
        found = fetch(store, key, file, listed)
        s3.put(KEY, b"123")
        return found

    monkeypatch.setattr(Store, "write_trial", tried)
    monkeypatch.setattr(Store, "fetch", fetched)
    with pytest.raises(OutputError, match="changed since"), draft_of(PLACE, with_content) as draft:
        assert draft.read_bytes() == b"12" if with_content else not draft.exists()
        draft.write_bytes(b"ours")
    assert s3.get(KEY) == (b"123" if with_content else b"12")


def test_a_new_table_of_another_run_is_not_replaced(s3: S3Server) -> None:
    with pytest.raises(OutputError, match="changed since"), draft_of(PLACE) as draft:
        s3.put(KEY, b"theirs")
        draft.write_bytes(b"ours")
    assert s3.get(KEY) == b"theirs"


@pytest.mark.parametrize("there", [b"", b"1"])
def test_rights_to_one_name_alone_are_enough(s3: S3Server, there: bytes) -> None:
    if there:
        s3.put(KEY, there)
    s3.fail("403", "PUT", "trial", times=9)
    with draft_of(PLACE, with_content=True) as draft:
        assert s3.names() == (["rows.csv"] if there else [])
        draft.write_bytes(there + b"2")
    assert s3.get(KEY) == there + b"2"


def test_a_folder_is_no_place_for_a_table(s3: S3Server) -> None:
    s3.put(f"{KEY}/photo.png", b"1")
    with pytest.raises(OutputError, match="it is a folder"), draft_of(PLACE):
        raise AssertionError("work was done")


@pytest.mark.parametrize("during", ["write_file", "look"])
def test_an_interrupted_upload_leaves_the_rows_and_says_where(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, during: str
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), draft_of(PLACE) as draft:
        draft.write_bytes(b"1")
        monkeypatch.setattr(Store, during, interrupted)
    assert draft.read_bytes() == b"1"
    assert caplog.messages == [f"{PLACE} was not uploaded. What was to be there is in {draft}"]


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


def test_what_is_written_while_a_run_goes_on_stays_if_it_is_killed(temporary: Path, s3: S3Server) -> None:
    """Under a name that is no hidden one, since its rows may be of use: no later run deletes them."""
    with draft_of(PLACE) as draft:
        draft.write_bytes(b"image\na.png\n")
        assert draft.parent.parent == temporary and draft.parent.name.startswith("xai-cam-")
        os.utime(draft.parent, (0, 0))
        sweep_temporary({PROCESS})
        assert draft.read_bytes() == b"image\na.png\n"
