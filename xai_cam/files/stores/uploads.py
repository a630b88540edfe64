"""Outputs on their way to stores: several at a time, since each waits for an answer, and for no processor."""

from __future__ import annotations

from collections.abc import Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from xai_cam.errors import XaiCamError
from xai_cam.files.provenance import check_replaceable, provenance_in
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
    KnownObjects().keep_written({path: (data, None)})


def upload_all(
    files: Mapping[Path, bytes], new: Set[Path] = frozenset(), stop: bool = False
) -> dict[Path, OSError | XaiCamError]:
    """Write objects; why that was not possible, by path.

    Those that are `new` replace nothing that has come meanwhile and is not ours. With `stop`, one by one, and
    nothing behind the first that fails. What was written is known to be ours from then on.
    """
    failed: dict[Path, OSError | XaiCamError] = {}
    written: dict[StorePath, bytes] = {}

    def one(path: Path) -> None:
        assert isinstance(path, StorePath)
        if stop and failed:
            return
        try:
            _write(path, files[path], path in new)
            written[path] = files[path]
        except (OSError, XaiCamError) as error:
            failed[path] = error

    if files:
        with ThreadPoolExecutor(1 if stop else min(AT_ONCE, len(files))) as threads:
            list(threads.map(one, files))
    KnownObjects().keep_written(
        {path: (data, provenance_in(data, path.suffix)) for path, data in written.items()}
    )
    return failed


def _write(path: StorePath, data: bytes, new: bool) -> None:
    try:
        path.store.write(path.key, data, new)
    except FileExistsError:
        check_replaceable(path)  # of another run, or of a first try whose answer was lost
        path.store.write(path.key, data)
