"""A disk as macOS formats it: names keep their case and composition, and are found by any other.

Simulated for Python's own calls below one folder. What opens files by itself, as OpenCV, sees names as they
are stored.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ONE_PATH = (
    *("stat", "lstat", "access", "scandir", "listdir", "readlink"),
    *("open", "mkdir", "rmdir", "unlink", "remove", "utime", "chmod", "truncate"),
)
TWO_PATHS = ("replace", "rename", "link")


def folded(name: str) -> str:
    """As Unicode compares without regard to case, decomposed."""
    decomposed = unicodedata.normalize("NFD", name)
    return unicodedata.normalize("NFD", decomposed.casefold())


class FoldingDisk:
    """The folder `top` as such a disk, as long as the patch holds."""

    def __init__(self, top: Path, patch: pytest.MonkeyPatch) -> None:
        self.top = os.path.abspath(top)
        self._listdir = os.listdir
        for name in ONE_PATH:
            patch.setattr(os, name, self._translating(getattr(os, name), 1))
        for name in TWO_PATHS:
            patch.setattr(os, name, self._translating(getattr(os, name), 2))
        patch.setattr(os, "symlink", self._translating(os.symlink, 2, first=1))
        for module in (io, builtins):
            patch.setattr(module, "open", self._translating(io.open, 1))

    def _translating(self, function: Callable[..., Any], paths: int, first: int = 0) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if options.get("dir_fd") is not None:  # a name within an open folder, as shutil uses it
                return function(*arguments, **options)
            there = [self.stored(one) if first <= i < paths else one for i, one in enumerate(arguments)]
            return function(*there, **options)

        return call

    def stored(self, path: Any) -> Any:
        """A path with the names that are stored for it; new ones as they are."""
        if not isinstance(path, str | os.PathLike):
            return path
        whole = os.path.join(os.getcwd(), os.fspath(path))
        if not whole.startswith(self.top + os.sep):
            return path
        here = self.top
        for part in whole[len(self.top) + 1 :].split(os.sep):
            here = os.path.join(here, self._entry(here, part))
        return here

    def _entry(self, folder: str, name: str) -> str:
        try:
            entries = self._listdir(folder)
        except OSError:
            return name
        if name in entries:
            return name
        return next((entry for entry in entries if folded(entry) == folded(name)), name)
