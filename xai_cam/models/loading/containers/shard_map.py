"""The list of sharded weights (`model.weights.json`): which file holds the variables of which layer."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.json_files import read_json

SUFFIX = ".weights.json"

MAX_SHARDS = 1_000

ShardMap = dict[str, list[str]]
"""Name of a shard -> the groups that hold variables in it."""


def read_shard_map(path: Path) -> ShardMap:
    """The shards of a list in a file.

    Raises
    ------
    ModelError
        It is damaged, no such list, or names files that do not lie beside it.
    """
    return shards_in(read_json(path), path)


def shards_in(listed: Any, path: Path) -> ShardMap:
    """The shards that a list names, each with its groups.

    Raises
    ------
    ModelError
        It is no such list, or names files that do not lie beside it.
    """
    groups = listed.get("weight_map") if isinstance(listed, dict) else None
    found: ShardMap = {}
    for group, names in groups.items() if isinstance(groups, dict) else ():
        for name in names if isinstance(names, list) else [names]:
            found.setdefault(_checked(name, path), []).append(_group(group))
    if not found or len(found) > MAX_SHARDS:
        what = f"names {len(found):,} files, more than {MAX_SHARDS:,}" if found else "names no files"
        raise ModelError(
            f"{path} is refused: as a list of sharded weights it {what}. Write it with "
            "`model.save_weights('model.weights.json', max_shard_size=1)`."
        )
    return found


def _group(name: str) -> str:
    """The group of a layer's variables: a list has it as `/layers/dense/vars`, or as `layers/dense`."""
    group = name.replace("\\", "/").strip("/")
    return group if group.split("/")[-1] == "vars" else f"{group}/vars".lstrip("/")


def _checked(name: Any, path: Path) -> str:
    plain = isinstance(name, str) and PureWindowsPath(name).name == name and "\0" not in name
    if not plain or name in ("", ".."):
        raise ModelError(
            f"{path} is refused: it names {str(name)[:100]!r}, which is no file beside it. Get a new copy of "
            "it and its shards from their source."
        )
    return name
