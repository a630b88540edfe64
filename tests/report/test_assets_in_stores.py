"""Pictures beside a page in a store: found again by a listing, and nobody else's deleted."""

from __future__ import annotations

import numpy as np
import pytest

from support.s3_server import S3Server
from support.stored_runs import stored
from xai_cam.files.stores.paths import StorePath
from xai_cam.report.assets import AssetStore

KEY, SMALL = "0a1b2c", "ffff00"
PICTURE = np.full((400, 400, 3), 90, np.uint8)
NAMES = [f"xai-cam-{KEY}.jpg", f"xai-cam-{KEY}-thumb.jpg", f"xai-cam-{SMALL}.jpg"]


def store() -> AssetStore:
    """As another run has it."""
    return AssetStore(StorePath("s3:", "bucket/page_files"))


@pytest.fixture
def made(s3: S3Server) -> S3Server:
    first = store()
    one, small = first.put(KEY, PICTURE), first.put(SMALL, PICTURE[:20, :30])
    assert one.thumb == f"page_files/{NAMES[1]}" and small.thumb == small.full == f"page_files/{NAMES[2]}"
    assert first.get(KEY) == one and s3.count("GET") == s3.count("LIST") == 0, "it is known"
    assert sorted(stored(s3, "page_files")) == sorted(NAMES)
    s3.forget()
    return s3


def test_pictures_of_an_earlier_run(made: S3Server) -> None:
    again = store()
    assert again.get(KEY) and again.get(SMALL) and again.get(KEY)
    assert made.count("LIST") == 1 and made.count("GET") == 2 and len(made.asked) == 3
    assert again.get("00", anew=False) is None and len(made.asked) == 3, "the listing tells"
    assert again.get("00") is None and made.count("GET") == 3, "another process may have made it since"


def test_what_is_made_meanwhile_is_found(s3: S3Server) -> None:
    here = store()
    assert here.get(KEY, anew=False) is None
    store().put(KEY, PICTURE)
    assert here.get(KEY, anew=False) is None and here.get(KEY) is not None


@pytest.mark.parametrize("change", ["no thumb", "cut", "other"])
def test_what_is_not_whole_is_made_anew(made: S3Server, change: str) -> None:
    whole = made.get(f"bucket/page_files/{NAMES[0]}")
    if change == "no thumb":
        StorePath("s3:", f"bucket/page_files/{NAMES[1]}").unlink()
    else:
        made.put(f"bucket/page_files/{NAMES[0]}", whole[:-9] + b"x" * 9 if change == "cut" else b"other")
    assert store().get(KEY) is None and store().get(SMALL) is not None


def test_others_are_deleted_if_this_tool_wrote_them(made: S3Server) -> None:
    made.put("bucket/page_files/xai-cam-00.jpg", b"somebody's")
    made.put("bucket/page_files/photo.jpg", made.get(f"bucket/page_files/{NAMES[0]}"))
    assert store().prune({SMALL}) == 2
    assert sorted(stored(made, "page_files")) == ["photo.jpg", "xai-cam-00.jpg", NAMES[2]]
    made.fail("403", "LIST", times=9)
    assert store().prune(set()) == 0


def test_pictures_are_copied_from_one_page_to_another(made: S3Server) -> None:
    target = AssetStore(StorePath("s3:", "bucket/all_files"))
    assert target.copy(store(), KEY) and target.copy(store(), SMALL) and target.copy(store(), "00") is None
    assert stored(made, "all_files") == stored(made, "page_files")
