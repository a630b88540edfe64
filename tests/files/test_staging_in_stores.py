"""Files for a store before they have their names: on this machine, where they stay if an upload fails."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from support.commands import tree
from support.s3_server import S3Server
from xai_cam.errors import OutputError
from xai_cam.files.stores.drafts import try_place
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.writing import check_swept, write_together, write_whole

FILES = [(StorePath("s3:", f"bucket/charts/{name}.png"), name.encode()) for name in ("a", "b", "c")]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_they_are_uploaded_and_nothing_stays(s3: S3Server, place: Path) -> None:
    write_together(FILES, kept=True)
    assert [s3.get(path.key) for path, _ in FILES] == [b"a", b"b", b"c"]
    assert s3.count("PUT") == 3 and not list(place.iterdir())


def test_what_cannot_be_uploaded_stays_under_its_names(s3: S3Server, place: Path) -> None:
    s3.fail("403", "PUT", "/b.png", times=9)
    with pytest.raises(OutputError) as caught:
        write_together(FILES, "`charts`", kept=True)
    told = caught.value.message
    assert told.startswith("Cannot write s3://bucket/charts/b.png: the store refuses it")
    folder = re.search(r"What was to be there is in (\S+)\. Use another `charts`", told)
    assert folder is not None and Path(folder[1]).parent == place, told
    kept = tree(Path(folder[1]))
    assert {name: kept[name] for name in ("a.png", "b.png", "c.png")} == {
        "a.png": b"a",
        "b.png": b"b",
        "c.png": b"c",
    }


def test_of_an_output_among_many_nothing_stays(s3: S3Server, place: Path) -> None:
    s3.fail("403", "PUT", times=9)
    with pytest.raises(OutputError, match=r"Cannot write s3://bucket/charts/a\.png: the store refuses it"):
        write_whole(*FILES[0])
    assert not list(place.iterdir())


def test_a_place_is_tried_and_left_as_it_is(s3: S3Server, place: Path) -> None:
    page, new = StorePath("s3:", "bucket/page.html"), StorePath("s3:", "bucket/new.html")
    s3.put("bucket/page.html", b"of an earlier run")
    try_place(page, "`report`")
    try_place(new, "`report`")
    try_place(place / "no.html", "`report`")
    assert s3.get("bucket/page.html") == b"of an earlier run" and s3.names() == ["page.html"]
    assert s3.count("PUT", "trial") == s3.count("PUT") == 3 and not list(place.iterdir())
    for method in ("PUT", "POST"):
        s3.fail("403", method, times=9)
    with pytest.raises(OutputError, match="Use another `report`"):
        try_place(page, "`report`")


def test_who_is_not_known_reads_where_credentials_are_looked_for(s3: S3Server) -> None:
    """Another place would refuse them, too."""
    s3.fail("403 for its key", "PUT", times=9)
    there = (
        "the store does not take the credentials, or there are none; s3fs takes them from variables such as "
        "AWS_PROFILE, from ~/.aws/credentials, or from the role of the machine. Check them there, and run "
        "the same command again."
    )
    folder = StorePath("s3://bucket/maps")
    with pytest.raises(OutputError) as caught:
        check_swept(folder)
    assert caught.value.message == f"Cannot write to the folder {folder}: {there}"
    with pytest.raises(OutputError) as caught:
        write_whole(folder / "a.png", b"1")
    assert caught.value.message == f"Cannot write {folder}/a.png: {there}"
