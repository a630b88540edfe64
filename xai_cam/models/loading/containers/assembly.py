"""An HDF5 file in the layout of Keras 3, put together from one or several others."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import BinaryIO, cast

import h5py

from xai_cam.errors import ModelError

STATES = ("optimizer", "metrics")
"""Groups at the top of a file that a model does without: they are not copied."""

MAX_DEPTH = 200
"""Groups inside of each other; a model inside a model inside a model takes about 10."""


def assembled(fill: Callable[[h5py.File], None]) -> BinaryIO:
    """An HDF5 file without a name, with what `fill` puts into it; the caller closes it."""
    made = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - open as long as it is needed
    try:
        with h5py.File(made, "w") as target:
            fill(target)
    except BaseException:
        made.close()
        raise
    return made


def put(item: h5py.Group | h5py.Dataset, path: str, target: h5py.File) -> None:
    """Copy data, or a group without what is in it, to a path that nothing lies at but a group.

    Data stay packed as they are.

    Raises
    ------
    ModelError
        It is no path, or taken.
    """
    parts = path.split("/")
    if parts[0] in STATES:
        return
    if len(parts) > MAX_DEPTH or not set(parts).isdisjoint(("", ".", "..")):
        raise _odd(f"{path[:100]!r} is no place for weights")
    if isinstance(item, h5py.Dataset):
        if path in target:
            raise _odd(f"there are two `{path}`")
        target.copy(item, path)
    else:
        target.require_group(path).attrs.update(item.attrs)


def _odd(what: str) -> ModelError:
    return ModelError(
        f"The weights are refused: {what}, which Keras never writes. Get a new copy of the files from their "
        "source."
    )
