"""Uploads that are begun and called off: S3 tells by them who has no rights to a name, and makes nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

SCHEMES = frozenset({"s3", "s3a"})


def begin_and_call_off(files: Any, place: str) -> None:
    """Begin an upload in parts to a place of S3, by its library, and call it off."""
    bucket, key, _ = files.split_path(place)
    upload = files.call_s3("create_multipart_upload", Bucket=bucket, Key=key)["UploadId"]
    with suppress(Exception):  # what has no parts costs nothing, and no listing shows it
        files.call_s3("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload)
