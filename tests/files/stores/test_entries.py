"""What listings of different stores tell, in one form."""

from __future__ import annotations

import base64
import hashlib

from xai_cam.files.stores.entries import UNTOLD, Entry, Listed, entries_of, entry_of


def test_the_md5_of_a_listing_is_the_tag_however_the_store_writes_it() -> None:
    """So that a picture that was fetched is known to be the one that was listed, without another look."""
    md5, expected = hashlib.md5(b"1").digest(), hashlib.md5(b"1").hexdigest()
    for facts, tag in (
        ({"etag": "CJ", "md5Hash": base64.b64encode(md5).decode()}, expected),
        ({"etag": '"0x8"', "content_settings": {"content_md5": bytearray(md5)}}, expected),
        ({"etag": '"0x8"', "content_settings": {"content_md5": None}}, "0x8"),
        ({"ETag": f'"{expected}"'}, expected),
        ({"etag": "CJ", "crc32c": "x"}, "CJ"),
        ({}, ""),
    ):
        found = entry_of("root/a", {"name": "a", "size": 1, "type": "file", **facts})
        assert found == Entry("root/a", False, Listed(1, tag))


def test_folders_and_sizes_that_are_not_told() -> None:
    assert entry_of("root/a", {"type": "directory", "size": 0}) == Entry("root/a", True, Listed(0))
    assert entry_of("root/a", {"type": "file", "size": None}).listed == Listed(UNTOLD)


def test_a_listing_without_the_folder_itself() -> None:
    found = [
        {"name": f"/photos{name}", "size": 1, "type": "file"} for name in ("/", "", "/a.png", "/b/", "2/c")
    ]
    assert list(entries_of(found, "host/photos", "/photos/")) == [
        Entry("host/photos/a.png", False, Listed(1)),
        Entry("host/photos/b", True, Listed(1)),
    ]
