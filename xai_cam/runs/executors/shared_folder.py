"""Whether machines share a folder: one puts something there that nobody can guess, the others look for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from xai_cam.files.staging import MARK, Staging
from xai_cam.files.stores.paths import StorePath


@contextmanager
def marked(folders: Sequence[Path]) -> Iterator[list[Path]]:
    """Marks in the folders of outputs, while the block lasts; none in stores, which all machines share.

    One above all of them is enough. Where nothing can be written there is no mark: images will fail by that.
    """
    with ExitStack() as leaving:
        marks = []
        for folder in _tops(folders):
            try:
                marks.append(leaving.enter_context(Staging(folder)).place / MARK)
            except OSError:
                continue
        yield marks


def unseen(marks: Sequence[Path]) -> Path | None:
    """The first folder whose mark is not on this machine; None where it has them all."""
    return next((mark.parent.parent for mark in marks if not mark.is_file()), None)


def _tops(folders: Sequence[Path]) -> list[Path]:
    """The folders, or those above them that are there, without any that lies below another."""
    there = {_existing(folder.absolute()) for folder in folders if not isinstance(folder, StorePath)}
    return sorted(folder for folder in there if there.isdisjoint(folder.parents))


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())
