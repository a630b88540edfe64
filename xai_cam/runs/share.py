"""What a shard has of a plan: its images, where each stands among all, and rows that say so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.files.names import composed
from xai_cam.files.numbered import Numbered
from xai_cam.files.results import ResultsWriter
from xai_cam.files.rows import IMAGE_ROW, SHARD
from xai_cam.files.shard import Shard
from xai_cam.images.finding import ImageFile

HASH_LETTERS = 16


@dataclass
class Share:
    """The images of one shard.

    Attributes
    ----------
    shard : Shard
    positions : Numbered
        The place in the plan of all, from 1, of each image of the shard, by its path as rows have it.
    images : int
        How many images the shard will have rows of.
    all_images : int, optional
        How many the plan has; None where only some of them will have rows.
    options, paths : str
        Hashes of the options that decide what is made, and of the paths of all images in the plan's order;
        empty where they are not known.
    """

    shard: Shard
    positions: Numbered
    images: int
    all_images: int | None
    options: str = ""
    paths: str = ""

    def holds(self, path: Path) -> bool:
        """Whether an image of the plan is of this shard."""
        return str(path) in self.positions

    def select(self, count: int) -> None:
        """Only so many images will have rows, and only some of other shards'; before the first row."""
        self.images, self.all_images = count, None

    def columns_of(self, image: str) -> dict[str, Any]:
        """What every row of an image says of its shard."""
        told = (str(self.shard), self.positions[image], self.images, self.all_images)
        names = [name for name in SHARD if name not in IMAGE_ROW]
        return dict(zip(names, (*told, self.options, self.paths), strict=True))

    def describe(self) -> str:
        """How many of the images of the plan are the shard's."""
        rest = "." if self.images else ": there is nothing to do."
        return f"Shard {self.shard}: {self.images:,} of {self.all_images or 0:,} images{rest}"


def path_below(image: ImageFile) -> str:
    """What tells the shard of an image: its path below the folder that was named, or as it was named."""
    return ((image.folder / image.path.name) if image.among else image.path).as_posix()


def share_of(
    shard: Shard, failures: Collection[Path], images: Sequence[ImageFile], options: str = ""
) -> Share:
    """What a shard has of a plan: what cannot be taken comes first in it, and is the first shard's."""
    paths = hashlib.sha256()

    def placed() -> Iterator[tuple[str, int]]:
        if shard.number == 1:
            yield from ((str(path), place) for place, path in enumerate(failures, 1))
        for place, image in enumerate(images, len(failures) + 1):
            below = path_below(image)
            paths.update(composed(below).encode("utf-8", "surrogatepass") + b"\0")
            if shard.holds(below):
                yield str(image.path), place

    positions = Numbered(placed())
    all_images = len(failures) + len(images)
    return Share(shard, positions, len(positions), all_images, options, paths.hexdigest()[:HASH_LETTERS])


class ShareWriter:
    """Passes rows on to another writer, with what they say of their shard."""

    def __init__(self, writer: ResultsWriter, share: Share) -> None:
        self.writer, self.share = writer, share

    @property
    def on_stdout(self) -> bool:
        """Whether rows go to standard output."""
        return self.writer.on_stdout

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one row.

        Raises
        ------
        OutputError
        """
        self.writer.write({**values, **self.share.columns_of(values["image"])})


def columns_for(columns: Iterable[str], shard: Shard | None) -> tuple[str, ...]:
    """The columns of a run's rows; those of a shard say so in some more, behind the others."""
    return (*columns, *(SHARD if shard else ()))
