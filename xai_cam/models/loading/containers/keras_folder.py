"""A `.keras` archive that is a folder: unzipped, or saved so by `model.save("name", zipped=False)`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xai_cam.models.loading.archive import CONFIG, METADATA, SHARDED, WEIGHTS
from xai_cam.models.loading.containers.parts import inside_of
from xai_cam.models.loading.containers.shards import read_shards
from xai_cam.models.loading.contents import Contents, Reading
from xai_cam.models.loading.hdf5 import CheckedH5, text_of
from xai_cam.models.loading.json_files import read_json


def read_keras_folder(folder: Path, reading: Reading) -> Contents:
    """The configuration of a folder, with its weights if they are wanted.

    Raises
    ------
    ModelError
        A file of it is missing, damaged, or leads out of the folder.
    """
    config = read_json(inside_of(folder, CONFIG))
    metadata = read_json(inside_of(folder, METADATA)) if (folder / METADATA).exists() else None
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    weights = read_unpacked_weights(folder, config, reading) if reading.with_weights else None
    return Contents(config, text_of(version), weights)


def read_unpacked_weights(folder: Path, config: Any, reading: Reading) -> CheckedH5:
    """The weights in a folder: in one file, or sharded.

    Raises
    ------
    ModelError
        As of `read_keras_folder`.
    """
    if (folder / SHARDED).exists() and not (folder / WEIGHTS).exists():
        return read_shards(inside_of(folder, SHARDED), config, reading)
    path = inside_of(folder, WEIGHTS)
    return reading.opened(path, path)
