"""Bytes in the user's cache behind a line with their hash: as if there were none where they were changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from xai_cam.files.cache import Cache
from xai_cam.files.regular import open_regular


def keep_bytes(cache: Cache, key: str, name: str, kind: str, body: bytes, most: int) -> bool:
    """Whether bytes could be kept by this key; what was kept by it before is dropped.

    Parameters
    ----------
    cache, key
        Where.
    name : str
        Of the file.
    kind : str
        What they are, with the number of their format: those of another are as if they were not there.
    body : bytes
        Those.
    most : int
        A file of more bytes is not kept, nor read.
    """
    data = _head(kind, body) + b"\n" + body
    if len(data) > most:
        return False

    def write(folder: Path) -> None:
        (folder / name).write_bytes(data)

    cache.drop(key)
    return cache.keep(key, write, len(data)) is not None


def find_bytes(cache: Cache, key: str, name: str, kind: str, most: int) -> bytes | None:
    """The bytes that were kept so; None where there are none, or they were changed."""
    entry = cache.find(key)
    if entry is None:
        return None
    try:
        with open_regular(entry / name) as file:
            data = file.read(most + 1)
    except (OSError, ValueError, MemoryError):
        return None
    head, _, body = data.partition(b"\n")
    return body if len(data) <= most and head == _head(kind, body) else None


def _head(kind: str, body: bytes) -> bytes:
    return f"xai-cam {kind} {hashlib.sha256(body).hexdigest()}".encode()
