"""A load opens each H5 file once and walks over it once, whatever the form of the model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from support import ROOT
from support.small_models import build_tiny
from xai_cam import load_model
from xai_cam.models.loading import hdf5

SAMPLES = ROOT / "sample_models"

KERAS = "model.weights.h5 for Keras"
"""A link or copy in a folder of its own, which Keras' reader opens by its path."""


def whole_h5(folder: Path) -> Path:
    build_tiny().save(folder / "whole.h5")
    return folder / "whole.h5"


def archive(folder: Path) -> Path:
    build_tiny().save(folder / "model.keras")
    return folder / "model.keras"


FORMS: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "digits": (lambda _: SAMPLES / "digits" / "model.json", ["model.weights.h5", KERAS]),
    "dogcat, Keras 2": (lambda _: SAMPLES / "dogcat" / "keras2" / "model.json", ["model.h5"]),
    "whole H5": (whole_h5, ["whole.h5"]),
    "archive": (archive, ["a file without a name", KERAS]),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_file_is_opened_once(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, expected = FORMS[form]
    model = make(tmp_path)
    opened, walked = count(monkeypatch)
    load_model(model)
    assert [named(source) for source in opened] == expected
    assert len(walked) == 1


def test_the_weights_beside_a_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files, each of them once."""
    model, weights = whole_h5(tmp_path), tmp_path / "other.h5"
    shutil.copy(model, weights)
    opened, walked = count(monkeypatch)
    load_model(model, weights)
    assert sorted(named(source) for source in opened) == ["other.h5", "whole.h5"] and len(walked) == 2


def count(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any]]:
    """What is opened as HDF5, and what is walked over, from now on."""
    opened: list[Any] = []
    walked: list[Any] = []
    check = hdf5.check_h5

    class Counted(h5py.File):  # type: ignore[misc]
        def __init__(self, name: Any, *arguments: Any, **options: Any) -> None:
            opened.append(name)
            super().__init__(name, *arguments, **options)

    def check_h5(file: h5py.File, sums: hdf5.Sums) -> None:
        walked.append(file)
        check(file, sums)

    monkeypatch.setattr(h5py, "File", Counted)
    monkeypatch.setattr(hdf5, "check_h5", check_h5)
    return opened, walked


def named(source: Any) -> str:
    if not isinstance(source, str | Path):
        return "a file without a name"
    path = Path(source)
    return KERAS if path.name == "model.weights.h5" and not path.is_relative_to(SAMPLES) else path.name
