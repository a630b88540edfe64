"""What words are completed to."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from support import ROOT
from support.commands import clean_environment, fresh
from support.systems import pipe
from xai_cam.cli import main
from xai_cam.cli.completing import layer_names, paths, read_config
from xai_cam.cli.kernels.apply import apply

SHAPES = ROOT / "sample_models" / "shapes"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository's root with files of many kinds, and the current folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in (
        "a.keras",
        "b.H5",
        "c.txt",
        "d.png",
        "model.json",
        "labels.txt",
        ".hidden.h5",
        "sub/e.keras",
    ):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    for name in ("model.json", "labels.txt"):
        Path(name).write_bytes((SHAPES / name).read_bytes())


def found(*words: str) -> list[str]:
    """What the last word may become."""
    complete = ShellComplete(main, {}, "xai-cam", "_XAI_CAM_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ex"], ["explain"]),
        (["kernels", "e"], ["edit"]),
        (["explain", "--colorm"], ["--colormap"]),
        (["explain", "--colormap", "v"], ["viridis"]),
        (["explain", "--method", "hi"], ["hires-cam"]),
        (["explain", "--method", "grad-cam,grad-cam"], ["grad-cam,grad-cam++"]),
        (["features", "--save", "grid,"], ["grid,npy"]),
        (["explain", "-m", ""], ["a.keras", "b.H5", "model.json", "sub/"]),
        (["explain", "-m", "sub/"], ["sub/e.keras"]),
        (["explain", "-m", "zzz"], ["zzz"]),
        (["explain", "-w", ""], ["b.H5", "sub/"]),
        (["explain", "--labels", "n"], ["none"]),
        (["explain", "--labels", "c"], ["c.txt"]),
        (["explain", ""], ["d.png", "sub/"]),
        (["explain", "-m", "model.json", "-l", "relu1"], ["relu1_1"]),
        (["explain", "-m", "model.json", "-l", "smooth3,relu1_1"], ["smooth3,relu1_1"]),
        (["explain", "-m", "c.txt", "-l", ""], []),
        (["explain", "-l", ""], []),
        (["explain", "-m", "model.json", "-c", "s"], ["square", "star"]),
        (["explain", "-m", "model.json", "--labels", "no.txt", "-c", "f"], ["folder"]),
        (["explain", "-c", "p"], ["predicted"]),
        (["explain", "--device", "g"], ["gpu"]),
        (["explain", "-b", ""], ["auto"]),
        (["explain", "--results", "ro"], ["ro"]),
        (["config", "san"], ["sanity"]),
        (["config", "explain", ""], []),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["explain", "--profile", ""], ["none"]),
    ],
)
def test_words(words: list[str], expected: list[str]) -> None:
    assert found(*words) == expected


def test_kernels() -> None:
    """Not by the words before them: click 8.2.0 looked no further than one group."""
    option = next(param for param in apply.params if param.name == "specs")
    words = [item.value for item in option.shell_complete(click.Context(apply), "sobel")]
    assert words == ["sobel-x", "sobel-y"]


def test_settings_are_known() -> None:
    Path("xai-cam.toml").write_text(
        'default-profile = "s"\n[profile.s]\nmodel = "model.json"\n', encoding="utf-8"
    )
    assert found("explain", "-l", "smooth") == ["smooth3"]
    assert found("explain", "-c", "he") == ["heart"]
    assert found("explain", "--profile", "") == ["s", "none"]
    Path("xai-cam.toml").write_text("broken", encoding="utf-8")
    assert found("explain", "-l", "smooth") == found("explain", "--profile", "") == []


def test_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.getcwd())
    monkeypatch.setenv("USERPROFILE", os.getcwd())
    assert list(paths("~/a", (".keras",))) == ["~/a.keras"]
    assert list(paths(".h", (".h5",))) == [".hidden.h5"]
    assert list(paths("nowhere/", (".h5",))) == []


def test_layers_of_every_kind_of_file() -> None:
    config = json.loads(Path("model.json").read_text(encoding="utf-8"))
    names = list(layer_names(config))
    assert "conv1_1" in names and not any(name.startswith(("input", "dense")) for name in names)
    assert list(layer_names(read_config(Path("model.json")))) == names
    Path("model.yml").write_text(pytest.importorskip("yaml").dump(config), encoding="utf-8")
    assert list(layer_names(read_config(Path("model.yml")))) == names
    with zipfile.ZipFile("whole.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    assert list(layer_names(read_config(Path("whole.keras")))) == names
    h5py = pytest.importorskip("h5py")
    with h5py.File("whole.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    assert list(layer_names(read_config(Path("whole.h5")))) == names
    with h5py.File("two.h5", "w") as file:
        file.create_group("nets/one").attrs["model_config"] = json.dumps(config)
        file.create_group("nets/two").attrs["model_config"] = "{}"
    assert list(layer_names(read_config(Path("two.h5"), "nets/one"))) == names
    assert found("layers", "-m", "two.h5", "--inside", "") == ["nets/one", "nets/two"]
    assert found("explain", "-m", "two.h5", "--inside", "nets/one", "-l", "conv1_") == ["conv1_1"]
    assert found("layers", "-m", "model.json", "--inside", "") == []
    Path("folder").mkdir()
    Path("folder/config.json").write_text(json.dumps(config), encoding="utf-8")
    assert list(layer_names(read_config(Path("folder")))) == names


def test_nested_layers_and_those_of_keras_1() -> None:
    conv = {"class_name": "Conv2D", "config": {"name": "conv"}}
    inner = {"class_name": "Functional", "name": "base", "config": {"name": "base", "layers": [conv]}}
    assert list(layer_names({"config": {"layers": [inner, conv]}})) == ["base/conv", "conv"]
    assert list(layer_names({"class_name": "Sequential", "config": [conv]})) == ["conv"]


def test_no_answer_imports_tensorflow() -> None:
    code = (
        "import sys; from click.shell_completion import ShellComplete; from xai_cam.cli import main\n"
        "c = ShellComplete(main, {}, 'xai-cam', 'X')\n"
        "model = ['explain', '-m', 'model.json']\n"
        "for words in (['ex'], [*model, '-l', ''], [*model, '-c', '']):\n"
        "    assert c.get_completions(words[:-1], words[-1])\n"
        "print({'tensorflow', 'keras', 'h5py'} & set(sys.modules))"
    )
    done = fresh("-c", code, env=clean_environment())
    assert done.stdout == "set()\n", done.stderr


def test_names_that_a_shell_would_take_apart_are_not_proposed() -> None:
    layers = [{"class_name": "Conv2D", "config": {"name": name}} for name in ("a\nb", "a\x1b[2J", "ab")]
    Path("odd.json").write_text(json.dumps({"config": {"layers": layers}}), encoding="utf-8")
    assert found("explain", "-m", "odd.json", "-l", "a") == ["ab"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_nobody_waits_for_a_pipe_or_a_device() -> None:
    pipe("pipe.json")
    assert found("explain", "-m", "pipe.json", "-l", "") == []
    for labels in ("pipe.json", "/dev/zero"):
        assert found("explain", "--labels", labels, "-c", "p") == ["predicted"]


def test_labels_that_cannot_be_taken_end_no_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("xai_cam.cli.requests.labels_in", fail)
    assert found("explain", "-c", "p") == ["predicted"]
