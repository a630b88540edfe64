"""What files say before anything is built."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from support.systems import pipe
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.source import open_source


def test_a_pipe_is_no_model(tmp_path: Path):
    pipe(tmp_path / "pipe")
    with pytest.raises(ModelError, match="not a file, but a pipe"):
        load_model(tmp_path / "pipe")


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
