"""A container of several files: the path that names it, and the files that are read of it.

A container may be named by one of its files: the `.index` of a checkpoint, the `saved_model.pb` in a folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

from xai_cam.errors import ModelError
from xai_cam.files.regular import NotRegularError, check_regular, open_regular
from xai_cam.files.texts import TextError, read_text
from xai_cam.images.labels_beside import METADATA as TEACHABLE
from xai_cam.models.loading.archive import CONFIG, SHARDED, WEIGHTS
from xai_cam.models.loading.archive import METADATA as ARCHIVE_METADATA
from xai_cam.models.loading.containers.manifest import layers_model_in, shard_names
from xai_cam.models.loading.containers.shard_map import SHARD as SHARD_OF_WEIGHTS
from xai_cam.models.loading.containers.shard_map import SUFFIX, read_shard_map
from xai_cam.models.loading.kinds import Kind

SAVED_MODEL, METADATA = "saved_model.pb", "keras_metadata.pb"
VARIABLES = "variables/variables"

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"

INDEX = ".index"
SHARD = re.compile(r"\.data-(\d{5})-of-(\d{5})")

STATE = "checkpoint"
"""The file in which TensorFlow notes the last checkpoint of a folder."""

LAST = re.compile(r'^\s*model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)

MAX_STATE = 2**20

MAX_NAMED = 4

BLOBS = re.compile(r"(?P<repository>.*/models--[^/]+)/snapshots/")
"""Where the Hugging Face Hub keeps the files of a model, as links to its `blobs`."""


def named_by(path: Path) -> Path:
    """The path of the container that `path` names: itself, its folder, or the prefix of a checkpoint."""
    path = path if path.name else path.absolute()  # messages name it
    if path.name in (SAVED_MODEL, METADATA) and index_of(path.parent / VARIABLES).exists():
        return named_by(path.parent)
    if path.name == CONFIG and is_keras_folder(path.parent):
        return named_by(path.parent)
    listed = list_of(path)
    if listed is not None and listed.exists():
        return listed
    prefix = re.sub(rf"({re.escape(INDEX)}|{SHARD.pattern})$", "", path.name)
    if prefix and prefix != path.name and is_checkpoint(path.with_name(prefix)):
        return path.with_name(prefix)
    if path.is_dir() and not (path / SAVED_MODEL).exists():
        return layers_model_in(path) or path
    return path


def weights_named_by(path: Path) -> Path:
    """The same for weights: a folder, or its note of the last checkpoint, names a checkpoint.

    Raises
    ------
    ModelError
        The note cannot be read, there are several checkpoints without one, or a part of one is missing.
    """
    path = path if path.name else path.absolute()
    if path.name == STATE and path.is_file():
        return _last_of(path.parent)
    named = named_by(path)
    if named.is_dir() and not (named / SAVED_MODEL).exists() and not is_keras_folder(named):
        if (named / STATE).is_file():
            return _last_of(named)
        return _only_checkpoint_in(named) or named
    if not named.exists() and not is_checkpoint(named) and _has_shards(named):
        raise _incomplete(named)
    return named


def _only_checkpoint_in(folder: Path) -> Path | None:
    found = sorted(
        path for path in folder.iterdir() if path.suffix == INDEX and _has_shards(path.with_suffix(""))
    )
    if len(found) > 1:
        names = ", ".join(path.stem for path in found[:MAX_NAMED]) + ", ..." * (len(found) > MAX_NAMED)
        raise ModelError(
            f"{folder} holds several checkpoints: {names}. Name one, as {found[-1].with_suffix('')}."
        )
    return found[0].with_suffix("") if found else None


def _has_shards(prefix: Path) -> bool:
    """Whether the numbers of a checkpoint are there."""
    return prefix.parent.is_dir() and any(
        name.startswith(prefix.name) and SHARD.fullmatch(name[len(prefix.name) :])
        for name in os.listdir(prefix.parent)
    )


def _incomplete(prefix: Path) -> ModelError:
    return ModelError(
        f"{prefix} is incomplete: {index_of(prefix).name} is missing. Copy all of its files again."
    )


def list_of(path: Path) -> Path | None:
    """The list of the sharded weights that a file is one of by its name."""
    shard = SHARD_OF_WEIGHTS.fullmatch(path.name)
    return path.with_name(shard[1] + SUFFIX) if shard else None


def index_of(prefix: Path) -> Path:
    """The file that lists what is in a checkpoint."""
    return prefix.with_name(prefix.name + INDEX)


def is_keras_folder(folder: Path) -> bool:
    """Whether a folder has what a `.keras` archive has, perhaps without its weights."""
    return (folder / CONFIG).is_file() and any(
        (folder / name).exists() for name in (ARCHIVE_METADATA, WEIGHTS, SHARDED)
    )


def is_checkpoint(prefix: Path) -> bool:
    """Whether a path is the prefix of a checkpoint's files."""
    return not prefix.exists() and index_of(prefix).is_file()


def is_hdf5(path: Path) -> bool:
    """Whether a regular file begins as HDF5 does, whatever its suffix."""
    try:
        with open_regular(path) as file:
            return file.read(len(HDF5_MAGIC)) == HDF5_MAGIC
    except OSError:
        return False


def _last_of(folder: Path) -> Path:
    """The last checkpoint of a folder, which is looked for in that folder alone."""
    try:
        text = read_text(folder / STATE, MAX_STATE)
    except (TextError, OSError) as error:
        raise ModelError(f"Cannot read {folder / STATE}: {error}. Name the checkpoint itself.") from error
    found = LAST.search(text)
    name = PureWindowsPath(found[1].replace("\\\\", "\\")).name if found else ""
    if name and not index_of(folder / name).exists() and _has_shards(folder / name):
        raise _incomplete(folder / name)
    if not name or not is_checkpoint(folder / name):
        raise ModelError(
            f"{folder / STATE} names no checkpoint that is there ({name or 'none'}). Name the checkpoint "
            f"itself, as {folder / 'cp.ckpt'}."
        )
    return folder / name


def parts_of(path: Path, kind: Kind | None) -> tuple[Path, ...]:
    """The files that are read of a container, each of them a regular file inside of it.

    Parameters
    ----------
    path : Path
        As `named_by` gives it.
    kind : Kind, optional
        As `first_look` gives it.

    Raises
    ------
    ModelError
        One is missing, leads out of the folder, or is no file.
    """
    find = PARTS.get(kind) if kind else None
    if find is None:
        return (path,)
    return tuple(find(path))


def _of_saved_model(folder: Path) -> list[Path]:
    metadata = [METADATA] if (folder / METADATA).exists() else []
    inside = [inside_of(folder, name) for name in (SAVED_MODEL, *metadata)]
    return [*inside, *_of_checkpoint(folder / VARIABLES, folder)]


def _of_checkpoint(prefix: Path, folder: Path | None = None) -> list[Path]:
    folder, shards = folder or prefix.parent, []
    if prefix.parent.is_dir():
        for name in sorted(os.listdir(prefix.parent)):
            if name.startswith(prefix.name) and SHARD.fullmatch(name[len(prefix.name) :]):
                shards.append(prefix.with_name(name))
    names = [path.relative_to(folder).as_posix() for path in (index_of(prefix), *shards)]
    return [inside_of(folder, name) for name in names]


def _of_keras_folder(folder: Path) -> list[Path]:
    found = [
        inside_of(folder, name) for name in (CONFIG, ARCHIVE_METADATA, WEIGHTS) if (folder / name).exists()
    ]
    if (folder / SHARDED).exists() and not (folder / WEIGHTS).exists():
        found += _of_shards(inside_of(folder, SHARDED))
    return found


def _of_shards(path: Path) -> list[Path]:
    return [path, *_each_once(path, sorted(read_shard_map(path)))]


def _of_tfjs(path: Path) -> list[Path]:
    """Its shards too, and what says of Teachable Machine's models how they are fed."""
    beside = [path.parent / TEACHABLE] if (path.parent / TEACHABLE).is_file() else []
    shards = _each_once(path, shard_names(path))
    return [path, *shards, *(file for file in beside if _lies_in(file, path.parent))]


def _each_once(listing: Path, names: list[str]) -> list[Path]:
    """The files of these names beside their list; none stands there twice, under whatever names."""
    if len(set(names)) < len(names):
        raise ModelError(
            f"{listing} is refused: it names a file twice. Get a new copy of it from its source."
        )
    files = [inside_of(listing.parent, name) for name in names]
    if len({os.path.realpath(file) for file in files}) < len(files):
        raise ModelError(
            f"{listing} is refused: several of the files that it names are one. Copy the folder with "
            "what its links lead to."
        )
    return files


def inside_of(folder: Path, name: str) -> Path:
    """The file of that name in a container's folder.

    Raises
    ------
    ModelError
        The name or a link leads out of the folder, or there is no such file.
    """
    inside = PureWindowsPath(name)  # it takes both kinds of slash
    path = folder / name
    if not name or inside.anchor or ".." in inside.parts or "\0" in name:
        raise ModelError(
            f"{folder} is refused: it names {name!r}, a path that leads out of the folder. Get a new copy of "
            "it from its source."
        )
    try:
        check_regular(path)
        if not _lies_in(path, folder):
            raise ModelError(
                f"{folder} is refused: {name} is a link that leads out of the folder. Copy the folder "
                "with what its links lead to."
            )
    except NotRegularError as error:
        raise ModelError(f"{path} is {error.kind}, not a file. Get a new copy of {folder.name}.") from error
    except (FileNotFoundError, UnicodeEncodeError) as error:  # half a character names no file
        raise ModelError(f"{folder} is incomplete: {name} is missing. Copy all of it again.") from error
    except OSError as error:
        raise ModelError(f"Cannot read {path}: {error.strerror}. Check the path.") from error
    return path


def _lies_in(path: Path, folder: Path) -> bool:
    """Whether a file lies in a folder, or in the store of the Hugging Face Hub that the folder belongs to."""
    real = Path(os.path.realpath(path))
    if real.is_relative_to(os.path.realpath(folder)):
        return True
    hub = BLOBS.match(folder.absolute().as_posix() + "/")
    blobs = None if hub is None else Path(os.path.realpath(hub["repository"])) / "blobs"
    return blobs is not None and not blobs.is_symlink() and real.is_relative_to(blobs)


PARTS: dict[Kind, Callable[[Path], list[Path]]] = {
    Kind.SAVED_MODEL: _of_saved_model,
    Kind.KERAS_FOLDER: _of_keras_folder,
    Kind.SHARDED_WEIGHTS: _of_shards,
    Kind.CHECKPOINT: _of_checkpoint,
    Kind.TFJS: _of_tfjs,
}
"""Kind of a container -> what finds its files; of others there is one."""
