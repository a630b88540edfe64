"""`xai-cam init`: a settings file that says what was concluded and what is a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomllib

from support.commands import counted, named, provenance, run
from xai_cam.cli.init import as_text, name_of

Files = tuple[Path, Path]


@pytest.fixture
def model(tiny_files: Files, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A model in `model`, below the current folder, which is a repository's root."""
    root = tiny_files[0].parents[1]
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    first, second = (path.relative_to(root) for path in tiny_files)
    return first, second


def settings(path: str = "xai-cam.toml") -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text("utf-8"))


def test_from_a_model_to_a_run_without_naming_it(model: Files, make_photo: Callable[..., Path]) -> None:
    Path("model/labels.txt").write_text("cat\ndog\ncow\n", encoding="utf-8")
    result = run("init", "-m", model[0])
    assert result.exit_code == 0, result.stderr
    text = Path("xai-cam.toml").read_text("utf-8")
    assert result.stdout == text
    assert result.stderr.splitlines()[-1] == (
        "Wrote xai-cam.toml: profile model, taken where no model is named."
    )
    assert settings() == {
        "default-profile": "model",
        "profile": {
            "model": {
                "model": "model/model.json",
                "weights": "model/model.weights.h5",
                "labels": "model/labels.txt",
                "layer": "conv_2",
            }
        },
    }
    assert "# A guess: the model does not say. `xai-cam evaluate --try-preprocess FOLDER`" in text
    assert '# preprocess = "unit"\n' in text, "a guess stays one"
    assert "# The layer that xai-cam takes by default; its maps are " in text
    assert "# Look for images in sub-folders too.\n# recursive = true\n" in text
    assert "# 3 names, found beside the model: cat, dog, cow\n" in text
    assert "# The only weights beside the model.\n" in text
    make_photo(Path("photos/a.png"))
    result = run("explain", "photos", "-c", "dog", "-o", "maps")
    assert counted(result, 1)
    said = "Settings: model, weights, labels, layer from xai-cam.toml (profile model)."
    assert result.stderr.splitlines()[0] == said
    assert "a guess: the model does not say" in result.stderr
    assert provenance(Path("maps/a_grad-cam.png"))["class_name"] == "dog"
    assert counted(run("explain", "photos", "-c", "dog", "-o", "maps"), 0, 1)
    assert counted(run("explain", "photos", "-c", "dog", "-o", "maps", "--preprocess", "raw"), 1)


def test_what_is_given_is_taken_down(model: Files) -> None:
    Path("names.txt").write_text("a\nb\nc\n", encoding="utf-8")
    Path("sets").mkdir()
    given = ["--labels", "names.txt", "--preprocess", "signed", "--fit", "crop", "--window", "0:4095.5"]
    result = run("init", *named(model), *given, "--profile", "my cats", "-o", "sets/own.toml", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    found = settings("sets/own.toml")
    assert found["default-profile"] == "my cats"
    assert found["profile"]["my cats"] == {
        "model": "../model/model.json",
        "weights": "../model/model.weights.h5",
        "labels": "../names.txt",
        "preprocess": "signed",
        "fit": "crop",
        "window": "0:4095.5",
        "layer": "conv_2",
    }
    result = run("config", "--config", "sets/own.toml", "explain")
    assert result.exit_code == 0 and "sets/../names.txt" in result.stdout.replace("\\", "/")


def test_a_profile_is_added_and_nothing_else_is_touched(model: Files) -> None:
    before = '# Mine!\nopacity = 0.25 # half\r\n[explain]\nfit = "crop"\n\n\n'
    Path("xai-cam.toml").write_bytes(before.encode())
    refused = run("init", "-m", model[0])
    assert refused.exit_code == 2 and "Add a profile with --profile NAME" in refused.stderr
    result = run("init", "-m", model[0], "--profile", "b", "--labels", "none")
    assert result.exit_code == 0, result.stderr
    text = Path("xai-cam.toml").read_bytes().decode()
    assert text.startswith(before.rstrip() + "\n\n[profile.b]\n") and text.endswith(result.stdout)
    assert settings()["profile"]["b"]["labels"] == "none" and "default-profile" not in settings()
    again = run("init", "-m", model[0], "--profile", "b")
    assert again.exit_code == 2 and "has a profile 'b' already" in again.stderr
    assert Path("xai-cam.toml").read_bytes().decode() == text
    replaced = run("init", "-m", model[0], "--overwrite")
    assert replaced.exit_code == 0 and list(settings()) == ["default-profile", "profile"]


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("no toml", "is not valid TOML"),
        ("profile = 1", "'profile' is no table"),
        ('profile = {a = {fit = "crop"}}', "is not valid TOML"),
    ],
)
def test_a_file_that_takes_no_profile_stays_as_it_is(before: str, message: str, model: Files) -> None:
    Path("xai-cam.toml").write_text(before, encoding="utf-8")
    result = run("init", "-m", model[0], "--profile", "b")
    assert result.exit_code == 2 and message in result.stderr
    assert Path("xai-cam.toml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-m", "no.keras"], 3, "Cannot read no.keras"),
        (["-m", "model/model.json", "-o", "model/model.json"], 2, "is one of the inputs"),
        (["-m", "model/model.json", "--profile", "none"], 2, "cannot be called none"),
        ([], 2, "Missing option '-m'"),
    ],
)
def test_what_is_refused_before_anything_is_loaded(
    arguments: list[str], code: int, message: str, model: Files
) -> None:
    result = run("init", *arguments)
    assert result.exit_code == code and message in result.stderr
    assert not Path("xai-cam.toml").exists()


def test_names(tmp_path: Path) -> None:
    assert name_of(Path("cats v2.keras")) == "cats-v2"
    assert name_of(tmp_path / "shapes" / "model.json") == "shapes"
    assert as_text("size", (8, 9)) == "8x9" and as_text("window", (-1000.0, 0.5)) == "-1000:0.5"
    assert as_text("fit", "crop") == "crop"
