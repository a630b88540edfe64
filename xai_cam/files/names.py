"""Names of files: what they may hold on every system, and which of them stand for one file."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

from xai_cam.errors import OutputError
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.urls import is_url, local_path, scheme_of

MAX_BYTES = 96
"""Limit of a layer's or a kernel's part of a file name; most file systems allow 255 bytes in all."""

MAX_WINDOWS = 259
"""The longest path that Windows takes in UTF-16 units, unless it was told to take longer ones."""

TEMPORARY = 42
"""What a folder for files without their names adds to its path, in the 247 that Windows takes of a folder."""

PLAIN = "_.=+-"
"""Signs that every disk takes, besides letters and digits."""

DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever follows the first dot."""

FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')

ENTRIES = 20
"""How many names in a folder are tried to learn whether its disk minds their case."""


# --- Names for files ----------------------------------------------------------------------------------


def plain(text: str) -> str:
    """A text whose letters (with their marks) and digits stay, in composed form; a `-` for all else."""
    kept = (
        c if c.isalnum() or c in PLAIN or unicodedata.category(c)[0] == "M" else "\0" for c in composed(text)
    )
    return re.sub("\0+", "-", "".join(kept))


def safe_name(text: str) -> str:
    """`outer/conv:1` -> `outer.conv-1`: a text as a part of a file's name, or as its beginning.

    Characters that many disks refuse are replaced, and what Windows would take for a device is told from
    it; a long name is cut, and made unique by a hash.
    """
    part = plain(text.replace("/", "."))
    if DEVICE.match(part):
        first, dot, rest = part.partition(".")
        part = f"{first}-{dot}{rest}"
    if len(part.encode()) > MAX_BYTES:
        mark = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        part = part.encode()[: MAX_BYTES - 9].decode(errors="ignore") + "-" + mark
    return part


def check_name(path: Path, argument: str = "`output`", windows: bool = os.name == "nt") -> None:
    """Refuse a place that is none on Windows: a device, a stream of a file, a path that is too long.

    `argument` names the place, as messages do. Other systems take all of them.

    Raises
    ------
    OutputError
    """
    if not windows or isinstance(path, StorePath):
        return
    parts = path.parts[bool(path.anchor) :]
    for part in parts:
        if DEVICE.match(part):
            raise OutputError(
                f"Cannot write {path}: Windows takes {part} for a device. Name another {argument}."
            )
        if sign := FORBIDDEN.search(part):
            raise OutputError(
                f"Cannot write {path}: Windows takes no {sign[0]!r} in names. Name another {argument}."
            )
    whole = os.path.abspath(path)
    length = max(_units(whole), _units(os.path.dirname(whole)) + TEMPORARY)
    if length > MAX_WINDOWS and not str(path).startswith("\\\\?\\") and not _long_paths():
        raise OutputError(
            f"Cannot write {path}: the path has {_units(whole)} characters, and Windows takes "
            f"{MAX_WINDOWS}, of which a folder for what is not yet whole needs some. "
            f"Name an {argument} nearer to the drive's root, or turn long paths on."
        )


def _units(path: str) -> int:
    """Length as Windows counts it."""
    return len(path.encode("utf-16-le", "surrogatepass")) // 2


def _long_paths() -> bool:
    """Whether this Windows was told to take long paths; Python then does."""
    try:
        import winreg
    except ImportError:
        return False
    key = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as found:  # type: ignore[attr-defined]
            return bool(winreg.QueryValueEx(found, "LongPathsEnabled")[0])  # type: ignore[attr-defined]
    except OSError:
        return False


def as_text(name: str) -> str:
    r"""A name or a path that any file of text can hold: bytes of it that are no UTF-8 as `\udce9`."""
    return name.encode("utf-8", "backslashreplace").decode()


def as_told(text: str) -> Path:
    """The path that a text of our own names, as in a row: what a listing told may hold what no URL may."""
    path = local_path(text) if is_url(text) else Path(text)
    return StorePath(f"{scheme_of(text)}:", text.partition("://")[2]) if path is None else path


# --- Names of one file --------------------------------------------------------------------------------


def composed(name: str) -> str:
    """A name in Unicode's composed form (NFC): some file systems store accents separately."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """A text that is the same for all names that a disk without regard to case or composition takes for one.

    As Unicode compares without regard to case: composed after folding, since folding may decompose.
    """
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def real_path(path: Path | str) -> str:
    """A text that is the same for all names of one file, and differs for different files."""
    path = getattr(path, "origin", None) or path  # what a copy here is of
    place = as_path(path) if is_url(str(path)) else path
    return str(place) if isinstance(place, StorePath) else as_on_disk(os.path.realpath(place))


def absolute(path: Path | str) -> str:
    """A path from the root of its disk on, or its URL; links stay as they are."""
    return str(path) if isinstance(path, StorePath) else os.path.abspath(path)


def as_on_disk(path: str) -> str:
    """A path in the form that is the same for all that its disk takes for one name.

    Names that differ in case or in their composition are one file on some disks, and several on others.
    """
    if is_url(path):  # stores mind the case, and the composition
        return path
    path = os.path.normcase(path)
    if folds(os.path.dirname(path)):
        return folded(path)
    return composed(path) if sys.platform == "darwin" else path  # some of Apple's disks mind the case


@lru_cache(maxsize=4096)
def folds(folder: str) -> bool:
    """Whether the disk of a folder takes names that differ in case for one; nothing is written to find out.

    Judged by names that are there: those in the nearest folder that exists, or its own.
    """
    if is_url(folder):
        return False
    if os.name == "nt":
        return True
    here = os.path.abspath(folder)
    while not os.path.isdir(here) and here != os.path.dirname(here):
        here = os.path.dirname(here)
    return any(map(_has_two_names, islice(_paths_in(here), ENTRIES)))


def _paths_in(folder: str) -> Iterator[str]:
    """What lies in a folder, and the folder itself unless another disk begins there."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry.path for entry in entries)
        if os.stat(folder).st_dev == os.stat(os.path.dirname(folder)).st_dev:
            yield folder
    except OSError:
        return


def _has_two_names(path: str) -> bool:
    """Whether a path leads to the same when the case of its name is changed."""
    folder, name = os.path.split(path)
    try:
        return name.swapcase() != name and os.path.samestat(
            os.lstat(path), os.lstat(os.path.join(folder, name.swapcase()))
        )
    except OSError:
        return False
