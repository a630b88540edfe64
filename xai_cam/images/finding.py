"""Files, folders, globs and lists of names -> the image files to explain."""

from __future__ import annotations

import errno
import glob
import os
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from xai_cam.extras import EXTRAS, command_for, is_there
from xai_cam.files.names import as_on_disk, real_path
from xai_cam.files.regular import NotRegularError, kind_of, why_unreadable
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.urls import is_url
from xai_cam.images.folders import WAY_OUT, FolderWalk, fits, is_image, is_inside, natural_order
from xai_cam.images.heads import kind_in_folder
from xai_cam.images.image_files import ImageFile, ImageFiles
from xai_cam.images.in_stores import objects_of, own_outputs, why_not_listed
from xai_cam.images.kinds import FileKind, InFolders

__all__ = ["NO_FILE", "Found", "ImageFile", "find_images"]

NO_FILE = "there is no such file"

SHOWN = 3
"""Paths of one kind that a notice names; of more it tells the number."""


@dataclass
class Found:
    """Image files that the user's arguments stand for, and what of them cannot be taken.

    Attributes
    ----------
    images : sequence of ImageFile
    failures : dict
        Files that are missing or no files, folders that cannot be listed, and why.
    own_outputs : int
        Pictures that this tool wrote.
    passed_over : dict
        What in a folder has the name of a picture and is no file, and links that lead out of it and were not
        followed; and what it is.
    closed : list of Path
        Folders of stores with sub-folders that were not looked into.
    refused : dict
        Folders of stores that were not listed, for want of rights or an answer, and the errors that say so.
    beside : dict
        Files that were left out since there are others in their folder, by what they are.
    unread : dict
        How many files were left out for want of an extra, by what they are.
    empty_list : str
        What a list was read from that has no line, where nothing else was named.
    shard : str
        How many of the images a shard has, where only those are to be taken.
    """

    images: Sequence[ImageFile] = field(default_factory=ImageFiles)
    failures: dict[Path, str] = field(default_factory=dict)
    own_outputs: int = 0
    passed_over: dict[Path, str] = field(default_factory=dict)
    closed: list[Path] = field(default_factory=list)
    refused: dict[Path, OSError] = field(default_factory=dict)
    beside: dict[FileKind, list[Path]] = field(default_factory=dict)
    unread: dict[FileKind, int] = field(default_factory=dict)
    empty_list: str = ""
    shard: str = ""

    @property
    def notices(self) -> list[str]:
        """Lines on what was left out: this tool's own pictures, what is no file, links; or an empty list."""
        if self.empty_list:
            return [f"0 images are named by {self.empty_list}: there is nothing to do."]
        told = [self.shard] if self.shard else []
        if count := self.own_outputs:
            told.append(f"Skipped {count} picture{'s' * (count != 1)} written by xai-cam.")
        return told + self._on_passed_over

    @property
    def notices_on_passed_over(self) -> list[str]:
        """Those that a dry run has too: on what is no file, links, files that were left out, and a shard."""
        return ([self.shard] if self.shard else []) + self._on_passed_over

    @property
    def _on_passed_over(self) -> list[str]:
        told = [_of_an_extra(kind, count) for kind, count in self.unread.items()]
        for kind, paths in self.beside.items():
            some = _several([str(path) for path in paths])
            glob_of = f"*{min(kind.suffixes)}"
            told.append(
                f"Left out {some}, beside pictures: a {kind.name} is taken if the glob {glob_of} names it."
            )
        links = [str(path) for path, kind in self.passed_over.items() if kind == WAY_OUT]
        special = [f"{path} ({kind})" for path, kind in self.passed_over.items() if kind != WAY_OUT]
        if special:
            told.append(f"Left out {_several(special)}.")
        if links:
            told.append(
                f"Left out {_several(links)}: a link out of the folder is followed with `follow_links=True` "
                "alone."
            )
        return told


def find_images(
    arguments: Iterable[str],
    recursive: bool = False,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    is_own_output: Callable[[Path], bool] = lambda _: False,
    follow_links: bool = False,
) -> Found:
    """The pictures that files, folders and globs name, each once, folders sorted by name.

    Numbers in names count as such: `img2` comes before `img10`.

    Parameters
    ----------
    arguments : iterable of str
        As typed. A name that exists is taken as it is; else `*`, `?`, `[` and `**` make it a glob.
    recursive : bool
        Whether to go into the sub-folders of folders.
    include, exclude : globs
        On the file's name, or on its path below the folder.
    is_own_output : callable
        Tells pictures that this tool wrote; they are counted and left out.
    follow_links : bool
        Whether to follow, with `recursive` or below `**`, links that lead out of the folder that was named.
    """
    walk = FolderWalk(recursive, follow_links)
    images, known = ImageFiles(), defaultdict[str, set[str]](set)
    found = Found(images, walk.failures, 0, walk.passed_over, walk.closed, walk.refused)
    real_folder, there = cache(real_path), cache(is_there)

    def missing(image: ImageFile) -> FileKind | None:
        """Its kind, if it lies among others and cannot be read here."""
        kind = kind_in_folder(image.path) if image.among else None
        return kind if kind is not None and kind.needs and not there(kind.needs) else None

    for argument in arguments:
        taken, expanded, is_own = ImageFiles(), _expand(argument, walk), is_own_output
        if is_url(argument):
            expanded, is_own = _of_one_look([*expanded], is_own_output, walk.failures)
        for image in expanded:
            relative = (image.folder / image.path.name).as_posix()
            wanted = not include or any(_matches(image.path.name, relative, g) for g in include)
            if not wanted or any(_matches(image.path.name, relative, g) for g in exclude):
                continue
            folder, name = os.path.split(
                as_on_disk(os.path.join(real_folder(image.path.parent), image.path.name))
            )
            if name in known[folder]:
                continue
            known[folder].add(sys.intern(name))  # as parts of paths are: each name is held once
            if needed := missing(image):
                found.unread[needed] = found.unread.get(needed, 0) + 1
            elif is_own(image.path):  # of arrays nobody expects anything else
                found.own_outputs += image.waiting((argument, *include)) is None
            else:
                taken.append(image)
        images.extend(_counting(taken, (argument, *include), found))
    return found


def _of_one_look(
    images: list[ImageFile], is_own_output: Callable[[Path], bool], failures: dict[Path, str]
) -> tuple[Iterator[ImageFile], Callable[[Path], bool]]:
    """The same, where those of a store are all looked into at once, without those where that fails."""
    remote = [image.path for image in images if isinstance(image.path, StorePath)]
    if len(remote) < len(images):
        return iter(images), is_own_output
    own = own_outputs(remote, is_own_output, failures)
    return (image for image in images if image.path not in failures), own.__contains__


def _of_an_extra(kind: FileKind, count: int) -> str:
    """How files that were left out can be read."""
    command = command_for(EXTRAS[kind.needs][1])
    if count == 1:
        return f"1 {kind.name} was left out: `{command}` reads it."
    return f"{count:,} {kind.name}s were left out: `{command}` reads them."


def _counting(images: ImageFiles, patterns: Sequence[str], found: Found) -> ImageFiles:
    """Those that count as images of what was named; what is left out of the others is written down."""
    kinds = [image.waiting(patterns) for image in images]
    if not any(kinds):
        return images
    alone, counting = None not in kinds, ImageFiles()
    for image, kind in zip(images, kinds, strict=True):
        if kind is None or (alone and kind.in_folders is InFolders.ALONE):
            counting.append(image)
        elif kind.in_folders is InFolders.ALONE:
            found.beside.setdefault(kind, []).append(image.path)
    return counting


def _matches(name: str, relative: str, pattern: str) -> bool:
    return fnmatch(name, pattern) or fnmatch(relative, pattern)


def _several(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _expand(argument: str, walk: FolderWalk) -> Iterator[ImageFile]:
    path = as_path(argument)
    if isinstance(path, StorePath):
        yield from _of_store(argument, path, walk)
        return
    argument = str(path) if is_url(argument) else argument
    try:
        mode = os.stat(argument).st_mode
    except (OSError, ValueError) as error:  # the second of a name with a NUL
        if glob.has_magic(argument) and not os.path.lexists(argument):
            yield from _of_glob(path, walk)
        else:
            walk.failures[path] = why_unreadable(path, error) if isinstance(error, OSError) else NO_FILE
        return
    if stat.S_ISDIR(mode):
        yield from _of_folder(path, path, walk)
    elif kind := kind_of(mode):
        walk.failures[path] = why_unreadable(path, NotRegularError(kind))
    else:
        yield ImageFile(path, Path())


def _of_store(url: str, path: StorePath, walk: FolderWalk) -> Iterator[ImageFile]:
    try:
        paths, base, alone = objects_of(url, walk)
    except OSError as error:
        walk.failures[path] = why_not_listed(error)
        if error.errno != errno.ENOENT:
            walk.refused[path] = error
        return
    for one in paths:
        folder = Path() if alone else Path(*one.parent.relative_to(base).parts)
        yield ImageFile(one, folder, among=not alone)


def _of_folder(top: Path, base: Path, walk: FolderWalk) -> Iterator[ImageFile]:
    real = os.path.realpath(top)
    inside = cache(lambda folder: not walk.follow_links or is_inside(folder, real))
    for path in walk.pictures(top):
        yield ImageFile(path, path.parent.relative_to(base), not inside(path.parent), among=True)


def _of_glob(pattern: Path, walk: FolderWalk) -> Iterator[ImageFile]:
    base, failures = _fixed_part(pattern), len(walk.failures)
    deep = _of_deep_glob(pattern, base, walk) if "**" in pattern.parts else []
    if not deep and os.path.isdir(base):
        walk.list(base)  # that a folder cannot be listed is nothing to Python's `glob`
    matches = [] if deep else sorted(map(Path, glob.glob(str(pattern))), key=natural_order)
    if not deep and not matches and len(walk.failures) == failures:
        walk.failures[pattern] = NO_FILE
    yield from deep
    for match in matches:
        if os.path.isdir(match):
            yield from _of_folder(match, base, walk)
        elif is_image(match) and walk.takes_file(match):
            yield ImageFile(match, match.parent.relative_to(base), among=True)


def _of_deep_glob(pattern: Path, base: Path, walk: FolderWalk) -> list[ImageFile]:
    """As of sub-folders; Python's `glob` would go round circles of links, up to 2 ** 40 times."""
    first = pattern.parts.index("**")
    head, tail = str(Path(*pattern.parts[:first])), pattern.parts[first:]
    deep, found = replace(walk, recursive=True), []
    for top in map(Path, glob.glob(head) if glob.has_magic(head) else [head]):
        for image in _of_folder(top, base, deep) if os.path.isdir(top) else ():
            *folders, name = image.path.relative_to(top).parts
            ends = range(len(folders) + 1) if walk.recursive else [len(folders)]
            if fits((*folders, name), tail) or any(fits(folders[:end], tail) for end in ends):
                found.append(image)
    return sorted(found, key=lambda image: natural_order(image.path))


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first part of a glob that varies."""
    fixed = Path(pattern.anchor)
    for part in pattern.parts[bool(pattern.anchor) : -1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed
