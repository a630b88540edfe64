"""One image of a run, and where its outputs go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xai_cam.errors import ImageError, InputError
from xai_cam.files.fingerprint import Fingerprint, fingerprint
from xai_cam.files.names import as_text, composed
from xai_cam.files.regular import why_unreadable
from xai_cam.files.rows import TRUTH
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.class_specs import ClassSpec
from xai_cam.images.finding import ImageFile
from xai_cam.images.ground_truth import folder_names
from xai_cam.images.labels import ids_of, name_of, resolve


@dataclass(frozen=True)
class Task:
    """One image of a run: where its outputs go, and under which stem.

    `below` is the folder that it is told by in files about several images; default: that below the named one.
    `anew`: its outputs are made again, whatever there is of them: a worker that died may have written them.
    """

    image: ImageFile
    folder: Path
    stem: str
    below: Path | None = None
    anew: bool = False

    @property
    def file_name(self) -> str:
        """The image in files about several images, as `cats/a.png`."""
        below = self.image.folder if self.below is None else self.below
        return as_text((below / self.image.path.name).as_posix())

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """That of the image file, taken once."""
        return fingerprint(self.image.path)

    @property
    def image_hash(self) -> str:
        """SHA-256 of the image file.

        Raises
        ------
        ImageError
            It cannot be read.
        """
        try:
            return self.fingerprint.sha256
        except OSError as error:
            raise ImageError(why_unreadable(self.image.path, error)) from error

    def fetch(self) -> None:
        """Have the image here until `release`, if it is in a store.

        Raises
        ------
        ImageError
            It cannot be read.
        """
        try:
            if isinstance(self.image.path, StorePath):
                self.image.path.hold()
        except OSError as error:
            raise ImageError(why_unreadable(self.image.path, error)) from error

    def release(self) -> None:
        """Give up what was fetched of the image."""
        if isinstance(self.image.path, StorePath):
            self.image.path.release()

    @property
    def held_bytes(self) -> int:
        """How much of the image `fetch` keeps here, or a look-up that has hashed it."""
        path = self.image.path
        return path.stat().st_size if isinstance(path, StorePath) and path.is_held else 0

    def is_unchanged(self) -> bool:
        """Whether the file is the one that was hashed, if any was."""
        taken: Fingerprint | None = vars(self).get("fingerprint")
        return taken is None or taken.holds(self.image.path)

    def resolve(self, spec: str, labels: Sequence[str] | None) -> ClassSpec:
        """A class spec with a name turned into its index; `folder` names the class by the image's folder."""
        folder = folder_names([self.image], labels)[0] if spec == "folder" else ""
        return resolve(spec, labels, folder)

    def classes(self, specs: Sequence[str], labels: Sequence[str] | None) -> list[ClassSpec]:
        """The class specs with names turned into indices, for this image."""
        return [self.resolve(spec, labels) for spec in specs]

    def truth(self, labels: Sequence[str] | None, by_folder: bool = False) -> int | None:
        """Index of the class that the image shows, by the name of its folder; None where that names no class.

        Numbers count only `by_folder`, where classes were requested by folder: elsewhere `2019` is no class.
        """
        if by_folder:
            try:
                return int(self.resolve("folder", labels))
            except InputError:
                return None
        name = composed(folder_names([self.image], labels)[0])
        for names in (labels or (), ids_of(labels)):
            known = [composed(label) for label in names]
            if known.count(name) == 1:
                return known.index(name)
        return None

    def truth_columns(self, labels: Sequence[str] | None, by_folder: bool = False) -> dict[str, Any]:
        """The same as the columns of a row, index and name."""
        truth = self.truth(labels, by_folder)
        return dict(zip(TRUTH, (truth, name_of(truth, labels)), strict=True))
