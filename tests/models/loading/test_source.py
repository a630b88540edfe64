"""What files say before anything is built; archives lead nowhere and unpack to no more than they say."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
import pytest

from support.systems import pipe
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.source import MAX_NESTED, open_source, parse


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


def test_a_pipe_is_no_model(tmp_path: Path):
    pipe(tmp_path / "pipe")
    with pytest.raises(ModelError, match="not a file, but a pipe"):
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


def test_what_files_say(files: tuple[Path, Path], legacy: Path, tmp_path: Path):
    """Configuration, origin, open weights; nothing of TensorFlow is asked."""
    with open_source(*files) as source:
        assert source.config == json.loads(files[0].read_text(encoding="utf-8"))
        assert source.weights and source.weights.source == files[1] and source.weights.file.id
        handle = source.weights.file
    assert not handle.id, "it is closed"
    with open_source(legacy) as source:
        assert source.origin.keras_version == keras.__version__ and source.origin.backend == "tensorflow"
    with open_source(files[0]) as source:
        assert source.weights is None


def test_the_guard_is_there_while_a_file_is_looked_through(files: tuple[Path, Path]):
    entered = []

    class Guard:
        def __enter__(self) -> None:
            entered.append("in")

        def __exit__(self, *_: object) -> None:
            entered.append("out")

    with open_source(*files, guard=Guard):
        assert entered == ["in", "out"]


def test_json_that_is_larger_or_deeper_than_any_model():
    path = Path("m.json")
    assert parse("[" * (MAX_NESTED - 1) + "]" * (MAX_NESTED - 1), path)
    shape = {"class_name": "InputLayer", "config": {"batch_shape": [None, 10**6, 4, 3]}}
    for text in ("[" * 1000 + "]" * 1000, "[" * 10**5, json.dumps([0] * 500_000), json.dumps(shape)):
        with pytest.raises(ModelError, match="larger or nested deeper"):
            parse(text, path)
    with pytest.raises(ModelError, match="is damaged"):
        parse("{", path)
