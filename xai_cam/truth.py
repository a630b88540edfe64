"""What an image really shows: by the name of its folder, or by a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from xai_cam.errors import UsageError
from xai_cam.files import real_path
from xai_cam.inputs import ImageFile

IMAGE_COLUMNS = ("image", "path", "file", "filename")
TRUTH_COLUMNS = ("truth", "truth_name", "class", "label")
MOST_LISTED = 10


def folder_names(images: Sequence[ImageFile], labels: Sequence[str] | None = None) -> list[str]:
    """The name of each image's class: that of the folder it lies in.

    Folders may be nested below those of the classes: the nearest folder that is among the labels counts,
    or else the one directly below the folder that was named. An image that was named by itself, or lies in
    the named folder itself, takes the name of the folder around it.
    """
    return [_folder_name(image, labels) for image in images]


def _folder_name(image: ImageFile, labels: Sequence[str] | None) -> str:
    below = [part for part in image.folder.parts if part not in (".", "..")]
    if not below:
        return image.path.absolute().parent.name
    known = [part for part in reversed(below) if labels is not None and part in labels]
    return known[0] if known else below[0]


def read_truth(path: Path) -> dict[str, str]:
    """A table of images and their classes, as it is written.

    A CSV file (commas, semicolons or tabs): with a header, the columns called image, path, file or filename
    and truth, class or label; without one, the first two columns.

    Raises
    ------
    UsageError
        The file is missing, is no such table, or names an image twice with different classes.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the truth {path} ({error}). Give a CSV file.") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    except csv.Error as error:
        raise UsageError(f"{path} is no table ({error}). Write lines of image,class.") from error
    image, truth = _columns(rows)
    if image is not None and truth is not None:
        rows = rows[1:]
    else:
        image, truth = 0, 1
    return _table(path, rows, image, truth)


def _columns(rows: list[list[str]]) -> tuple[int | None, int | None]:
    header = [name.strip().lower() for name in rows[0]] if rows else []

    def find(names: Sequence[str]) -> int | None:
        return next((header.index(name) for name in names if name in header), None)

    return find(IMAGE_COLUMNS), find(TRUTH_COLUMNS)


def _table(path: Path, rows: list[list[str]], image: int, truth: int) -> dict[str, str]:
    table: dict[str, str] = {}
    for row in rows:
        if len(row) <= max(image, truth):
            raise UsageError(f"{path} has the line {','.join(row)!r}. Write an image and its class in each.")
        name, said = row[image].strip(), row[truth].strip()
        if table.setdefault(name, said) != said:
            raise UsageError(f"{path} says both {table[name]!r} and {said!r} of {name}. Leave one of them.")
    if not table:
        raise UsageError(f"{path} names no images. Write lines of image,class.")
    return table


def listed_paths(table: Mapping[str, str], source: Path) -> dict[str, str]:
    """The table by real paths: names are taken from the table's own folder or, if not there, as they are."""
    by_path = {}
    for name, said in table.items():
        beside = source.parent / name
        by_path[real_path(beside if beside.exists() else Path(name))] = said
    return by_path


def table_names(images: Sequence[ImageFile], table: Mapping[str, str], source: Path) -> list[str | None]:
    """The name of each image's class by the table; None for an image that it does not hold.

    An image is looked up by its path, then by its path below the folder that was named, then by its name.
    """
    by_path = listed_paths(table, source)

    def find(image: ImageFile) -> str | None:
        below = (image.folder / image.path.name).as_posix()
        return by_path.get(real_path(image.path), table.get(below, table.get(image.path.name)))

    return [find(image) for image in images]


def match_classes(names: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Class indices of names that are labels, or else indices themselves.

    Raises
    ------
    UsageError
        A name is neither; both sides are listed.
    """
    index = {label: i for i, label in reversed(list(enumerate(labels)))}
    found = {name: index[name] for name in set(names) if name in index}
    found |= {n: int(n) for n in set(names) - set(index) if re.fullmatch(r"\d+", n) and int(n) < len(labels)}
    unknown = sorted(set(names) - set(found))
    if unknown:
        free = [label for label in labels if label not in found]
        raise UsageError(
            f"The images' classes and the labels do not match. Only in the images: {_list(unknown)}. Only in "
            f"the labels: {_list(free) or 'none'}. Rename the folders, or give the labels of this model."
        )
    return [found[name] for name in names]


def match_unlabelled(names: Sequence[str], classes: int) -> tuple[list[int], list[str]]:
    """Class indices of names where there are no labels, and the labels that this makes.

    Indices stand for themselves. Names are taken in alphabetical order, as Keras' readers of folders
    do, if there is one for each class.

    Raises
    ------
    UsageError
        There are more or fewer names than classes.
    """
    different = sorted(set(names))
    if all(re.fullmatch(r"\d+", name) and int(name) < classes for name in different):
        return [int(name) for name in names], [str(i) for i in range(classes)]
    if len(different) != classes:
        raise UsageError(
            f"The images have {len(different)} classes ({_list(different)}), the model has {classes}. Give "
            "--labels with the names of the model's classes in their order."
        )
    return [different.index(name) for name in names], different


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more
