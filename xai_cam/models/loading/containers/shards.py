"""Sharded weights of Keras 3: a list, and HDF5 files that hold the variables of some layers each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from xai_cam.errors import ModelError
from xai_cam.models.loading.archive import Archive
from xai_cam.models.loading.containers.assembly import STATES, assembled, put
from xai_cam.models.loading.containers.parts import inside_of, parts_of
from xai_cam.models.loading.containers.shard_map import ShardMap, read_shard_map, shards_in
from xai_cam.models.loading.contents import Reading
from xai_cam.models.loading.hdf5 import CheckedH5, open_h5
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.sniff import first_look
from xai_cam.models.loading.tree import parse

OpenShard = Callable[[str], AbstractContextManager[CheckedH5]]
"""Opens the shard of a name, checked."""


def read_shards(path: Path, _: Any, reading: Reading) -> CheckedH5:
    """The weights of the shards that the list at `path` names, as one file.

    Raises
    ------
    ModelError
        A shard is missing, damaged, leads out of the folder, or does not hold what the list says.
    """
    listed = read_shard_map(path)
    parts_of(path, Kind.SHARDED_WEIGHTS)  # each of them is there once
    files = {name: inside_of(path.parent, name) for name in listed}
    reading.limits.check("bytes", sum(file.stat().st_size for file in files.values()))

    @contextmanager
    def opened(name: str) -> Iterator[CheckedH5]:
        kind = first_look(files[name])
        if kind is not None:
            raise ModelError(f"{files[name]} is {kind.value}, not a part of weights in HDF5. Copy it again.")
        with open_h5(files[name], reading.guard, reading.limits) as shard:
            yield shard

    return reading.opened(joined(listed, opened), None)


def read_archived_shards(archive: Archive, path: Path, reading: Reading) -> CheckedH5:
    """The weights of the shards in an archive, as one file.

    Raises
    ------
    ModelError
        A shard is missing, damaged, or does not hold what the list says.
    """

    def opened(name: str) -> AbstractContextManager[CheckedH5]:
        if name not in archive.shards:
            raise ModelError(f"{path} is incomplete: {name} is missing in it. Copy or export it again.")
        return open_h5(archive.shards[name], reading.guard, reading.limits, path)

    with ExitStack() as stack:
        for shard in archive.shards.values():
            stack.callback(shard.close)
        listed = shards_in(parse(archive.listed or b"", path), path, archive.shards.__contains__)
        return reading.opened(joined(listed, opened), path)


def joined(listed: ShardMap, opened: OpenShard) -> BinaryIO:
    """One HDF5 file with the variables of all shards, each of which has its place in the list.

    Raises
    ------
    ModelError
        A shard has less than the list says, or more, or the same as another.
    """

    known = {group for groups in listed.values() for group in groups}

    def fill(target: h5py.File) -> None:
        for name, groups in listed.items():
            with opened(name) as shard, shard.reading() as file:
                _check_whole(file, name, groups)
                _put_all(file, name, known, target)

    return assembled(fill)


def _check_whole(file: h5py.Group, name: str, groups: list[str]) -> None:
    """See that a shard has the groups that it is said to have."""
    for group in groups:
        if not isinstance(file.get(group), h5py.Group):
            raise ModelError(
                f"The weights are incomplete: {name} has no `{group}`, which their list says. Copy the list "
                "and all of its shards again."
            )


def _put_all(file: h5py.Group, name: str, known: set[str], target: h5py.File) -> None:
    """Copy what a shard has of listed groups, and see that it has no variables of others.

    A list of Keras 3.10 names the first shard alone of a layer that lies in two.
    """

    def visit(path: str, item: Any) -> None:
        data = isinstance(item, h5py.Dataset)
        if (path.rpartition("/")[0] if data else path) in known:
            put(item, path, target)
        elif data and path.partition("/")[0] not in STATES:
            raise ModelError(
                f"The weights do not belong together: {name} has `{path}`, which their list does not name. "
                "Copy the list and all of its shards again."
            )

    file.visititems(visit)
