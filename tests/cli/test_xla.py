"""`--xla`, from the command to the file that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.commands import evaluate, explain, provenance


def test_files_name_it_and_are_up_to_date_without_it(
    model_files: Any, make_photo: Any, tmp_path: Path
) -> None:
    photo, files = make_photo(tmp_path / "a.png"), model_files()
    done = explain(files, photo, "-o", tmp_path, "--xla")
    assert done.exit_code == 0, done.output
    (made,) = tmp_path.glob("a_*.png")
    assert provenance(made)["engine"] == "tensorflow xla"
    again = explain(files, photo, "-o", tmp_path)
    assert "up to date" in again.output, "as another engine does, it changes a map by rounding alone"


def test_a_model_is_evaluated_by_it(model_files: Any, make_photo: Any, tmp_path: Path) -> None:
    """With the same figures."""
    for name in ("a", "b"):
        make_photo(tmp_path / "0" / f"{name}.png")
    found = [
        evaluate(model_files(), tmp_path, "--json", *more)
        for more in ((), ("--xla",), ("--engine", "openvino", "--xla"))
    ]
    assert [one.exit_code for one in found] == [0, 0, 2]
    plain, compiled = (json.loads(one.stdout)["accuracy"] for one in found[:2])
    assert plain == compiled and plain is not None


@pytest.mark.parametrize("other", ["--engine openvino", "--method score-cam --precision bf16"])
def test_it_is_of_tensorflow(
    model_files: Any, make_photo: Any, tmp_path: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.cli.startup.start_tensorflow", lambda *_: pytest.fail("it was started"))
    done = explain(model_files(), make_photo(tmp_path / "a.png"), "--xla", *other.split())
    assert done.exit_code == 2
    assert "XLA compiles for TensorFlow in f32, not for OpenVINO. Leave out --xla" in " ".join(
        done.output.split()
    )
