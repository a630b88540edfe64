"""Archives of strangers: nothing in them leads out, and nothing unpacks to more than it says."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from xai_cam import load_model
from xai_cam.errors import ModelError


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "..\\evil", "a/../../evil", "C:\\evil"])
def test_paths_that_climb_out_of_an_archive(name: str, tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(files[0], "config.json")
        archive.write(files[1], "model.weights.h5")
        archive.writestr(name, "x")
    with pytest.raises(ModelError, match="leads out of the archive"):
        load_model(path)


def test_archives_that_no_keras_writes(tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.write(files[0], "config.json")
        archive.write(files[1], "model.weights.h5")
    with pytest.raises(ModelError, match="packed as Keras never does"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(10_001):
            archive.writestr(str(i), "")
    with pytest.raises(ModelError, match="larger"):
        load_model(path)


def test_a_pipe_is_no_model(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match="not a file but a pipe"):
        load_model(tmp_path / "pipe")


def test_an_archive_that_unpacks_to_more_than_any_model(tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "m.keras"
    for name in ("config.json", "model.weights.h5"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, file in zip(("config.json", "model.weights.h5"), files, strict=True):
                if member != name:
                    archive.write(file, member)
            archive.writestr(name, b" " * 2**26)
        with pytest.raises(ModelError, match="larger"):
            load_model(path)
