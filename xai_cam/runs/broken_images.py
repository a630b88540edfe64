"""Images that earlier runs could not decode: a later run need not load a model to find that out again."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import PIL

from xai_cam._version import __version__
from xai_cam.errors import ImageError, MissingReaderError, UnfitImageError, causes_of
from xai_cam.files.cache import Cache
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.files.provenance import digest
from xai_cam.files.regular import open_regular
from xai_cam.files.writing import sha256
from xai_cam.runs.image_state import ImageState

NAME = "broken.txt"
LINE = re.compile(r"([0-9a-f]{64}) (\S.{0,499})")
"""Hash of an image's file, and why it cannot be decoded."""


MAX_BYTES = 4 << 20
"""Limit of what is remembered of one way to read images: of some 20,000 broken ones."""

APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class BrokenImages:
    """Broken images by the hash of their files, kept in the cache; where there is none, nothing is known.

    Only what the bytes of a file decide is remembered: not that memory ran out, or that a disk failed.

    Parameters
    ----------
    reading : mapping
        How images are decoded, as JSON; what one way cannot read, another may.
    cache : Cache, optional
        Default: this user's.
    """

    def __init__(self, reading: Mapping[str, Any], cache: Cache | None = None) -> None:
        self._reading = dict(reading)
        made = {"broken images": dict(reading), "version": __version__, "pillow": PIL.__version__}
        self._key, self._cache = digest(made)[:40], cache or Cache()
        self._reasons: dict[str, str] | None = None
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """What is known on one machine stays there: another has a cache of its own."""
        return type(self), (self._reading,)

    def reason_of(self, image_hash: str) -> str | None:
        """Why an image could not be decoded; None if that is not known."""
        with self._lock:
            if self._reasons is None:
                self._reasons = self._read()
            return self._reasons.get(image_hash)

    def remember(self, state: ImageState) -> None:
        """Keep why an image could not be decoded, if it is the same file still and its bytes are why."""
        if not is_lasting(state.cause):
            return
        with suppress(OSError, ImageError):
            known = state.task.image_hash
            line = f"{known} {' '.join(state.failure.split())}"
            if (
                LINE.fullmatch(line)
                and self.reason_of(known) is None
                and sha256(state.task.image.path) == known
            ):
                self._add(known, line)

    def _read(self) -> dict[str, str]:
        entry = self._cache.find(self._key)
        if entry is None:
            return {}
        try:
            with open_regular(entry / NAME) as file:
                lines = file.read(MAX_BYTES).decode(errors="replace").split("\n")
        except OSError:
            return {}
        return dict(found.groups() for line in lines if (found := LINE.fullmatch(line)))  # type: ignore[misc]

    def _add(self, image_hash: str, line: str) -> None:
        with self._lock:
            self._reasons = {**(self._reasons or {}), image_hash: line.partition(" ")[2]}
            entry = self._cache.find(self._key) or self._cache.keep(self._key, _begin)
            if entry is None:
                return
            handle = os.open(entry / NAME, APPEND, 0o600)
            try:
                if os.fstat(handle).st_size < MAX_BYTES:
                    os.write(handle, f"{line}\n".encode(errors="backslashreplace"))
            finally:
                os.close(handle)


def is_lasting(error: BaseException | None) -> bool:
    """Whether the bytes of an image's file are the reason why it cannot be decoded."""
    if isinstance(error, MissingReaderError | UnfitImageError):  # another time it may be different
        return False
    return isinstance(error, ImageError) and not any(map(_is_chance, causes_of(error)))


def _is_chance(error: BaseException) -> bool:
    """Whether an error may not come again: of the system, or for want of memory, however it is put."""
    of_system = isinstance(error, OSError) and bool(error.errno)
    return of_system or ran_out_of_memory(error)


def _begin(folder: Path) -> None:
    (folder / NAME).touch(0o600)
