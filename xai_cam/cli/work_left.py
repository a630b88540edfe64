"""How many of the images that are left have something to do, as far as a glance at the outputs tells."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from xai_cam.files.stores.paths import StorePath

FOLDERS = 8
"""Whose names are held at a time."""


class Placed(Protocol):
    """An image with the place of its outputs, as `xai_cam.runs.tasks.Task`."""

    @property
    def folder(self) -> Path:
        """The folder of the outputs."""

    @property
    def stem(self) -> str:
        """What the names of the outputs begin with."""


class WorkLeft:
    """An estimate for images of two kinds: those that have files of their name among the outputs, and others.

    A run that goes on finds that the first kind is up to date, a run with other settings that it is not, and
    both may be mixed in any order: so each kind goes on as it did until now.
    """

    def __init__(self, images: Sequence[Placed]) -> None:
        self.images = images
        self._seen, self._busy = [0, 0], [0, 0]

    @cached_property
    def _kinds(self) -> bytes:
        beginnings = lru_cache(FOLDERS)(_beginnings)  # images come folder by folder
        return bytes(image.stem in beginnings(image.folder) for image in self.images)

    @cached_property
    def _from(self) -> Sequence[int]:
        """By number of images that are through: how many of the others have outputs."""
        counts = array("L", [0])
        for kind in reversed(self._kinds):
            counts.append(counts[-1] + kind)
        return counts[::-1]

    def see(self, done: int, idle: bool) -> None:
        """The image that was the last of `done` is through; `idle`: it was up to date."""
        if 0 < done <= len(self.images):
            kind = self._kinds[done - 1]
            self._seen[kind] += 1
            self._busy[kind] += not idle

    def after(self, done: int) -> float:
        """How many images will have something to do, when so many are through."""
        made = self._from[min(done, len(self.images))]
        new = len(self.images) - done - made
        return max(0.0, new * self._share(0) + made * self._share(1))

    def _share(self, kind: int) -> float:
        """How many of a kind had something to do; where none was seen, all that have no outputs."""
        return (self._busy[kind] + 1 - kind) / (self._seen[kind] + 1)


def _beginnings(folder: Path) -> set[str]:
    """The names of the files in a folder, each up to every underscore in it."""
    found: set[str] = set()
    if isinstance(folder, StorePath):  # a glance at it is a listing
        return found
    with suppress(OSError), os.scandir(folder) as entries:
        for name in (entry.name for entry in entries):
            found.update(_up_to_underscores(name))
    return found


def _up_to_underscores(name: str) -> Iterable[str]:
    return (name[:place] for place, letter in enumerate(name) if letter == "_")
