"""Where each image's outputs go, so that no two get the same name."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from xai_cam.errors import InputError
from xai_cam.files.names import as_on_disk, as_text, folded, plain, real_path
from xai_cam.files.repeated import repeated
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.finding import ImageFile
from xai_cam.images.image_files import ImageFiles, compact
from xai_cam.runs.task import Task
from xai_cam.runs.task_list import Tasks

__all__ = ["Task", "place_tasks", "tasks_of"]

CLASH = "Two outputs would get the same name ({}). Take these images in separate runs."


def tasks_of(images: Sequence[ImageFile]) -> Tasks:
    """A task for each image of a run that writes nothing of it."""
    found = compact(images)
    return Tasks(found, [place.parent for place in found.places])


def place_tasks(
    images: Sequence[ImageFile], output: Path | None, stems: Callable[[Task], list[str]]
) -> Tasks:
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
    found = compact(images)
    placed = tasks_of(found) if output is None else _in_output(found, output)
    tasks = _with_unique_stems(
        _with_unique_stems(placed)
    )  # twice: a whole name may be the stem of another file
    _check_names(tasks, stems)
    _check_outside(tasks)
    return _with_unique_file_names(tasks)


def _in_output(images: ImageFiles, output: Path) -> Tasks:
    """Tasks for outputs in one folder; of single files of several folders it mirrors those that differ."""
    tasks = Tasks(images, [output / place.folder for place in images.places])
    if repeated(lambda: _keys(tasks, images.names)):
        return Tasks(images, [output / below for below in _below_common(images)])
    return tasks


def _with_unique_stems(tasks: Tasks) -> Tasks:
    """Tasks where images of one folder that share a stem have their whole names in its place."""
    twice = repeated(lambda: _keys(tasks, tasks.stems()))
    if not twice:
        return tasks
    whole = {number for number, key in enumerate(_keys(tasks, tasks.stems())) if key in twice}
    return Tasks(tasks.images, tasks.of_places, whole=tasks.whole | whole)


def _check_names(tasks: Tasks, stems: Callable[[Task], list[str]]) -> None:
    """Refuse outputs that their disk takes for the same.

    Raises
    ------
    InputError
    """
    folder_of = cache(_key)

    def keys() -> Iterator[tuple[Task, Hashable]]:
        for task in tasks:
            folder = folder_of(task.folder)
            yield from ((task, (folder, as_on_disk(os.path.join(folder, name)))) for name in stems(task))

    twice, seen = repeated(lambda: (key for _, key in keys())), set()
    for task, key in keys() if twice else ():
        if key in seen:
            raise InputError(CLASH.format(task.image.path))
        if key in twice:
            seen.add(key)


def _check_outside(tasks: Tasks) -> None:
    """Refuse to write beside images that lie outside of the named folder, and were reached by a link.

    Raises
    ------
    InputError
    """
    images, real = tasks.images, cache(real_path)
    refused = {
        number
        for number, (place, folder) in enumerate(zip(images.places, tasks.of_places, strict=True))
        if place.outside and real(folder) == real(place.parent)
    }
    if refused:
        first = next(image for image, place in zip(images, images.numbers, strict=True) if place in refused)
        raise InputError(
            f"{first.path} lies outside of the folder that was named, and nothing is written beside "
            "it. Name a folder for the outputs with `output`."
        )


def _with_unique_file_names(tasks: Tasks) -> Tasks:
    """Tasks told apart by the folders below the one that all have in common, where names would repeat."""
    images = tasks.images
    above = ["" if place.folder == Path() else f"{place.folder.as_posix()}/" for place in images.places]

    def names() -> Iterator[str]:
        return (
            as_text(above[place] + name) for place, name in zip(images.numbers, images.names, strict=True)
        )

    if not repeated(names):
        return tasks
    return Tasks(images, tasks.of_places, _below_common(images), tasks.whole)


def _below_common(images: ImageFiles) -> list[Path]:
    """The folders of images, place by place, each below the one that they have in common.

    Where they lie on several drives of Windows, or in several buckets, each has a folder of its name.
    """
    parents = [_drive_and_rest(place.parent) for place in images.places]
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


def _keys(tasks: Tasks, names: Iterable[str]) -> Iterator[Hashable]:
    """What tells the place of each task with a name in it.

    Names that differ in case or in the composition of letters alone are one file on many disks; in no store.
    """
    folders = [(_key(folder), isinstance(folder, StorePath)) for folder in tasks.of_places]
    for place, name in zip(tasks.images.numbers, names, strict=True):
        folder, as_it_is = folders[place]
        yield folder, name if as_it_is else folded(name)


def _key(folder: Path) -> str:
    return str(folder) if isinstance(folder, StorePath) else os.path.normcase(os.path.abspath(folder))
