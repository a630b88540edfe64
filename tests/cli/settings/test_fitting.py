"""Settings that say nothing to what is asked for are passed over; typed ones are refused as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import ROOT
from support.commands import run
from xai_cam.cli import main
from xai_cam.cli.settings.fitting import FITS, not_fitting
from xai_cam.cli.settings.layout import commands_of

MODEL = ROOT / "sample_models" / "shapes" / "model.json"

GENERAL = f"""
model = "{MODEL.as_posix()}"
max-channels = 4
precision = "bf16"
margin = 0.5
fuse = "max"
size = "96x96"
head = "softmax"
layer = "conv1_1"
channel-order = "rgb"
part = "product"
kernel-size = 3
[kernels.edit]
score = "logit"
results = "rows.csv"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository's root with a picture and settings, and the current folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    Path("xai-cam.toml").write_text(GENERAL, encoding="utf-8")
    Path("a.png").write_bytes((ROOT / "docs" / "walk" / "digit.png").read_bytes())


def test_a_run_is_not_stopped_by_what_it_does_not_need() -> None:
    result = run("explain", "a.png", "--dry-run")
    assert result.exit_code == 0, result.stderr
    said = result.stderr.splitlines()[0].removeprefix("Settings: ").removesuffix(" from xai-cam.toml.")
    assert set(said.split(", ")) == {"model", "size", "head", "layer", "channel-order"}
    refused = run("explain", "a.png", "--dry-run", "--max-channels", "4")
    assert refused.exit_code == 2 and "--max-channels is for methods" in refused.stderr
    refused = run("explain", "a.png", "--dry-run", "--margin", "0.4")
    assert refused.exit_code == 2 and "--margin is for --only unsure" in refused.stderr


def test_what_fits_is_taken() -> None:
    result = run("explain", "a.png", "--dry-run", "--method", "score-cam")
    assert result.exit_code == 0 and "max-channels" in result.stderr
    result = run("explain", "a.png", "--dry-run", "--only", "unsure", "-l", "conv1_1,conv1_2")
    assert result.exit_code == 0 and "margin" in result.stderr and "fuse" in result.stderr


def test_kernels() -> None:
    result = run("kernels", "apply", "--fir", "box", "a.png", "--dry-run")
    assert result.exit_code == 0 and "kernel-size from" in result.stderr and "model" not in result.stderr
    refused = run("kernels", "apply", "--fir", "box", "a.png", "--dry-run", "-m", MODEL)
    assert refused.exit_code == 2 and "--model is for a layer's filter" in refused.stderr
    result = run("kernels", "apply", "--filters", "0", "-l", "conv1_1", "a.png", "--dry-run")
    assert result.exit_code == 0 and "model" in result.stderr and "kernel-size" not in result.stderr
    assert "Nothing to edit" in run("kernels", "edit").stderr
    refused = run("kernels", "edit", "--zero", "conv1_1:0", "--score", "logit")
    assert "--score is for --rank" in refused.stderr


def test_every_name_is_an_argument_of_a_command() -> None:
    commands = commands_of(main)
    for fit in FITS:
        for path in fit.commands:
            assert set(fit.names) <= {param.name for param in commands[path].params}, path
    known = {param.name for command in commands.values() for param in command.params}
    assert {name for fit in FITS for name in fit.names} <= known


def test_not_fitting() -> None:
    fits = {
        "methods": ("score-cam", "occlusion", "rise"),
        "max_channels": 4,
        "only": "unsure",
        "layers": ("a", "b"),
    }
    assert not_fitting("explain", fits) == []
    assert not_fitting("explain", {**fits, "max_channels": None}) == ["channels_by"]
    assert set(not_fitting("explain", {"methods": ("grad-cam",), "only": "wrong", "layers": ("a",)})) == {
        "max_channels",
        "tolerance",
        "channels_by",
        "precision",
        "margin",
        "fuse",
        "samples",
        "patch",
        "stride",
        "seed",
    }
    assert "layers" in not_fitting("explain", {"methods": ("saliency",), "layers": ("a",)})
    assert "samples" not in not_fitting("sanity", {"methods": ("integrated-gradients",)})
    assert "channel_order" in not_fitting("kernels show", {"picture": True, "combine": "sum"})
    assert "channel_order" not in not_fitting("kernels show", {"picture": True, "combine": "rgb"})
