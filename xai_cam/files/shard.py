"""Shards: each image of a plan belongs to one of N, by its path alone, on every machine alike."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from xai_cam.errors import InputError
from xai_cam.files.names import composed

MAX_COUNT = 1_000_000


@dataclass(frozen=True)
class Shard:
    """One of `count` shards, `number` from 1 on: `3/16`.

    Raises
    ------
    InputError
        There is no such shard.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count <= MAX_COUNT:
            raise InputError(f"`shard={str(self)!r}` is none: {_which(self.count)}")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def of(cls, text: str) -> Shard:
        """The shard that a text such as `3/16` names.

        Raises
        ------
        InputError
            It names none.
        """
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
        if found is None:
            raise InputError(f"`shard={text!r}` is none. Write which of how many, such as 3/16.")
        return cls(int(found[1]), int(found[2]))

    def holds(self, path: str) -> bool:
        """Whether an image is of this shard; `path` as for `number_of`."""
        return number_of(path, self.count) == self.number


def number_of(path: str, count: int) -> int:
    """The shard, from 1 to `count`, of an image with this path, whose parts `/` divides.

    The first 8 bytes of the SHA-256 of the path in UTF-8, its letters composed (NFC), are a whole number, the
    highest byte first; what remains of it divided by `count`, and 1.
    """
    data = composed(path).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big") % count + 1


def _which(count: int) -> str:
    if count < 1:
        return "there is at least one. Write which of how many, such as 3/16."
    if count > MAX_COUNT:
        return f"there are {MAX_COUNT:,} at most. Write which of how many, such as 3/16."
    return f"of {count:,} they are 1/{count} to {count}/{count}. Name one of these."
