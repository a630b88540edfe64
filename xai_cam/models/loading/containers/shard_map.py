"""The list of sharded weights (`model.weights.json`): which file holds the variables of which layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.json_files import read_json

SUFFIX = ".weights.json"

SHARD = re.compile(r"(.+)_(\d{5})\.weights\.h5", re.DOTALL)
"""What Keras calls a shard: by the name of the list, and its number."""

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
    return shards_in(read_json(path), path, lambda name: path.with_name(name).exists())


def shards_in(listed: Any, path: Path, exists: Callable[[str], bool]) -> ShardMap:
    """The shards that a list names, each with its groups; and those between them that exist.

    Keras 3.10 does not name a shard that only has the rest of a layer.

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
    between = (name for name in _between(list(found)) if name not in found and exists(name))
    return found | {name: [] for name in between}


def _between(names: list[str]) -> Iterator[str]:
    """The names of the shards before the last of these."""
    numbered = [match for name in names if (match := SHARD.fullmatch(name))]
    last = max(numbered, key=lambda match: match[2], default=None)
    if last is not None:
        for number in range(min(int(last[2]), MAX_SHARDS)):
            yield f"{last[1]}_{number:05}.weights.h5"


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
