"""A small model of Keras 3 in containers of several files, and as Windows wrote such files."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

SHARD_BYTES = 2_000
"""The tiny model has a kernel of 1,728 bytes, which no shard may be smaller than."""

Rename = Callable[[str], str]


def save_sharded(model: Any, folder: Path, size: int = SHARD_BYTES) -> tuple[Path, Path]:
    """An architecture JSON, and weights in shards of at most so many bytes; the JSON and the list."""
    folder.mkdir(parents=True, exist_ok=True)
    architecture, listed = folder / "model.json", folder / "model.weights.json"
    architecture.write_text(model.to_json(), encoding="utf-8")
    model.save_weights(listed, max_shard_size=size / 2**30)
    return architecture, listed


def save_folder(model: Any, folder: Path, sharded: bool = False) -> Path:
    """An unzipped `.keras` file."""
    whole = folder.with_name(f"{folder.name}.zip.keras")
    folder.mkdir(parents=True)
    model.save(whole)
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(folder)
    whole.unlink()
    if sharded:
        (folder / "model.weights.h5").unlink()
        save_sharded(model, folder)
        (folder / "model.json").unlink()
    return folder


def zipped(folder: Path) -> Path:
    """The `.keras` file of a folder."""
    return Path(shutil.make_archive(str(folder), "zip", folder)).rename(folder.with_suffix(".keras"))


def change_list(listed: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the `weight_map` of a list of shards; what `change` returns takes its place, if anything."""
    content = json.loads(listed.read_text(encoding="utf-8"))
    content["weight_map"] = change(content["weight_map"]) or content["weight_map"]
    listed.write_text(json.dumps(content), encoding="utf-8")


def rename_groups(source: Path, target: Path, rename: Rename) -> Path:
    """The same weights, each group that holds variables under another name, right at the top of the file."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:

        def visit(name: str, item: Any) -> None:
            if name.endswith("vars"):
                owner = rename(name.removesuffix("vars").strip("/"))
                group = new.create_group(owner.encode()) if owner else new
                old.copy(item, group, "vars")

        old.visititems(visit)
    return target


def as_on_windows(name: str) -> str:
    """What tf.keras 2.13 to 2.15 called a group on Windows."""
    return name.replace("/", "\\")


def save_several(models: dict[str, Any], path: Path, weights: str = "") -> Path:
    """Models in groups of one HDF5 file, as Keras 2 wrote them; or weights alone.

    These are in the layout of Keras 2 (`legacy`) or 3 (`keras3`).
    """
    with h5py.File(path, "w") as target:
        for group, model in models.items():
            one = path.with_name("one.weights.h5" if weights == "keras3" else "one.h5")
            model.save_weights(one) if weights == "keras3" else model.save(one)
            with h5py.File(one) as source:
                copied = source["model_weights"] if weights == "legacy" else source
                target.copy(copied, target, group)
            one.unlink()
    return path


def copy_of(model: Path, weights: Path | None, target: Path) -> tuple[Path, Path | None, list[Path]]:
    """A copy of a folder, or of a JSON and its sharded weights; and the files in it."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model if weights is None else model.parent, target)
    files = sorted(path for path in target.rglob("*") if path.is_file() and path.suffix != ".npz")
    return (target, None, files) if weights is None else (target / model.name, target / weights.name, files)
