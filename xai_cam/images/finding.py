"""Files, folders, globs and lists of names -> the image files to explain."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from xai_cam.files.names import path_of_link

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"}
)
"""Suffixes of pictures in a folder. A file named by itself is tried whatever its suffix."""


@dataclass(frozen=True)
class ImageFile:
    """A picture to explain, and where it lies below the folder the user named (`.` for a single file)."""

    path: Path
    folder: Path


@dataclass
class Found:
    """Image files that the user's arguments stand for, and those that are missing.

    `empty_list` is what a list was read from that has no line, where nothing else was named.
    """

    images: list[ImageFile] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    own_outputs: int = 0
    empty_list: str = ""

    @property
    def left_out(self) -> str:
        """Notice on this tool's own pictures, which are skipped, or on an empty list; else empty."""
        if self.empty_list:
            return f"0 images are named by {self.empty_list}: there is nothing to do."
        count = self.own_outputs
        return f"Skipped {count} picture{'s' * (count != 1)} written by xai-cam." if count else ""


def find_images(
    arguments: Iterable[str],
    recursive: bool = False,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    is_own_output: Callable[[Path], bool] = lambda _: False,
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
    """
    found, known = Found(), set()
    for argument in arguments:
        for image in _expand(argument, recursive, found.missing):
            relative = (image.folder / image.path.name).as_posix()
            wanted = not include or any(_matches(image.path.name, relative, g) for g in include)
            if not wanted or any(_matches(image.path.name, relative, g) for g in exclude):
                continue
            key = path_of_link(image.path)
            if key in known:
                continue
            known.add(key)
            if is_own_output(image.path):
                found.own_outputs += 1
            else:
                found.images.append(image)
    return found


def _matches(name: str, relative: str, pattern: str) -> bool:
    return fnmatch(name, pattern) or fnmatch(relative, pattern)


def _expand(argument: str, recursive: bool, missing: list[Path]) -> Iterator[ImageFile]:
    path = Path(argument)
    if os.path.isdir(argument):
        yield from _of_folder(path, path, recursive)
    elif os.path.exists(argument):
        yield ImageFile(path, Path())
    elif glob.has_magic(argument):
        base = _fixed_part(path)
        matches = sorted(map(Path, glob.glob(argument, recursive=True)), key=natural_order)
        if not matches:
            missing.append(path)
        for match in matches:
            if match.is_dir():
                yield from _of_folder(match, base, recursive)
            elif _is_picture(match):
                yield ImageFile(match, match.parent.relative_to(base))
    else:
        missing.append(path)


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first part of a glob that varies."""
    fixed = Path(pattern.anchor)
    for part in pattern.parts[bool(pattern.anchor) : -1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def _of_folder(top: Path, base: Path, recursive: bool) -> Iterator[ImageFile]:
    entered = set()
    for folder, folders, names in os.walk(top, followlinks=True):
        here = Path(folder)
        entered.add(os.path.realpath(here))  # so that a link to a folder above ends
        new = (n for n in folders if not n.startswith(".") and os.path.realpath(here / n) not in entered)
        folders[:] = sorted(new, key=natural_order) if recursive else []
        for name in sorted(names, key=natural_order):
            if _is_picture(here / name):
                yield ImageFile(here / name, here.relative_to(base))


def natural_order(path: Path | str) -> list[tuple[list[str | int], str]]:
    """What names and paths are sorted by: texts as they are, and numbers in them by their values."""
    parts = path.parts if isinstance(path, Path) else (path,)
    return [([int(t) if i % 2 else t for i, t in enumerate(re.split("([0-9]+)", p))], p) for p in parts]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
