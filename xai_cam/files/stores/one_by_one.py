"""Stores whose library has one connection: what several threads ask of it at a time gets mixed up there."""

from __future__ import annotations

from functools import wraps
from threading import RLock
from typing import Any

SCHEMES = frozenset({"sftp", "ssh", "ftp", "smb"})
"""Paramiko lets threads wait for each other's answers for ever; the others are alike."""


class OneByOne:
    """A file system of `fsspec`, of which one thread at a time asks something."""

    def __init__(self, files: Any) -> None:
        self._files, self._turn = files, RLock()

    def __getattr__(self, name: str) -> Any:
        """What the file system has of that name; of functions one that waits for its turn."""
        found = getattr(self._files, name)
        if not callable(found):
            return found

        @wraps(found)
        def in_turn(*arguments: Any, **options: Any) -> Any:
            with self._turn:
                return found(*arguments, **options)

        return in_turn
