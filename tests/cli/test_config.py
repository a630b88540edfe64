"""`xai-cam config`: what is in force, where it is from, and whether all of it can be taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.commands import run

TEXT = """
opacity = 0.25
max-channels = 4
default-profile = "p"
[profile.p]
model = "m.keras"
layer = ["a", "b"]
[explain]
recursive = true
[kernels.show]
format = "brief"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository's root with settings, and the current folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    Path("xai-cam.toml").write_text(TEXT, encoding="utf-8")


def rows(*arguments: str) -> list[list[str]]:
    result = run("config", *arguments)
    assert result.exit_code == 0, result.stderr
    return [[cell for cell in line.split("  ") if cell] for line in result.stdout.splitlines()]


def test_the_file_and_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_CAM_FIT", "crop")
    monkeypatch.setenv("XAI_CAM_FITT", "crop")
    monkeypatch.setenv("XAI_CAM_SIZE", "")
    expected = [
        ["file", "xai-cam.toml (found)"],
        ["for all commands", "opacity = 0.25, max-channels = 4"],
        ["explain", "recursive = true"],
        ["kernels show", "format = brief"],
        ["profile p (default)", "model = m.keras, layer = a,b"],
        ["XAI_CAM_FIT", "crop"],
        ["XAI_CAM_FITT", "crop (sets no option)"],
    ]
    assert [[cell.strip() for cell in row] for row in rows()] == expected
    assert json.loads(run("config", "--json").stdout) == dict(expected)
    assert rows("--config", "none")[0] == ["file", "none"] or rows("--config", "none")[0][1].strip() == "none"


def test_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_CAM_FIT", "crop")
    asked = ("config", "--json", "explain", "--colormap", "hot", "photos")
    found = {row["option"]: (row["value"], row["source"]) for row in json.loads(run(*asked).stdout)}
    assert found == {
        "model": ("m.keras", "xai-cam.toml, [profile.p]"),
        "layer": ("a,b", "xai-cam.toml, [profile.p]"),
        "max-channels": ("4", "xai-cam.toml (passed over, as it says nothing here)"),
        "fit": ("crop", "XAI_CAM_FIT"),
        "recursive": ("true", "xai-cam.toml, [explain]"),
        "colormap": ("hot", "command line"),
        "opacity": ("0.25", "xai-cam.toml"),
    }
    other = json.loads(run("config", "--json", "explain", "-m", "x.keras", "--method", "score-cam").stdout)
    assert {row["option"]: row["source"] for row in other} == {
        "model": "command line",
        "method": "command line",
        "max-channels": "xai-cam.toml",
        "fit": "XAI_CAM_FIT",
        "recursive": "xai-cam.toml, [explain]",
        "opacity": "xai-cam.toml",
    }
    assert rows("kernels", "show")[-1][0].strip() == "format"
    assert run("config", "--config", "none", "methods").stdout.startswith("Nothing is set")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explian"], "There are no settings of a command 'explian'. Did you mean 'explain'?"),
        (["kernels"], "There are no settings of a command ''."),
        (["doctor"], "There are no settings of a command 'doctor'."),
        (["explain", "--nonsense"], "--nonsense"),
        (["--profile", "q"], "xai-cam.toml has no profile 'q'. There are: p."),
    ],
)
def test_what_there_is_not(arguments: list[str], message: str) -> None:
    result = run("config", *arguments)
    assert result.exit_code == 2 and message in result.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("[sanity]\ndraws = 0\n", "xai-cam.toml, [sanity]: draws: 0 is not in the range"),
        ('[profile.q]\nhead = "none"\n', "xai-cam.toml, [profile.q]: head: 'none' is not one of 'auto'"),
        ("[explain]\noverwrite = true\n", "overwrite replaces files"),
    ],
)
def test_all_of_the_file_is_checked(more: str, message: str) -> None:
    Path("xai-cam.toml").write_text(more, encoding="utf-8")
    result = run("config")
    assert result.exit_code == 2 and message in result.stderr
