"""How a command opens its model: in a process that is prepared, with the user's own layers, within bounds."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from xai_cam.cli import startup
from xai_cam.cli.groups import ComputeOptions, TrustOptions
from xai_cam.cli.process import bounded_memory
from xai_cam.cli.startup import Once
from xai_cam.models.known.stored import StoredModel
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


TRUST = TrustOptions(None, True, "seconds=9")


def stored(computing: ComputeOptions) -> StoredModel:
    return TRUST.stored(ModelFiles(Path("model.keras")), False, computing)


def test_a_model_is_not_opened_before_it_is_asked_for(calls: list[tuple[Any, ...]]) -> None:
    found = stored(ComputeOptions("cpu"))
    assert calls == [] and found.cache is not None
    assert found.trust == {"allow_unsafe": True, "limit": "seconds=9"}
    assert found.model is None  # what loading gives here
    assert calls[0] == ("start", False, "cpu") and calls[1][2]["limit"] == "seconds=9"


@pytest.mark.parametrize(
    "computing",
    [
        ComputeOptions("cpu", no_cache=True),
        ComputeOptions("cpu", engine="tensorflow"),
        ComputeOptions("gpu"),
        ComputeOptions("gpu:1"),
    ],
)
def test_it_is_opened_where_nothing_kept_may_be_used(computing: ComputeOptions) -> None:
    assert stored(computing).cache is None


def test_where_there_may_be_a_gpu_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.models.devices.DRIVERS", ())
    assert stored(ComputeOptions("auto")).cache is not None
    monkeypatch.setattr("xai_cam.models.devices.DRIVERS", (__file__,))
    assert stored(ComputeOptions("auto")).cache is None
    assert stored(ComputeOptions("cpu")).cache is not None


def test_of_an_architecture_no_weights_are_loaded(
    calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.models.loading.load.load_architecture", lambda *given: given)
    found = startup.stored_architecture(ModelFiles(Path("model.json"), inside="a"), False, True, "seconds=9")
    assert calls == [] and found.trust["weights"] is False
    assert found.model == (Path("model.json"), {}, True, bounded_memory, "seconds=9", "a")
    assert calls == [("start", False)]


def test_a_model_is_opened_once_here_and_once_more_elsewhere() -> None:
    opened = Once(dict)
    assert opened() is opened()
    there = pickle.loads(pickle.dumps(opened))
    assert there() is there() and there() is not opened()
