"""What runs left in a store, as the tests look at it."""

from __future__ import annotations

import csv
import io

from support.s3_server import S3Server

NAMES = ("a.png", "cats/b.jpg", "cats/c.png", "dogs/d.png")
"""Of the pictures of `stored_photos`."""


def rows_in(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def stored(s3: S3Server, folder: str) -> dict[str, bytes]:
    """The objects below a folder of the bucket."""
    keys = [key for key in s3.names() if key.startswith(f"{folder}/")]
    return {key.removeprefix(f"{folder}/"): s3.get(f"bucket/{key}") for key in keys}
