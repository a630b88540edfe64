"""Ten thousand outputs in a store: planned, and found to be up to date, by listings alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, explain
from support.s3_server import S3Server
from xai_cam.files.provenance import provenance_in
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.known import Fact, KnownObjects
from xai_cam.files.stores.paths import StorePath

COUNT = 10_000


@pytest.mark.slow
def test_ten_thousand_outputs_are_looked_up_by_a_request_for_a_thousand(
    stored_photos: Path, s3: S3Server, model_files: Callable[..., tuple[Path, Path]]
) -> None:
    """Equal pictures have equal outputs: those of one stand for those of a run over all."""
    there = ["-o", "s3://bucket/maps/"]
    assert counted(explain(model_files(), "s3://bucket/photos/a.png", *there), 1)
    photo, overlay = s3.get("bucket/photos/a.png"), s3.get("bucket/maps/a_grad-cam.png")
    photos = [StorePath(f"s3://bucket/many/{number}.png") for number in range(COUNT)]
    outputs = [StorePath(f"s3://bucket/maps/{number}_grad-cam.png") for number in range(COUNT)]
    for one, another in zip(photos, outputs, strict=True):
        s3.put(one.key, photo)
        s3.put(another.key, overlay)
    listed = Listed(len(photo), hashlib.md5(photo).hexdigest())
    sha256 = hashlib.sha256(photo).digest()
    known = KnownObjects()
    known._keep({(path, listed): Fact(sha256=sha256) for path in photos})
    known.keep_written(dict.fromkeys(outputs, (overlay, provenance_in(overlay, ".png"))))
    s3.forget()
    assert counted(explain(model_files(), "s3://bucket/many/", *there), 0, up_to_date=COUNT)
    assert s3.count("LIST", " many/") == 10 and s3.count("LIST", " maps/") == 11  # with that of the one
    assert len(s3.asked) == 21
