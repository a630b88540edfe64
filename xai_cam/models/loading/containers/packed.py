"""Numbers that lie in files cut at any place: read when they are asked for, and no more than that."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from xai_cam.errors import ModelError
from xai_cam.files.regular import open_regular
from xai_cam.models.loading.containers.manifest import Entry, Group
from xai_cam.models.loading.containers.parts import inside_of

BLOCK = 2**20
"""Numbers that are unpacked at a time."""


class Run:
    """Files of a folder that are one run of bytes.

    Raises
    ------
    ModelError
        One is missing, or leads out of the folder.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.files = [inside_of(folder, name) for name in names]
        self._ends = list(accumulate(os.stat(file).st_size for file in self.files))
        self.size = self._ends[-1] if self._ends else 0

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from `start` on.

        Raises
        ------
        OSError, ValueError
            A file cannot be read, or has become shorter.
        """
        pieces: list[bytes] = []
        at = bisect_right(self._ends, start)
        while size > 0:
            begin = self._ends[at - 1] if at else 0
            wanted = min(size, self._ends[at] - start)
            with open_regular(self.files[at]) as file:
                file.seek(start - begin)
                pieces.append(file.read(wanted))
            if len(pieces[-1]) < wanted:
                raise ValueError(f"{self.files[at].name} became shorter while it was read")
            start, size, at = start + wanted, size - wanted, at + 1
        return b"".join(pieces)


@dataclass(frozen=True)
class Packed:
    """One weight in a run of bytes; `packed[()]` are its numbers."""

    entry: Entry
    run: Run
    start: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the manifest gives."""
        return self.entry.shape

    def __getitem__(self, _: tuple[()], /) -> np.ndarray:
        """The numbers, unpacked."""
        entry = self.entry
        stored = np.dtype(entry.stored).newbyteorder("<")
        raw = np.frombuffer(
            self.run.read(self.start, entry.size), "uint8" if entry.made == "bool" else stored
        )
        if entry.made == "bool":
            return (raw != 0).reshape(entry.shape)
        if entry.scale is None:
            return raw.astype(entry.made).reshape(entry.shape)
        made = np.empty(raw.shape, entry.made)
        for start in range(0, len(raw), BLOCK):
            numbers = raw[start : start + BLOCK] * np.float64(entry.scale) + np.float64(entry.offset)
            made[start : start + BLOCK] = np.round(numbers) if entry.made == "int32" else numbers
        return made.reshape(entry.shape)


def packed_in(folder: Path, groups: Iterable[Group], path: Path) -> Iterator[Packed]:
    """The weights of all groups, with none read; `path` is the file that lists them.

    Raises
    ------
    ModelError
        Files are missing, lead out of the folder, count twice, or do not hold what is listed.
    """
    taken: set[str] = set()
    for group in groups:
        run = Run(folder, group.paths)
        for file in run.files:
            if (real := os.path.realpath(file)) in taken:
                raise ModelError(
                    f"{path} is refused: it names the file {file.name} twice. Get a new copy of the model "
                    "from its source."
                )
            taken.add(real)
        wanted = sum(entry.size for entry in group.entries)
        if run.size != wanted:
            names = ", ".join(file.name for file in run.files[:3]) or "no file"
            what = "are cut off" if run.size < wanted else "hold more"
            sizes = f"{wanted:,} bytes are listed, and {run.size:,} are in {names}"
            raise ModelError(f"The weights of {path} {what}: {sizes}. Copy all of its files again.")
        start = 0
        for entry in group.entries:
            yield Packed(entry, run, start)
            start += entry.size
