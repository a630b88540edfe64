"""`--xla`, from the command to the file that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.commands import explain, provenance


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
