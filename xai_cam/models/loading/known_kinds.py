"""What HDF5 files hold, in the user's cache: one that did not change need not be opened to be known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from xai_cam import _version, installation
from xai_cam.files.cache import Cache
from xai_cam.files.fingerprint import settled
from xai_cam.files.kept_bytes import find_bytes, keep_bytes
from xai_cam.models.loading.kinds import Kind

FILE, FORMAT = "kind", "kind 1"
MAX_BYTES = 1 << 10


def known_kind(cache: Cache | None, path: Path, inside: str | None, look: Callable[[], Kind]) -> Kind:
    """The kind of a file, or of its group `inside`, as it was kept; else as `look` finds it, which is kept.

    Without a cache it is looked for. So it is where the file has just been changed: its times may not tell
    another change.

    Raises
    ------
    ModelError
        As of `look`.
    OSError
        Nobody can tell when it was changed.
    """
    stamp = None if cache is None else settled(path)
    if cache is None or stamp is None:
        return look()
    told = f"{path.absolute()} {list(stamp)} {inside} {_version.__version__} {installation.newest()}"
    key = f"kind-{hashlib.sha256(told.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}"
    kept = find_bytes(cache, key, FILE, FORMAT, MAX_BYTES)
    found = None if kept is None else Kind.__members__.get(kept.decode("ascii", "replace"))
    if found is None:
        found = look()
        if settled(path) == stamp:
            keep_bytes(cache, key, FILE, FORMAT, found.name.encode("ascii"), MAX_BYTES)
    return found
