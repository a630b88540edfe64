"""`xai-cam convert`."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from support.commands import run
from support.keras1_files import write


def test_the_command(tmp_path: Path):
    architecture, weights, _ = write("th_theano", tmp_path)
    target = tmp_path / "new.keras"
    done = run("convert", "-m", architecture, "-w", weights, "-o", target)
    assert done.exit_code == 0, done.output
    assert "written by Keras 1.2.2 on Theano. Changed:" in done.stdout
    assert "rotated Theano's kernels by 180 degrees: convolution2d_1" in done.stdout
    assert "converted from channels first to channels last: convolution2d_1" in done.stdout
    weights_count = keras.saving.load_model(target, compile=False).count_params()
    assert f"all {weights_count:,} weights are equal" in done.stdout
    assert run("convert", "-m", architecture, "-w", weights, "-o", target).exit_code == 2
    assert run("convert", "-m", architecture, "-w", weights, "-o", target, "--overwrite", "-q").stdout == ""
    done = run("convert", "-m", target, "-o", tmp_path / "plain.json", "--json")
    assert done.exit_code == 0 and "nothing" not in done.stdout
    assert json.loads((tmp_path / "plain.json").read_text(encoding="utf-8"))["class_name"] == "Sequential"


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["-m", "model.json", "-w", "weights.h5", "-o", "new.h5"], "does not end in .keras", 2),
        (["-m", "model.json", "-w", "weights.h5", "-o", "new.keras", "--json"], "does not end in .json", 2),
        (
            ["-m", "model.json", "-w", "weights.h5", "-o", "model.json", "--json", "--overwrite"],
            "one of the inputs",
            2,
        ),
        (["-m", "model.json", "-w", "weights.h5", "-o", "there.keras"], "exists", 2),
        (["-m", "model.json", "-w", "no.h5", "-o", "new.keras"], "Cannot read no.h5", 3),
        (["-m", "model.json", "-w", "weights.h5", "-o", "there.keras/new.keras"], "Cannot write", 1),
    ],
)
def test_what_goes_wrong(
    arguments: list[str], message: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    write("tf_tensorflow", tmp_path)
    (tmp_path / "there.keras").write_text("mine", encoding="utf-8")
    done = run("convert", *arguments)
    assert done.exit_code == code and message in done.stderr, done.output
    assert (tmp_path / "there.keras").read_text(encoding="utf-8") == "mine" and not (
        tmp_path / "new.keras"
    ).exists()
