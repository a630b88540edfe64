"""Files that libraries write bit by bit, as tables: on this machine first, and uploaded whole at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from xai_cam.files.stores.paths import StorePath, at_hand


@contextmanager
def draft_of(
    place: Path, upload: Callable[[Path, bytes], None], with_content: bool = False
) -> Iterator[Path]:
    """Where to write a file: at its place on a disk, or for a store in a temporary folder.

    In a store it has its place when the block ends, if the block made or changed it. An empty one that an
    error has left replaces nothing.

    Parameters
    ----------
    place : Path
        Where it is to be.
    upload : callable
        Writes the content to a place in a store.
    with_content : bool
        Begin with the object that is there.

    Raises
    ------
    OSError, XaiCamError
    """
    if not isinstance(place, StorePath):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="xai-cam-") as folder:
        draft, before = Path(folder, place.name), None
        if with_content and place.exists():
            before = place.read_bytes()
            draft.write_bytes(before)
        well = False
        try:
            yield draft
            well = True
        finally:
            after = draft.read_bytes() if draft.exists() else b""
            if after != before and (well or after):
                upload(place, after)


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """The path of a file on a disk, or of a temporary one with the content of an object.

    Raises
    ------
    OSError
    """
    with at_hand(path):
        yield path.hold() if isinstance(path, StorePath) else path
