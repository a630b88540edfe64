"""`xai-cam layers`, `methods` and `doctor`."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

import pytest

import xai_cam
from support.commands import named, run
from xai_cam.cam.methods import METHODS
from xai_cam.installation import repair_command


def test_methods_lists_the_whole_table() -> None:
    rows = json.loads(run("methods", "--json").stdout)
    assert [row["name"] for row in rows] == list(METHODS)
    text = run("methods").stdout
    for method in METHODS.values():
        assert method.summary in text and method.paper in text and method.cost in text


def test_layers_marks_the_default(tiny_files: tuple[Path, Path]) -> None:
    result = run("layers", *named(tiny_files), "--json")
    rows = json.loads(result.stdout)
    assert [row["path"] for row in rows] == ["conv_1", "pool", "conv_2"]
    assert [row["path"] for row in rows if row["default"]] == ["conv_2"]
    text = run("layers", "-m", tiny_files[0]).stdout
    assert re.search(r"^\* +conv_2 +Conv2D +8 x 8 x 8$", text, re.MULTILINE)
    assert "3 classes, softmax" in text


def test_doctor_names_what_is_here() -> None:
    result = run("doctor")
    assert result.exit_code == 0
    for part in (f"xai-cam {xai_cam.__version__}", "tensorflow", "keras", "CPU", "GPU"):
        assert part in re.sub(" +", " ", result.stdout)


def test_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.metadata.version

    def version(package: str) -> str:
        if package == "h5py":
            raise importlib.metadata.PackageNotFoundError
        return known(package)

    monkeypatch.setattr(importlib.metadata, "version", version)
    result = run("doctor")
    assert result.exit_code == 1 and re.search(r"^h5py +missing$", result.stdout, re.MULTILINE)
    assert f"Missing: h5py. Run `{repair_command(['h5py'])}`." in result.stderr
    assert "--upgrade 'h5py>=" in result.stderr


def test_layers_of_a_model_with_weights_of_another(tiny_files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "other.h5").write_bytes(b"no weights")
    assert run("layers", "-m", tiny_files[0], "-w", tmp_path / "other.h5").exit_code == 3
    assert run("layers", "-m", tiny_files[0], "--size", "20x20").exit_code == 3
