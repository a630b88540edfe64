"""Folders -> the image files in them, and what in them is passed over: each is named to the user."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from xai_cam.files.regular import kind_of
from xai_cam.images.heads import kind_in_folder
from xai_cam.images.kinds import PICTURE, TIFF

SUFFIXES = PICTURE.suffixes | TIFF.suffixes
"""Suffixes of pictures in a folder. A file named by itself is tried whatever its suffix."""

WAY_OUT = "a link out of the folder"


@dataclass
class FolderWalk:
    """Goes through folders, and keeps account of what it passes over.

    Parameters
    ----------
    recursive : bool
        Whether to go into sub-folders.
    follow_links : bool
        Whether links that lead out of a folder are followed all the same. Without `recursive` there is no
        need to: no link to a folder is followed, and a file is where its link lies.

    Attributes
    ----------
    failures : dict
        Folders that cannot be listed, and why.
    passed_over : dict
        What has the name of a picture and is no file, and links that were not followed; and what it is.
    closed : list of Path
        Folders of stores with sub-folders that were not looked into.
    refused : dict
        Folders of stores that were not listed, for want of rights or an answer, and the errors that say so.
    """

    recursive: bool = False
    follow_links: bool = False
    failures: dict[Path, str] = field(default_factory=dict)
    passed_over: dict[Path, str] = field(default_factory=dict)
    closed: list[Path] = field(default_factory=list)
    refused: dict[Path, OSError] = field(default_factory=dict)

    def pictures(self, top: Path) -> Iterator[Path]:
        """The images in a folder, by their names, those in its sub-folders behind them; sorted by name.

        Links to sub-folders come last: a folder is entered under its own name, where it has one here.
        """
        real_top = os.path.realpath(top)
        entered: set[str] = set()
        waiting, links = [(top, real_top)], deque[tuple[Path, str]]()
        while waiting or links:
            folder, real = waiting.pop() if waiting else links.popleft()
            if real in entered:  # by a link, perhaps to a folder above
                continue
            entered.add(real)
            deeper: list[tuple[Path, str]] = []
            for entry in self.list(folder):
                path = folder / entry.name
                if entry.name.startswith("."):
                    continue
                if _is_folder(entry):
                    if self.recursive and self.takes(path, real_top, _is_link(entry)):
                        (links if entry.is_symlink() else deeper).append((path, _real(path, real, entry)))
                elif is_image(path) and self.takes_file(path, real_top, entry):
                    yield path
            waiting += reversed(deeper)

    def list(self, folder: Path) -> list[os.DirEntry[str]]:
        """What lies in a folder, sorted by name; nothing of one that cannot be listed."""
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: natural_key(entry.name))
        except OSError as error:
            self.failures[folder] = f"the folder cannot be listed ({error.strerror or error})"
            return []

    def takes(self, path: Path, real_top: str, link: bool = True) -> bool:
        """Whether to follow a path; a link that leads out of the folder `real_top` is written down."""
        if not link or self.follow_links or is_inside(path, real_top):
            return True
        self.passed_over[path] = WAY_OUT
        return False

    def takes_file(
        self, path: Path, real_top: str | None = None, entry: os.DirEntry[str] | None = None
    ) -> bool:
        """Whether a path is a file to read; what cannot be looked at is, and fails in its turn."""
        if entry is not None and not _is_link(entry) and entry.is_file():
            return True
        try:
            kind = kind_of(os.stat(path).st_mode)
        except OSError:
            return True
        if kind:
            self.passed_over[path] = kind
            return False
        return not self.recursive or real_top is None or self.takes(path, real_top)


def is_inside(path: Path, real_folder: str) -> bool:
    """Whether a path leads to the folder or into it, by whatever links."""
    real, folder = (os.path.normcase(one) for one in (os.path.realpath(path), real_folder))
    return real == folder or real.startswith(os.path.join(folder, ""))


def fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path are those of a pattern, where `**` stands for any number of them."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(fits(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatch(parts[0], pattern[0]) and fits(parts[1:], pattern[1:])


def natural_order(path: Path | str) -> list[tuple[list[str | int], str]]:
    """What names and paths are sorted by: texts as they are, and numbers in them by their values."""
    parts = path.parts if isinstance(path, Path) else (path,)
    return [([int(t) if i % 2 else t for i, t in enumerate(re.split("([0-9]+)", p))], p) for p in parts]


def natural_key(name: str) -> str:
    """A text by which one name is sorted as by `natural_order`, in a third of its memory.

    Numbers stand behind a zero, which no name has, and how many digits they have; the name itself comes last.
    """
    parts = re.split("([0-9]+)", name)
    for place in range(1, len(parts), 2):
        digits = parts[place].lstrip("0")
        parts[place] = f"\0{chr(1 + len(digits))}{digits}"
    return f"{''.join(parts)}\0\0{name}"


def is_image(path: Path) -> bool:
    """Whether a file in a folder may count as an image, by its name; without suffix by its first bytes."""
    return not path.name.startswith(".") and kind_in_folder(path) is not None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads back to itself
        return False


def _is_link(entry: os.DirEntry[str]) -> bool:
    """Whether it may lead elsewhere; of Windows' junctions not every Python tells."""
    return os.name == "nt" or entry.is_symlink()


def _real(path: Path, real_parent: str, entry: os.DirEntry[str]) -> str:
    return os.path.realpath(path) if _is_link(entry) else os.path.join(real_parent, entry.name)
