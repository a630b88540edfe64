"""The files of a model on their way to other machines: by hash, and only where they are not there already."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from xai_cam.errors import InputError
from xai_cam.files.cache import Cache, cache_folder
from xai_cam.files.fingerprint import fingerprint
from xai_cam.files.locks import folder_locked
from xai_cam.models.loading.custom_code import CustomCode
from xai_cam.models.loading.model_files import ModelFiles

KEPT = 7 * 24 * 3600.0
"""Seconds that files of a model stay which nobody uses."""


@dataclass(frozen=True)
class Listed:
    """The files of a model with their hashes, where they were sent from.

    Attributes
    ----------
    hashes : dict of str to str
        SHA-256 by path, of the model, its weights and the user's own code.
    """

    files: ModelFiles
    hashes: Mapping[str, str]

    @property
    def key(self) -> str:
        """What tells them from all others, with their places."""
        lines = "".join(f"{found} {path}\n" for path, found in sorted(self.hashes.items()))
        return f"sent-{hashlib.sha256(lines.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}"

    def are_here(self) -> bool:
        """Whether the same files lie at the same places here."""
        return all(_holds(Path(path), found) for path, found in self.hashes.items())


def listed(files: ModelFiles) -> Listed:
    """The files of a model with their hashes."""
    hashes = {os.path.abspath(path): fingerprint(path, files.cache).sha256 for path in files.parts}
    code = {} if files.code is None else files.code.files
    hashes |= {path: hashlib.sha256(data).hexdigest() for path, data in code.items()}
    return Listed(replace(files), hashes)


def as_they_are(found: Listed) -> ModelFiles:
    """Files that are here: their hashes are taken anew when they are needed."""
    return replace(found.files, cache=found.files.cache and Cache())


def arrived(found: Listed, content: Callable[[str], bytes], folder: Path | None = None) -> ModelFiles:
    """The files written to a folder of this machine; once, whatever the number of workers on it.

    Parameters
    ----------
    found : Listed
        What was sent.
    content : callable
        Path -> what the file holds; called only for files that are not there yet.
    folder : Path, optional
        Default: `xai-cam-sent` beside this user's cache, where what nobody has used for a week goes.

    Raises
    ------
    InputError
        A file was replaced since its hash was taken.
    """
    parent = folder or cache_folder().with_name("xai-cam-sent")
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:  # a user without a home
        parent = Path(tempfile.mkdtemp(prefix="xai-cam-"))
    place = parent / found.key
    with folder_locked(parent):  # the workers of a machine all begin at once
        if not _hold(found, place):
            place = _written(found, content, place)
    with suppress(OSError):
        os.utime(place)
    _sweep(parent)
    return _moved(found.files, place)


def _written(found: Listed, content: Callable[[str], bytes], place: Path) -> Path:
    """The folder with the files, at its place; elsewhere where somebody has changed what is there."""
    new = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
    try:
        for path, sha256 in found.hashes.items():
            data = content(path)
            if hashlib.sha256(data).hexdigest() != sha256:
                raise InputError(f"{path} was replaced while the run began. Run the same command again.")
            file = new / _below(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        try:
            new.rename(place)
        except OSError:
            if not _hold(found, place):
                return new
            shutil.rmtree(new, ignore_errors=True)  # another worker was first
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return place


def _hold(found: Listed, place: Path) -> bool:
    return all(_holds(place / _below(path), one) for path, one in found.hashes.items())


def _sweep(parent: Path) -> None:
    """Delete what was sent and not used for long."""
    with suppress(OSError):
        for entry in parent.iterdir():
            if time.time() - entry.lstat().st_mtime > KEPT:
                shutil.rmtree(entry, ignore_errors=True)


def copies(sent: ModelFiles, here: ModelFiles) -> dict[str, str]:
    """What the files of a model are called where they were sent from, by what they are called here."""
    pairs: list[tuple[object, object]] = [(here.model, sent.model), (here.weights, sent.weights)]
    if sent.code is not None and here.code is not None:
        pairs.append((here.code.source, sent.code.source))
    return {str(one): str(other) for one, other in pairs if one != other}


def _moved(files: ModelFiles, folder: Path) -> ModelFiles:
    """The files of a model below a folder."""
    code = files.code
    if code is not None:
        moved = {str(folder / _below(path)): data for path, data in code.files.items()}
        source = code.source
        if Path(source).suffix == ".py":
            source = str(folder / _below(os.path.realpath(source)))
        code = CustomCode(source, moved, code.sha256)
    weights = None if files.weights is None else folder / _below(os.path.abspath(files.weights))
    model = folder / _below(os.path.abspath(files.model))
    return replace(files, model=model, weights=weights, code=code, cache=files.cache and Cache())


def _below(path: str) -> str:
    """`/models/a.keras` -> `models/a.keras`, and `C:\\models\\a.keras` -> `C/models/a.keras`."""
    drive, rest = os.path.splitdrive(path)
    return "/".join(
        [*([drive.strip(":\\/")] if drive else []), *rest.replace("\\", "/").strip("/").split("/")]
    )


def _holds(path: Path, sha256: str) -> bool:
    try:
        return fingerprint(path, Cache()).sha256 == sha256
    except OSError:
        return False


def missing_of(all_of: Sequence[Listed]) -> list[str]:
    """The files that have to be sent here, by their paths where they come from."""
    return [path for found in all_of if not found.are_here() for path in found.hashes]
