"""Folders for what has no name yet, or none that anybody else has to know; they go with their process.

Such a folder is called `.xai-cam-….tmp`, after the process that made it. A file in it says whose it is, and
is locked as long as the process lives. `leftovers` deals with what killed runs left of these.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from xai_cam.files.handle_locks import try_lock
from xai_cam.files.patience import discard

PROCESS = secrets.token_hex(4)
"""Tells this process from all others, on any machine, in the names of its folders."""

NAME = re.compile(r"\.xai-cam-([0-9a-f]{8})[0-9a-f]{8}\.tmp")
PART = re.compile(r"\d{1,12}(\.[\w.]{1,40})?")
"""What a file is called in such a folder."""

FETCHED = re.compile(r"fetched-\d{1,12}")
"""What a folder is called there, with whatever was fetched from a store."""

MARK, MARKED = "of-xai-cam", b"Files of xai-cam that do not have their names yet.\n"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""Flags that open a new file for writing, and fail where there is one."""


class OwnFolder:
    """A folder of this process, with its mark.

    Parameters
    ----------
    at : Path
        Where it is to be.
    mode : int
        Who may look into it.
    """

    def __init__(self, at: Path, mode: int = 0o700) -> None:
        self.place = at / f".xai-cam-{PROCESS}{secrets.token_hex(4)}.tmp"
        self.mark: int | None = None
        self._mode = mode

    def make(self) -> None:
        """Make it.

        Raises
        ------
        OSError
            Nothing can be made there; nothing is.
        """
        os.mkdir(self.place, self._mode)
        try:
            self.mark = os.open(self.place / MARK, NEW, 0o666)
            os.write(self.mark, MARKED)
            try_lock(self.mark)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Delete it, if it holds nothing but its mark; else the mark alone, so that nobody sweeps it."""
        if self.mark is not None:
            os.close(self.mark)
        self.mark = None
        discard(self.place / MARK)
        with suppress(OSError):
            os.rmdir(self.place)


def delete(place: Path) -> None:
    """Delete a file, or a folder with all that is in it; what is refused stays, and hides no other error."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        discard(place)
