"""What is told about settings: one line, only on those that change something, unless -q."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from support.settings import call
from xai_cam.cli.settings.taken import is_default


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is a repository's root, and the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def told(text: str, *arguments: str, **variables: str) -> str:
    Path("xai-cam.toml").write_text(text, encoding="utf-8")
    result = call("explain", *arguments, **variables)
    assert result.exit_code == 0, result.stderr
    return result.stderr


def test_one_line() -> None:
    text = 'model = "m"\nopacity = 0.25\ndefault-profile = "p"\n[profile.p]\nmodel = "p"\nfit = "crop"\n'
    assert told(text, XAI_CAM_SIZE="2x3") == (
        "Settings: size from XAI_CAM_SIZE; model, fit from xai-cam.toml (profile p); "
        "opacity from xai-cam.toml.\n"
    )
    assert told(text, "-q") == told(text, XAI_CAM_QUIET="1") == ""


def test_nothing_is_told_of_what_changes_nothing() -> None:
    assert told('fit = "stretch"\nopacity = 0.5\nclass = "predicted"\nrecursive = false\n', "-m", "m") == ""
    assert told("[explain]\nsave = 'overlay'\n", "-m", "m") == ""
    assert told('model = "m"\n', "-m", "n") == ""
    assert told('model = "m"\n', "-m", "n", "--config", "none") == ""


def test_no_file_keeps_silent_about_itself() -> None:
    assert told('model = "m"\nquiet = true\n') == "Settings: model, quiet from xai-cam.toml.\n"


def test_a_variable_that_sets_nothing_is_told() -> None:
    assert told("", "-m", "m", XAI_CAM_FITT="crop") == (
        "No option has the name of the variable XAI_CAM_FITT: nothing is set by it.\n"
    )
    assert told("", "-m", "m", XAI_CAM_KERNELS_SHOW_FIT="crop") == "", "that of another command"


@pytest.mark.parametrize(
    ("default", "value", "expected"),
    [
        ("stretch", "stretch", True),
        (0.5, "0.5", True),
        (None, "1", False),
        (False, False, True),
        (False, True, False),
        (("a", "b"), ["a", "b"], True),
        (("a",), ["b"], False),
        (("a", "b"), "a,b", True),
        (None, ["a"], False),
    ],
)
def test_defaults(default: object, value: object, expected: bool) -> None:
    assert (
        is_default(click.Option(["--x"], default=default, multiple=isinstance(value, list)), value)
        is expected
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners")
def test_a_file_of_another_user_is_told_of_and_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("xai-cam.toml").write_text('model = "m"\n', encoding="utf-8")
    assert "Ignored" not in call("explain").stderr
    monkeypatch.setattr("os.geteuid", lambda: os.stat("xai-cam.toml").st_uid + 1)
    monkeypatch.setattr("xai_cam.cli.settings.trust.ROOT", -1)
    said = call("explain", "-m", "n").stderr
    assert said == (
        "Ignored xai-cam.toml, which belongs to another user. To take it: --config xai-cam.toml\n"
    )
    assert "Missing option '-m'" in call("explain").stderr
    assert "model m" in call("explain", "--config", "xai-cam.toml").output
    assert "Ignored" not in call("explain", "-m", "n", "--config", "none").output
