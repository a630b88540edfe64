"""How a command opens its model: in a process that is prepared, with the user's own layers, within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xai_cam.cli import startup
from xai_cam.cli.process import bounded_memory
from xai_cam.models.loading.custom_code import read_code
from xai_cam.models.loading.model_files import ModelFiles


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was started and loaded, in order."""
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(startup, "start_tensorflow", lambda *given: found.append(("start", *given)))
    monkeypatch.setattr(
        "xai_cam.models.loading.load_model", lambda *given, **options: found.append(("load", given, options))
    )
    monkeypatch.setattr("xai_cam.models.loading.steady.open_steadily", lambda _, load: load())
    return found


def test_the_process_is_prepared_before_the_model_is_loaded(calls: list[tuple[Any, ...]]) -> None:
    files = ModelFiles(Path("model.json"), Path("model.h5"))
    startup.open_model(files, True, "cpu")
    none = dict.fromkeys(("limit", "inside"))
    options = {"custom_objects": {}, "allow_unsafe": False, "guard": bounded_memory, **none}
    assert calls == [("start", True, "cpu"), ("load", (files.model, files.weights), options)]


def test_layers_of_ones_own_are_imported_by_name(tmp_path: Path, calls: list[tuple[Any, ...]]) -> None:
    (tmp_path / "blocks.py").write_text(
        "import keras\n\nclass Block(keras.layers.Layer):\n    pass\n", encoding="utf-8"
    )
    source = str(tmp_path / "blocks.py")
    startup.open_model(ModelFiles(Path("model.keras"), None, read_code(source)), allow_unsafe=True)
    options = calls[-1][2]
    assert "Block" in options["custom_objects"] and options["allow_unsafe"] is True
