"""Rows of all shards of a run as those of one run, in its order; none is missing, and none is there twice.

Where each row stands is remembered, and not the row: some thirty bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.files.rows import ORIGIN, RUN, SHARD
from xai_cam.files.shard import Shard
from xai_cam.files.stores.paths import release
from xai_cam.files.table_rows import OpenFiles, ParquetRows, Row, RowSource, read_rows

SHARD_NAME, POSITION, OF_SHARD, OF_ALL, ROW, ROWS, OPTIONS, _ = SHARD
SHOWN = 10
"""Shards that a message names."""


@dataclass
class Seen:
    """Where a shard is, of how many images, and how many of these are there with all of their rows."""

    path: Path
    images: int
    found: int = 0


class ShardChecks:
    """Collects what shards say of themselves, from tables or pages, and refuses what is no whole run.

    Every method raises an `InputError`.
    """

    def __init__(self) -> None:
        self.shards: dict[int, Seen] = {}
        self.empty: list[Path] = []
        self._count = self._all_images = 0
        self._first, self._whose = Path(), dict.fromkeys((*ORIGIN, *RUN), ("", Path()))
        self._places, self._owners = array("q"), array("i")
        self._numbers, self._of = array("i"), array("i")

    def see(self, path: Path, shard: Shard, images: int, all_images: int) -> None:
        """Take in that a shard is in a file; `all_images` is 0 where that is not known."""
        if not self._count:
            self._count, self._all_images, self._first = shard.count, all_images, path
        if shard.count != self._count:
            raise InputError(
                f"{self._first} is of {self._count:,} shards and {path} of {shard.count:,}. "
                "Name those of one division."
            )
        if all_images != self._all_images:
            raise InputError(
                f"The run of {self._first} found {self._all_images:,} images, and that of {path} "
                f"{all_images:,}. Run all shards over the same images."
            )
        seen = self.shards.setdefault(shard.number, Seen(path, images))
        if seen.path != path or seen.images != images:
            where = f"in {path}" if seen.path == path else f"in {seen.path} and in {path}"
            raise InputError(f"Shard {shard} is doubled: it is {where}. Name one run of it.")

    def see_row(self, shard: Shard, position: int, number: int = 1, rows: int = 1) -> None:
        """Take in one of the rows of an image, at its place in the plan, of a shard that was seen."""
        self._places.append(position)
        self._owners.append(shard.number)
        self._numbers.append(number)
        self._of.append(rows)

    @property
    def order(self) -> np.ndarray:
        """The numbers of the rows, as they were seen, in the order of the plan."""
        return np.lexsort((np.asarray(self._numbers), np.asarray(self._places)))

    def check_origin(self, path: Path, values: Mapping[str, Any]) -> None:
        """Refuse what another run made, model or version of this tool; empty cells say nothing."""
        for name, (known, where) in self._whose.items():
            value = values.get(name) or ""
            if known and value and value != known and name in RUN:
                raise InputError(_of_two_runs(name, where, path))
            if known and value and value != known:
                raise InputError(
                    f"{where} and {path} differ in {name} ({known} and {value}). Run all shards with the "
                    "same model and the same version of xai-cam."
                )
            if value and not known:
                self._whose[name] = value, path

    def conclude(self) -> None:
        """Refuse shards that are missing or not finished, and images that are there twice."""
        self._check_images()
        for number, seen in sorted(self.shards.items()):
            if seen.found < seen.images:
                raise InputError(
                    f"Shard {number}/{self._count} is not finished: {seen.path} has {seen.found:,} of "
                    f"its {seen.images:,} images. Run its command again."
                )
        there = sum(seen.found for seen in self.shards.values())
        if self._all_images and there == self._all_images:
            return  # what has no rows has no images
        missing = [number for number in range(1, self._count + 1) if number not in self.shards]
        if self._all_images or len(missing) > len(self.empty):
            raise InputError(self._missing(missing, there))

    def _check_images(self) -> None:
        """Count the images all of whose rows are there; refuse one that has a row twice."""
        order = self.order
        every = (self._places, self._owners, self._numbers, self._of)
        places, owners, numbers, of = (np.asarray(values)[order] for values in every)
        twice = np.flatnonzero((np.diff(places) == 0) & (np.diff(numbers) == 0))
        if len(twice):
            first, second = (self.shards[owners[twice[0] + more]].path for more in (0, 1))
            which = f"place {places[twice[0]]:,} of the plan"
            if first == second:
                raise InputError(
                    f"{first} has the image at {which} twice. Run its command again, without `append`."
                )
            raise InputError(
                f"{first} and {second} both have an image at {which}: their runs found other images. Run all "
                "shards over the same images."
            )
        firsts = np.flatnonzero(np.diff(places, prepend=0))
        counts = np.diff(firsts, append=len(places))
        for owner in owners[firsts[counts == of[firsts]]]:
            self.shards[owner].found += 1

    def _missing(self, missing: Sequence[int], there: int) -> str:
        if not missing:
            return (
                f"Only {there:,} of {self._all_images:,} images are there, and no shard is missing: the runs "
                "found other images. Run all shards over the same images."
            )
        names = ", ".join(f"{number}/{self._count}" for number in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN:,} more" if len(missing) > SHOWN else ""
        of = f": {there:,} of {self._all_images:,} images are there" if self._all_images else ""
        several = "s" * (len(missing) > 1)
        return f"Missing shard{several}: {names}{more}{of}. Name the file{several} of the missing, too."


class MergedRows:
    """The rows of all shards in the order of the run's plan, without what they say of their shards.

    Parameters
    ----------
    paths : sequence of Path
        Their tables.

    Raises
    ------
    InputError
        They are not the tables of all shards of one run, each once.
    XaiCamError
        A library is missing.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.files = OpenFiles()
        self.sources = [read_rows(path, self.files) for path in paths]
        self.columns: list[str] = _columns_of(self.sources)
        self.typed = all(source.typed for source in self.sources)
        self.images = self.failed = 0
        self.checks = ShardChecks()
        self._tables, self._places = array("i"), array("q")
        for number, source in enumerate(self.sources):
            self._scan(number, source)
        self.checks.conclude()

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        """Every row, read again."""
        for number in self.checks.order:
            row = self.sources[self._tables[number]].row(self._places[number])
            yield {name: row[name] for name in self.columns}

    def close(self) -> None:
        """Close the tables, and give up what was fetched of them."""
        self.files.close()
        for source in self.sources:
            if isinstance(source, ParquetRows):
                source.close()  # a file that is open cannot be deleted on Windows
            release(source.path)

    def _scan(self, number: int, source: RowSource) -> None:
        count = len(self)
        for place, row in source.rows():
            if self._see(source.path, row):
                self.images, self.failed = self.images + 1, self.failed + (row["outcome"] == "failed")
            self._tables.append(number)
            self._places.append(place)
        if len(self) == count:
            self.checks.empty.append(source.path)

    def _see(self, path: Path, row: Row) -> bool:
        """Check a row, and tell whether it is the first of its image."""
        try:
            shard, position = Shard.of(str(row[SHARD_NAME])), int(row[POSITION])
            images, all_images = int(row[OF_SHARD]), int(row[OF_ALL] or 0)
            number, rows = int(row[ROW]), int(row[ROWS])
            if position < 1 or not 1 <= number <= rows:
                raise ValueError("places are counted from 1")
        except (InputError, TypeError, ValueError) as error:
            raise InputError(
                f"A row of {path} does not say of which shard it is. Name tables that runs with `shard` "
                "wrote."
            ) from error
        self.checks.see(path, shard, images, all_images)
        self.checks.check_origin(path, row)
        self.checks.see_row(shard, position, number, rows)
        return number == 1


def _of_two_runs(name: str, first: Path, second: Path) -> str:
    """What is wrong where the column `name`, one of `RUN`, differs between two tables or pages."""
    runs = f"The runs of {first} and {second}" if first != second else f"Two runs of {first}"
    if name == OPTIONS:
        return f"{runs} had different options. Run all shards with the same."
    return f"{runs} found different images. Run all shards over the same images."


def _columns_of(sources: Sequence[RowSource]) -> list[str]:
    """The columns that all tables have, without those of shards; tables without a header have none."""
    known: RowSource | None = None
    for source in sources:
        if source.columns is None:
            if not source.typed:
                raise InputError(f"{source.path} is empty: its run did not begin. Run its command again.")
            continue
        if not set(SHARD) <= set(source.columns):
            raise InputError(f"{source.path} is not of a shard. Name tables that runs with `shard` wrote.")
        known = known or source
        if source.typed != known.typed:
            raise InputError(
                f"{known.path} and {source.path} are tables of different kinds: one tells numbers from text. "
                "Merge tables of one kind."
            )
        if source.columns != known.columns:
            differ = sorted(set(source.columns) ^ set(known.columns or ()))
            which = f" ({', '.join(differ)})" if differ else ""
            raise InputError(
                f"{known.path} and {source.path} have other columns{which}. Name tables of one command."
            )
    return [name for name in (known.columns if known else None) or [] if name not in SHARD]
