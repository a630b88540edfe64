"""`--inside`: one of several models in an HDF5 file, for every command that opens models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import keras
import numpy as np
import pytest
from PIL import Image

from support.commands import run
from support.keras3_files import save_several
from support.small_models import build_tiny, save_model
from xai_cam.cli import main


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return {"one": build_tiny(), "more/two": build_tiny(units=4, seed=1)}


@pytest.fixture
def several(models: dict[str, Any], tmp_path: Path) -> Path:
    return save_several(models, tmp_path / "several.h5")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)).save(path)
    return path


def commands(group: click.Command) -> list[click.Command]:
    if not isinstance(group, click.Group):
        return [group]
    return [command for inner in group.commands.values() for command in commands(inner)]


def test_every_command_with_a_model_has_it() -> None:
    names = [{option for param in command.params for option in param.opts} for command in commands(main)]
    assert sum("--model" in options for options in names) > 8
    assert all(("--model" in options) == ("--inside" in options) for options in names)


def test_maps_of_one_group_are_not_those_of_another(several: Path, image: Path, tmp_path: Path) -> None:
    def explain(group: str) -> str:
        out = tmp_path / "out"
        done = run("explain", "-m", several, "--inside", group, "--save", "raw", "-o", out, image)
        assert done.exit_code == 0, done.output
        return done.output

    assert "1 written, 0 up to date" in explain("one")
    assert "0 written, 1 up to date" in explain("one")
    assert "1 written, 0 up to date" in explain("more/two")


def test_one_is_converted(models: dict[str, Any], several: Path, tmp_path: Path) -> None:
    done = run("convert", "-m", several, "--inside", "more/two", "-o", tmp_path / "two.keras")
    assert done.exit_code == 0, done.output
    new = keras.saving.load_model(tmp_path / "two.keras", compile=False)
    assert all(map(np.array_equal, new.get_weights(), models["more/two"].get_weights()))


def test_weights_of_one_for_a_json(models: dict[str, Any], tmp_path: Path) -> None:
    architecture, _ = save_model(models["one"], tmp_path)
    weights = save_several(models, tmp_path / "several.h5", "keras3")
    named = ("-m", architecture, "-w", weights)
    assert run("layers", *named, "--inside", "one").exit_code == 0
    done = run("layers", *named)
    assert done.exit_code == 3 and "Choose one with --inside one." in done.stderr
    done = run("layers", *named, "--inside", "more/two")
    assert done.exit_code == 3 and "do not belong to this architecture" in done.stderr


def test_without_weights_and_in_a_dry_run(several: Path, image: Path) -> None:
    rows = json.loads(run("layers", "-m", several, "--inside", "/one/", "--json").stdout)
    assert [row["path"] for row in rows] == ["conv_1", "pool", "conv_2"]
    for group, code in (("one", 0), ("three", 3)):
        done = run("explain", "-m", several, "--inside", group, "--dry-run", image)
        assert done.exit_code == code, done.output
    assert "has no model in 'three', but in one, more/two. Choose" in done.stderr


def test_a_layer_is_applied_and_goes_into_a_profile(several: Path, image: Path, tmp_path: Path) -> None:
    named = ("-m", several, "--inside", "one")
    done = run("kernels", "apply", *named, "-l", "conv_1", "--filters", "0", "-o", tmp_path / "k", image)
    assert done.exit_code == 0, done.output
    assert run("init", *named, "-o", tmp_path / "x.toml").exit_code == 0
    assert 'inside = "one"' in (tmp_path / "x.toml").read_text(encoding="utf-8")
    done = run("kernels", "apply", "--inside", "one", "--fir", "sobel-x", image)
    assert done.exit_code == 2 and "--inside" in done.stderr
