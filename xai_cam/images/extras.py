"""What a model's other inputs are held at in a run, image by image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.fingerprint import Fingerprint, fingerprint
from xai_cam.files.regular import why_unreadable
from xai_cam.files.stores.paths import release
from xai_cam.images.extra_sources import MAX_SHOWN, ExtraSource, in_words, source_of
from xai_cam.images.finding import ImageFile


@dataclass(frozen=True)
class Extras:
    """What all other inputs are held at, by their names; nothing of them is known but these."""

    sources: Mapping[str, ExtraSource]
    _taken: dict[Path, Fingerprint] = field(default_factory=dict, repr=False, compare=False)

    @property
    def files(self) -> list[Path]:
        """All files that are read, none of which may be written to."""
        return [path for source in self.sources.values() for path in source.files]

    @property
    def told(self) -> str:
        """What all of them are held at, in words."""
        return "; ".join(f"{name} = {source.told}" for name, source in self.sources.items())

    def of(self, image: ImageFile) -> dict[str, np.ndarray | Path]:
        """The values of an image.

        Raises
        ------
        XaiCamError
            Some are missing for it.
        """
        found = {}
        for name, source in self.sources.items():
            try:
                found[name] = source.of(image)
            except XaiCamError as error:
                raise XaiCamError(f"`extra` {name}: {error.message}") from error
        return found

    def identity(self, image: ImageFile) -> dict[str, Any]:
        """What tells the values of an image from others, as JSON: equal values make equal maps.

        Raises
        ------
        XaiCamError
            Some are missing for it, or its picture cannot be read.
        """
        return {name: self._identity(name, value) for name, value in self.of(image).items()}

    def _identity(self, name: str, value: np.ndarray | Path) -> Any:
        if isinstance(value, Path):
            return self._hash(name, value)
        if value.size <= MAX_SHOWN:
            return value.tolist()
        data = np.ascontiguousarray(value)
        return [str(data.dtype), list(data.shape), hashlib.sha256(data.tobytes()).hexdigest()]

    def _hash(self, name: str, path: Path) -> str:
        if path not in self._taken:
            try:
                self._taken[path] = fingerprint(path)
                release(path)
            except OSError as error:
                raise XaiCamError(f"`extra` {name}: {path.name}: {why_unreadable(path, error)}") from error
        return self._taken[path].sha256

    def is_unchanged(self, path: Path) -> bool:
        """Whether a picture is the one that was hashed, if any was."""
        return path not in self._taken or self._taken[path].holds(path)

    def shown(self, image: ImageFile) -> str:
        """The values of an image in a few words, for its row: `age=63; left=cat.png`."""
        found = self.of(image)
        return "; ".join(
            f"{name}={value.name if isinstance(value, Path) else in_words(value)}"
            for name, value in found.items()
        )


NOTHING = Extras({})
"""Of a model that takes an image alone."""


def read_extras(
    given: Sequence[tuple[str, str]], images: Sequence[ImageFile], beside: Sequence[ImageFile] = ()
) -> Extras:
    """What was given for each input, by name, read as far as all images share it.

    Parameters
    ----------
    given : sequence of (str, str)
        The name of an input, and what it is held at: a number, several (`0.1,0.2`), columns of a table
        (`patients.csv:age`), an array in a file (`meta.npy`), or a folder of pictures.
    images : sequence of ImageFile
        All images of the run, in its order.
    beside : sequence of ImageFile
        Others whose values are asked for by their names.

    Raises
    ------
    InputError
        Something is given twice, is none of these, or cannot be read.
    """
    sources: dict[str, ExtraSource] = {}
    for name, value in given:
        if name in sources:
            raise InputError(f"`extra` {name!r} is given twice. Give it once; several numbers have commas.")
        sources[name] = source_of(name, value, images, beside)
    return Extras(sources)
