"""True class of an image: by the name of its folder, or by a table."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from xai_cam.errors import InputError
from xai_cam.files.formulas import plain
from xai_cam.files.names import absolute, composed, folded, folds, real_path
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.urls import is_url
from xai_cam.files.texts import TextError, read_text, reason_of
from xai_cam.images.finding import ImageFile
from xai_cam.images.kinds import kind_of_name
from xai_cam.images.labels import ids_of

IMAGE_COLUMNS = ("image", "path", "file", "filename")
TRUTH_COLUMNS = ("truth", "truth_name", "class", "label")
DELIMITERS = ",;\t"
MAX_LISTED = 10
MAX_BYTES = 256 * 10**6


def folder_names(images: Sequence[ImageFile], labels: Sequence[str] | None = None) -> list[str]:
    """The name of each image's class: that of the folder it lies in.

    Folders may be nested below those of the classes: the nearest folder that is among the labels counts,
    or else the one directly below the folder that was named. An image that was named by itself, or lies in
    the named folder itself, takes the name of the folder around it.
    """
    known = frozenset(map(composed, (*(labels or ()), *ids_of(labels))))
    return [sys.intern(_folder_name(image, known)) for image in images]  # one text for all images of a class


def _folder_name(image: ImageFile, known: frozenset[str]) -> str:
    below = [part for part in image.folder.parts if part not in (".", "..")]
    if not below:
        return os.path.basename(os.path.dirname(absolute(image.path)))
    return next((part for part in reversed(below) if composed(part) in known), below[0])


# --- Tables -------------------------------------------------------------------------------------------


def read_truth(path: Path) -> dict[str, str]:
    """A table of images and their classes; lines without a class are skipped.

    A CSV file (commas, semicolons or tabs): with a header, the columns called image, path, file or filename
    and truth, class or label; without one, the first two columns.

    Raises
    ------
    InputError
        The file is missing, is not such a table, or gives an image two different classes.
    """
    try:
        text = read_text(path, MAX_BYTES)
    except (OSError, TextError) as error:
        raise InputError(
            f"Cannot read the true classes in {path}: {reason_of(error)}. Give a CSV file in UTF-8; "
            "Excel calls it CSV UTF-8."
        ) from error
    if "\0" in text:  # which readers of CSV take differently from one Python to the next
        raise InputError(f"{path} is not a CSV file: it holds zero bytes. Give a CSV file in UTF-8.")
    try:
        rows = _split(text)
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV file ({error}). Write lines of image,class.") from error
    image, truth = _columns(rows)
    if image is not None and truth is not None:
        return _table(path, rows[1:], image, truth)
    if image is None and truth is None:
        return _table(path, rows, 0, 1)
    raise InputError(
        f"The header of {path} ({_list(rows[0])}) does not name the image or its class. Call one column "
        "image and one class."
    )


def _split(text: str) -> list[list[str]]:
    """Rows of cells, at the delimiter that makes the best table of two columns or more."""

    def rows_of(delimiter: str) -> list[list[str]]:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [row for row in rows if any(cell.strip() for cell in row)]

    def quality(rows: list[list[str]]) -> tuple[bool, int, bool, int]:
        pictures = sum(any(map(_is_picture, row)) for row in rows)
        pairs = bool(rows) and all(len(row) == 2 for row in rows)
        return None not in _columns(rows), pictures, pairs, sum(len(row) > 1 for row in rows)

    return max(map(rows_of, DELIMITERS), key=quality)


def _columns(rows: list[list[str]]) -> tuple[int | None, int | None]:
    """Where a header has the image and the class; of two columns it need only name one."""
    header = [name.strip().lower() for name in rows[0]] if rows else []

    def find(names: Sequence[str]) -> int | None:
        return next((header.index(name) for name in names if name in header), None)

    image, truth = find(IMAGE_COLUMNS), find(TRUTH_COLUMNS)
    if any(map(_is_picture, header)):
        return None, None  # this line names an image: a class may be called `label`
    if len(header) == 2 and (image is None) != (truth is None):
        image, truth = (1 - (truth or 0), truth) if image is None else (image, 1 - image)
    return image, truth


def _is_picture(name: str) -> bool:
    return kind_of_name(name.strip()) is not None


def _table(path: Path, rows: list[list[str]], image: int, truth: int) -> dict[str, str]:
    table: dict[str, str] = {}
    for row in rows:
        name, label = (plain(row[i].strip()) if i < len(row) else None for i in (image, truth))
        if not name or label is None:
            line = ",".join(row)
            raise InputError(f"{path} has the line {line[:80]!r}. Write an image and its class on each line.")
        if label:
            _add(table, name if is_url(name) else Path(name).as_posix(), label, path)
    if not table:
        raise InputError(f"{path} names no images. Write lines of image,class.")
    return table


def _add(table: dict[str, str], name: str, label: str, source: Path) -> None:
    if table.setdefault(name, label) != label:
        raise InputError(
            f"{source} gives both {table[name][:80]!r} and {label[:80]!r} for {name[:200]}. Keep one of them."
        )


def path_beside(source: Path, name: str) -> Path:
    """A path that a table names: from the table's own folder or, if not there, as it is.

    What a table in a store names is there: to ask for each would take as long as to fetch it.
    """
    if is_url(name):
        return as_path(name)
    if isinstance(source, StorePath):
        return Path(name) if os.path.isabs(name) else source.parent / name
    beside = source.parent / name
    return beside if os.path.exists(beside) else Path(name)


def table_names(images: Sequence[ImageFile], table: Mapping[str, str], source: Path) -> list[str | None]:
    """The name of each image's class by the table; None for an image that is not in it.

    Names in the table are paths relative to its own folder. One that leads nowhere from there is the
    path below the folder that was named, or a path as it is, or a file's name alone.

    Raises
    ------
    InputError
        The table gives one file two classes, or a name alone is that of several images.
    """
    same = folded if images and folds(os.path.dirname(absolute(images[0].path))) else composed
    beside: dict[str, str] = {}
    elsewhere: dict[str, str] = {}
    as_typed: dict[str, str] = {}
    named = {str(image.path) for image in images} if isinstance(source, StorePath) else frozenset[str]()
    for name, label in _in_both_slashes(table):
        if is_url(name):
            _add(beside, real_path(name), label, source)
            continue
        there = source.parent / name
        if str(there) in named if isinstance(there, StorePath) else os.path.exists(there):
            _add(beside, real_path(there), label, source)
            continue
        _add(elsewhere, same(name), label, source)
        if os.path.exists(name):
            _add(as_typed, real_path(name), label, source)
    by_name: Counter[str] = Counter()

    def find(image: ImageFile) -> str | None:
        real, name = real_path(image.path), same(image.path.name)
        below = same((image.folder / image.path.name).as_posix())
        if real in beside:
            return beside[real]
        if below != name and below in elsewhere:
            return elsewhere[below]
        if real in as_typed:
            return as_typed[real]
        by_name[name] += name in elsewhere
        return elsewhere.get(name)

    names = [find(image) for image in images]
    for name, count in by_name.items():
        if count > 1:
            raise InputError(
                f"{source} gives {elsewhere[name]!r} for {name}, but {count} of the images have that name. "
                "Write their paths relative to its folder."
            )
    return names


def _in_both_slashes(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The lines of a table, and those with the backslashes of Windows as other systems write them."""
    for name, label in table.items():
        yield name, label
        if "\\" in name:
            yield name.replace("\\", "/"), label


# --- Classes of the model -----------------------------------------------------------------------------


def match_classes(names: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Class indices of names that are labels or their ids, or else indices themselves.

    Raises
    ------
    InputError
        A name is neither, where both sides are listed; or it is that of several classes.
    """
    index: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        index.setdefault(composed(label), []).append(i)
    for i, other in enumerate(ids_of(labels)):
        index.setdefault(composed(other), [i])
    found = {name: index[composed(name)] for name in set(names) if composed(name) in index}
    for name in set(names) - set(found):
        if _is_index(name, len(labels)):
            found[name] = [int(name)]
    unknown = sorted(set(names) - set(found))
    if unknown:
        taken = {i for indices in found.values() for i in indices}
        free = [label for i, label in enumerate(labels) if i not in taken]
        raise InputError(
            f"The images' classes and the labels do not match: only among the images {_list(unknown)}; only "
            f"among the labels {_list(free) or 'none'}. Rename the folders, or give the labels of this model."
        )
    for name, indices in sorted(found.items()):
        if len(indices) > 1:
            raise InputError(
                f"The labels name several classes {name!r} ({_list(list(map(str, indices)))}). Name their "
                "image folders by these numbers."
            )
    return [found[name][0] for name in names]


def match_unlabelled(names: Sequence[str], classes: int) -> tuple[list[int], list[str]]:
    """Class indices of names where there are no labels, and the labels that this makes.

    Indices stand for themselves. Names are taken in alphabetical order, as Keras' readers of folders
    do, if there is one for each class.

    Raises
    ------
    InputError
        There are more or fewer names than classes.
    """
    different = sorted(set(names))
    if all(_is_index(name, classes) for name in different):
        return [int(name) for name in names], [str(i) for i in range(classes)]
    if len(different) != classes:
        raise InputError(
            f"The images have {len(different)} classes ({_list(different)}), the model has {classes}. Give "
            "`labels` with the names of the model's classes, in order."
        )
    index = {name: i for i, name in enumerate(different)}
    return [index[name] for name in names], different


def _is_index(name: str, classes: int) -> bool:
    return re.fullmatch(r"\d{1,9}", name) is not None and int(name) < classes


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
