"""Where each image's outputs go, so that no two get the same name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from xai_cam.errors import ImageError, InputError
from xai_cam.files.fingerprint import Fingerprint, fingerprint
from xai_cam.files.names import as_on_disk, as_text, composed, folded, plain, real_path
from xai_cam.files.regular import why_unreadable
from xai_cam.files.rows import TRUTH
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.class_specs import ClassSpec
from xai_cam.images.finding import ImageFile
from xai_cam.images.ground_truth import folder_names
from xai_cam.images.kinds import stem_of
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


def tasks_of(images: Sequence[ImageFile]) -> list[Task]:
    """A task for each image of a run that writes nothing of it."""
    return [Task(image, image.path.parent, stem_of(image.path.name)) for image in images]


def place_tasks(
    images: Sequence[ImageFile], output: Path | None, stems: Callable[[Task], list[str]]
) -> list[Task]:
    """A task for each image: beside it, or in `output`, where the tree below a folder argument is mirrored.

    Images of one folder that share a stem keep their whole name in place of it.

    Parameters
    ----------
    images : sequence of ImageFile
        The images of the run.
    output : Path, optional
        Folder for all outputs; None: each image's own.
    stems : callable
        Task -> what the names of its outputs begin with.

    Raises
    ------
    InputError
        Two outputs would still be written to one name, or one beside an image outside of the folder that was
        named.
    """
    placed = [Task(image, _folder(image, output), stem_of(image.path.name)) for image in images]
    if output is not None and _collide(placed, lambda t: [t.image.path.name]):
        placed = _mirror(placed, output)
    tasks = _with_unique_stems(
        _with_unique_stems(placed)
    )  # twice: a whole name may be the stem of another file
    clash = _collide(tasks, stems, exactly=True)
    if clash:
        raise InputError(
            f"Two outputs would get the same name ({clash}). Take these images in separate runs."
        )
    _check_outside(tasks)
    return _with_unique_file_names(tasks)


def _check_outside(tasks: Sequence[Task]) -> None:
    """Refuse to write beside images that lie outside of the named folder, and were reached by a link.

    Raises
    ------
    InputError
    """
    real = cache(real_path)
    for task in tasks:
        if task.image.outside and real(task.folder) == real(task.image.path.parent):
            raise InputError(
                f"{task.image.path} lies outside of the folder that was named, and nothing is written beside "
                "it. Name a folder for the outputs with `output`."
            )


def _with_unique_stems(tasks: list[Task]) -> list[Task]:
    """Tasks where images of one folder that share a stem have their whole names in its place."""
    count = Counter(_key(task.folder, task.stem) for task in tasks)
    return [
        replace(task, stem=task.image.path.name) if count[_key(task.folder, task.stem)] > 1 else task
        for task in tasks
    ]


def _with_unique_file_names(tasks: list[Task]) -> list[Task]:
    """Tasks told apart by the folders below the one that all have in common, where names would repeat."""
    if len({task.file_name for task in tasks}) == len(tasks):
        return tasks
    return [replace(task, below=below) for task, below in zip(tasks, _below_common(tasks), strict=True)]


def _folder(image: ImageFile, output: Path | None) -> Path:
    return image.path.parent if output is None else output / image.folder


def _mirror(tasks: list[Task], output: Path) -> list[Task]:
    """Single files of several folders: keep the folders below the one that they have in common."""
    below = _below_common(tasks)
    return [replace(task, folder=output / folder) for task, folder in zip(tasks, below, strict=True)]


def _below_common(tasks: Sequence[Task]) -> list[Path]:
    """The folders of images, each below the one that they have in common.

    Where they lie on several drives of Windows, or in several buckets, each has a folder of its name.
    """
    parents = [_drive_and_rest(task.image.path.parent) for task in tasks]
    if len({os.path.normcase(drive) for drive, _ in parents}) == 1:
        common = os.path.commonpath([rest for _, rest in parents])
        return [Path(os.path.relpath(rest, common)) for _, rest in parents]
    return [Path(plain(drive).strip("-."), *rest.strip("/").split("/")) for drive, rest in parents]


def _drive_and_rest(folder: Path) -> tuple[str, str]:
    r"""`C:\photos\cats` as `C:` and `/photos/cats`, and `s3://bucket/cats` as `s3://bucket` and `/cats`."""
    if isinstance(folder, StorePath):
        return str(folder.bucket), f"/{folder.relative_to(folder.bucket)}"
    drive, rest = os.path.splitdrive(os.path.abspath(folder))
    return drive, rest.replace("\\", "/")


def _collide(tasks: list[Task], names: Callable[[Task], list[str]], exactly: bool = False) -> str | None:
    """The first image with a name that was there before; `exactly`: one that its disk takes for the same."""
    seen: set[tuple[str, str]] = set()
    for task in tasks:
        for name in names(task):
            key = _key(task.folder, name)
            if exactly:
                key = key[0], as_on_disk(os.path.join(key[0], name))
            if key in seen:
                return str(task.image.path)
            seen.add(key)
    return None


def _key(folder: Path, name: str) -> tuple[str, str]:
    """Names that differ in case or in the composition of letters alone are one file on many disks."""
    if isinstance(folder, StorePath):
        return str(folder), name
    return os.path.normcase(os.path.abspath(folder)), folded(name)
