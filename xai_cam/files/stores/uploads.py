"""Outputs on their way to stores: several at a time, since each waits for an answer, and for no processor."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath

AT_ONCE = 16


def upload(path: StorePath, data: bytes) -> None:
    """Write an object, whole or not at all, over what is there.

    Raises
    ------
    OSError
    """
    path.store.write(path.key, data)
    KnownObjects().keep_written(path, data)


def upload_all(files: Mapping[Path, bytes], stop: bool = False) -> dict[Path, OSError]:
    """Write objects; why that was not possible, by path.

    With `stop`, one by one, and nothing behind the first that fails.
    """
    failed: dict[Path, OSError] = {}

    def one(path: Path) -> None:
        assert isinstance(path, StorePath)
        if stop and failed:
            return
        try:
            upload(path, files[path])
        except OSError as error:
            failed[path] = error

    if files:
        with ThreadPoolExecutor(1 if stop else min(AT_ONCE, len(files))) as threads:
            list(threads.map(one, files))
    return failed
