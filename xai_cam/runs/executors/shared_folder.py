"""Whether machines share what has to be shared: the folders of outputs, the pictures, and stores.

Into folders one puts something that nobody can guess, and the others look for it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.leftovers import sweep
from xai_cam.files.own_folders import MARK
from xai_cam.files.staging import Staging
from xai_cam.files.stores.paths import StorePath
from xai_cam.runs.task import Task


@dataclass(frozen=True)
class Shared:
    """What all machines have to see.

    Attributes
    ----------
    marks : sequence of Path
        In the folders of outputs, while `marked` lasts.
    pictures : sequence of Path
        Some of those of the run.
    stores : sequence of StorePath
        Pictures in stores, and buckets of outputs.
    """

    marks: Sequence[Path] = ()
    pictures: Sequence[Path] = ()
    stores: Sequence[StorePath] = ()

    def here(self) -> Shared:
        """Without pictures that are no more, or that this machine may not ask for either.

        Those of a long run may be taken away behind it, and a single one may be forbidden: that is for its
        image to say.
        """
        stores = [path for path in self.stores if path == path.bucket or _unreached(path) is None]
        return replace(self, pictures=[path for path in self.pictures if path.is_file()], stores=stores)

    def lack(self) -> InputError | None:
        """What this machine does not see; None where it sees all."""
        unseen = next((mark.parent.parent for mark in self.marks if not mark.is_file()), None)
        if unseen is not None:
            return InputError(
                f"The machine {platform.node()} does not share the folder {unseen}, so that outputs would "
                "end on its own disk. Name one with `output` that all machines share, or a store."
            )
        missing = next((path for path in self.pictures if not path.is_file()), None)
        if missing is not None:
            return InputError(
                f"The machine {platform.node()} does not see {missing}. Put pictures into a folder that all "
                "machines share under the same path, or into a store."
            )
        return next(filter(None, map(_unreached, self.stores)), None)


def check_visible(tasks: Sequence[Task], outputs: Sequence[Path]) -> None:
    """Refuse what lies in the memory of this process: each worker would have one of its own.

    Raises
    ------
    InputError
    """
    pictures = [tasks[number].image.path for number in _some_of(tasks)]
    found = next((path for path in (*pictures, *outputs) if str(path).startswith("memory:")), None)
    if found is not None:
        raise InputError(
            f"{found} lies in the memory of this process, of which workers see nothing. Name a folder or "
            'another store, or leave out `executor="ray"`.'
        )


def shared_by(tasks: Sequence[Task], outputs: Sequence[Path], marks: Sequence[Path]) -> Shared:
    """What the workers of a run have to see: the first picture, the last, one between, and its stores."""
    paths = [tasks[number].image.path for number in _some_of(tasks)]
    stores = [path for path in paths if isinstance(path, StorePath)]
    buckets = [folder.bucket for folder in outputs if isinstance(folder, StorePath)]
    pictures = [path for path in paths if not isinstance(path, StorePath)]
    found = Shared(marks, pictures, stores).here()
    one_each = {path.bucket: path for path in reversed(found.stores)}
    return replace(found, stores=[*one_each.values(), *dict.fromkeys(buckets)])


def _some_of(tasks: Sequence[Task]) -> list[int]:
    return sorted({0, len(tasks) // 2, len(tasks) - 1}) if tasks else []


def _unreached(path: StorePath) -> InputError | None:
    """Why this machine cannot ask the store of a picture or a bucket; None where it can."""
    try:
        if path == path.bucket:
            path.check()
        else:
            path.look()  # what it finds is for the image to say
    except (OSError, XaiCamError) as error:
        reason = error.message if isinstance(error, XaiCamError) else error.strerror or str(error)
        return InputError(
            f"The machine {platform.node()} cannot ask for {path}: {reason.rstrip('.')}. Give it the way "
            "to the store and the credentials of this machine, and start Ray there with their variables."
        )
    return None


@contextmanager
def marked(folders: Sequence[Path]) -> Iterator[list[Path]]:
    """Marks in the folders of outputs, while the block lasts; none in stores, which all machines share.

    One above all of them is enough. Where nothing can be written there is no mark: images will fail by that.
    That of a command which was killed is deleted when it is old, as what lies in the folders themselves.
    """
    with ExitStack() as leaving:
        marks = []
        for folder in _tops(folders):
            sweep(folder)
            try:
                marks.append(leaving.enter_context(Staging(folder)).place / MARK)
            except OSError:
                continue
        yield marks


def _tops(folders: Sequence[Path]) -> list[Path]:
    """The folders, or those above them that are there, without any that lies below another."""
    there = {_existing(folder.absolute()) for folder in folders if not isinstance(folder, StorePath)}
    return sorted(folder for folder in there if there.isdisjoint(folder.parents))


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())
