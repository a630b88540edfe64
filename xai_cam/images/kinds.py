"""The kinds of files that images are read from: how each is told, what it needs, and what reads it.

A new kind is a row of `KINDS`, and a module with its reader. What a file holds decides, not its name; names
decide alone which files of a folder count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import PurePath

from xai_cam.images.dicom.magic import DICOMDIR, is_bare, is_dicom
from xai_cam.images.nifti_head import is_nifti
from xai_cam.images.opening import TIFF_BEGINS

HEAD = 512
"""First bytes of a file by which its kind is told."""


class InFolders(Enum):
    """Whether files of a kind count as images of the folder that they lie in."""

    ALWAYS = "always"
    ALONE = "where there are no others"
    NEVER = "never"


@dataclass(frozen=True)
class FileKind:
    """A kind of files that images are read from.

    Attributes
    ----------
    name : str
        As a text has it behind "a ", or "an ".
    suffixes : frozenset of str
        In small letters, with the dot; several dots may be in one (`.nii.gz`).
    is_of : callable
        Tells by the first `HEAD` bytes of a file, and its name in small letters, whether it is of the kind.
    reader : str
        `module:function`, imported with the first file of the kind. The function gets the path, an `Admit`
        and a `Reading`, and returns a `Picture`, or raises an `ImageError`.
    needs : str
        The module of an extra that the reader needs, one of `extras.EXTRAS`; empty: none.
    nameless : callable
        Tells the same of a file without suffix in a folder, where its name says nothing: more strictly.
    volumes : bool
        Whether its reader also reads volumes, for models that take such.
    in_folders : InFolders
        A file that is named by itself, by a glob with its suffix or by such an `include` always counts.
    """

    name: str
    suffixes: frozenset[str]
    is_of: Callable[[bytes, str], bool]
    reader: str
    needs: str = ""
    nameless: Callable[[bytes, str], bool] = lambda _head, _name: False
    in_folders: InFolders = InFolders.ALWAYS
    volumes: bool = False

    @cached_property
    def endings(self) -> tuple[str, ...]:
        """The suffixes, longer ones first: asked of every name in a folder."""
        return tuple(sorted(self.suffixes, key=len, reverse=True))


PICTURE = FileKind(
    "picture",
    frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".gif"}),
    lambda _head, _name: True,
    "xai_cam.images.picture:read_picture",
)
"""What is of no other kind: its reader says what is wrong with a file that is no picture either."""

DICOM = FileKind(
    "DICOM file",
    frozenset({".dcm", ".dicom", ".ima"}),
    lambda head, _name: is_dicom(head) or is_bare(head),
    "xai_cam.images.dicom.reading:read_dicom",
    needs="pydicom",
    nameless=lambda head, name: is_dicom(head) and name != DICOMDIR,
)
"""Before all others: its preamble may be the beginning of a TIFF."""

TIFF = FileKind(
    "TIFF",
    frozenset({".tif", ".tiff"}),
    lambda head, _name: head[:4] in TIFF_BEGINS,
    "xai_cam.images.tiff:read_tiff",
    volumes=True,
)
"""Pillow reads those that are pictures, so that the kind needs nothing; its reader asks for more in time."""

ARRAY = FileKind(
    "NumPy array",
    frozenset({".npy"}),
    lambda head, _name: head.startswith(b"\x93NUMPY"),
    "xai_cam.images.npy:read_npy",
    in_folders=InFolders.ALONE,
    volumes=True,
)
"""Beside pictures, arrays are rather masks, features or maps than images."""

NIFTI = FileKind(
    "NIfTI volume",
    frozenset({".nii", ".nii.gz"}),
    is_nifti,
    "xai_cam.images.nifti:read_nifti",
    needs="nibabel",
    volumes=True,
)

KINDS: tuple[FileKind, ...] = (DICOM, ARRAY, TIFF, NIFTI, PICTURE)
"""The first kind that a file is of counts, so that `PICTURE` stands last."""


def kind_of_name(name: str) -> FileKind | None:
    """The kind that a file has by its name; None: no image's."""
    lowered = name.lower()
    return next((kind for kind in KINDS if lowered.endswith(kind.endings)), None)


def stem_of(name: str) -> str:
    """A file's name without the suffix of its kind, of which there may be two: `a.nii.gz` is `a`."""
    kind, lowered = kind_of_name(name), name.lower()
    endings = kind.endings if kind else ()
    longest = next((ending for ending in endings if lowered.endswith(ending)), "")
    return name[: len(name) - len(longest)] if len(longest) not in (0, len(name)) else PurePath(name).stem


def names_kind(pattern: str, kind: FileKind) -> bool:
    """Whether a glob names files of a kind, by its suffix: `*.npy`, and not `*`."""
    return pattern.lower().endswith(kind.endings)


def kind_of_head(head: bytes, name: str) -> FileKind:
    """The kind that a file has by its first bytes."""
    lowered = name.lower()
    return next(kind for kind in KINDS if kind.is_of(head, lowered))


def kind_of_nameless(head: bytes, name: str) -> FileKind | None:
    """The kind that a file without suffix in a folder has by its first bytes; None: no image's."""
    lowered = name.lower()
    return next((kind for kind in KINDS if kind.nameless(head, lowered)), None)
