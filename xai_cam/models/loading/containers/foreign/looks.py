"""What a file shows of itself at its two ends, and what is said of one that is no Keras model."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xai_cam.errors import ModelError, shortened
from xai_cam.files.regular import open_regular

HEAD, TAIL = 2**16, 2**12
"""Bytes that are looked at from either end."""

LONGEST = 80
"""Characters that are repeated of a text in a file."""

ORIGINAL = "Give the Keras model that it was made from (.keras, .h5 or SavedModel)."
IF_ANY = "If it was made from a Keras model, give that (.keras, .h5 or SavedModel)."
REBUILD = (
    "Only Keras models are read: build the network in Keras, take its weights over, and write it with "
    "`model.save`."
)
IN_PYTORCH = (
    "Explain it with pytorch-grad-cam, or build the network in Keras, take its weights over, and write it "
    "with `model.save`."
)
AGAIN = "Download or copy it again."
UNPACK = "Unpack it, and give the model that is in it."
MODEL = "Give the architecture JSON with its H5 weights, or a whole .h5 or .keras model."

TEXT_CONTROLS = frozenset(map(chr, (*range(9), 11, *range(14, 27), *range(28, 32), 127)))
"""Characters that no text has."""

PARTS = re.compile(r"\.(\d{2,4}|z\d{2}|part\d{1,4})")
"""How names of files end that are parts of one."""

UNFINISHED = (".crdownload", ".part", ".partial", ".download", ".opdownload", ".aria2", ".incomplete", ".!ut")
"""How names of downloads end that are not finished."""


@dataclass(frozen=True)
class Foreign:
    """What a file or folder is that is no Keras model: `what` follows its name, `way` tells a way on."""

    what: str
    way: str

    def error(self, path: Path) -> ModelError:
        """The two as an error."""
        return ModelError(f"{path} {self.what}. {self.way}")


@dataclass(frozen=True)
class Look:
    """The size of a file, its first bytes and its last."""

    path: Path
    size: int
    head: bytes
    tail: bytes

    @classmethod
    def at(cls, path: Path) -> Look:
        """A look at a file.

        Raises
        ------
        OSError
            It cannot be read, or is no regular file.
        """
        with open_regular(path) as file:
            head = file.read(HEAD)
            size = file.seek(0, 2)
            file.seek(max(size - TAIL, 0))
            return cls(path, size, head, file.read(TAIL))

    @property
    def is_whole(self) -> bool:
        """Whether the first bytes are all."""
        return self.size == len(self.head)

    @cached_property
    def text(self) -> str | None:
        """The first bytes as text, if they are some."""
        try:
            decoder = codecs.getincrementaldecoder("utf-8-sig")()
            found = decoder.decode(self.head, final=self.is_whole)
        except UnicodeDecodeError:
            return None
        return None if TEXT_CONTROLS & set(found) else found

    @property
    def unfinished(self) -> str:
        """What its name says of a download that was not finished; empty where it says nothing."""
        suffix = self.path.suffix.lower()
        if PARTS.fullmatch(suffix):
            return f"; its name ends in {self.path.suffix}, as of one part of several to be joined"
        if suffix not in UNFINISHED:
            return ""
        return f"; its name ends in {self.path.suffix}, as that of a download that is not finished"


def quote(text: str) -> str:
    """Text of a stranger as it is repeated in a message: in quotes, and not long."""
    line = " ".join(text[: 10 * LONGEST].split()).replace("`", "'")
    return repr(shortened(line, LONGEST))


def listed(names: list[str], most: int = 4) -> str:
    """The first of some names, and how many there are besides."""
    shown = [quote(name)[1:-1] for name in names[:most]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
