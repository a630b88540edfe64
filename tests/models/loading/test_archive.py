"""Archives lead nowhere, and unpack to no more than they say."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from support.hostile_models import long_directory
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.archive import MAX_MEMBERS, read_archive
from xai_cam.models.loading.limits import Limits


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
    with pytest.raises(ModelError, match="compressed in a way that Keras never uses"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(10_001):
            archive.writestr(str(i), "")
    with pytest.raises(ModelError, match="larger"):
        load_model(path)


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


def good(tmp_path: Path, files: tuple[Path, Path]) -> Path:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(files[0], "config.json")
        archive.write(files[1], "model.weights.h5")
    return path


def test_what_is_in_it(tmp_path: Path, files: tuple[Path, Path]):
    found = read_archive(good(tmp_path, files), True, Limits())
    assert found.config == files[0].read_bytes() and found.metadata is None and found.weights
    with found.weights as file:
        assert file.seek(0) == 0 and file.read() == files[1].read_bytes()
    assert read_archive(tmp_path / "m.keras", False, Limits()).weights is None


def test_the_end_of_an_archive_does_not_say_how_long_its_directory_is(
    tmp_path: Path, files: tuple[Path, Path]
):
    path = long_directory(good(tmp_path, files), MAX_MEMBERS // 2)
    assert load_model(path).built, "the same member again and again"
    with pytest.raises(ModelError, match="directory is larger than that of any model"):
        load_model(long_directory(path, 30 * MAX_MEMBERS))


def test_weights_may_be_bounded(tmp_path: Path, files: tuple[Path, Path]):
    with pytest.raises(ModelError, match=f"takes {files[1].stat().st_size:,} bytes, more than 100"):
        read_archive(good(tmp_path, files), True, Limits(bytes=100))
