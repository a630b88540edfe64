"""First bytes of files, by which their kinds are told."""

from __future__ import annotations

import re
from pathlib import Path

from xai_cam.files.regular import first_bytes
from xai_cam.images.kinds import HEAD, FileKind, kind_of_name, kind_of_nameless

NAMELESS = re.compile(r"(\.\d*)?")
"""What counts as no suffix: also the last of the numbers that a file may be named by, `1.2.840.10008`."""


def head_of(path: Path) -> bytes | None:
    """The first bytes of a file; None of one that cannot be read."""
    try:
        return first_bytes(path, HEAD)
    except OSError:
        return None


def kind_in_folder(path: Path) -> FileKind | None:
    """The kind of a file among others, by its name; of one without suffix by its first bytes."""
    kind = kind_of_name(path.name)
    if kind is not None or not NAMELESS.fullmatch(path.suffix):
        return kind
    head = head_of(path)
    return None if head is None else kind_of_nameless(head, path.name)
