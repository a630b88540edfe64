"""Modules in the current folder that hide others, where `python -m` was used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.commands import fresh
from xai_cam.cli.hidden_modules import hidden_modules, warning_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of all kinds, which is the current one."""
    for name in ("json.py", "click.py", "helper.py", "numpy.txt", "yes/__init__.py", "PIL/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "keras").mkdir()  # a folder alone hides no package
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("entry", ["", ".", None])
def test_those_that_hide_others_are_named(
    entry: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(folder) if entry is None else entry, *sys.path])
    assert hidden_modules() == ["PIL", "click.py", "json.py"]


def test_a_folder_where_python_does_not_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", str(folder))])
    assert hidden_modules() == []


def test_a_clone_hides_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Path(__file__).parents[2]
    monkeypatch.chdir(clone)
    monkeypatch.setattr(sys, "path", ["", *sys.path, str(clone)])
    assert hidden_modules() == []


def test_the_warning() -> None:
    assert warning_of(["a.py"]).startswith("a.py in this folder is imported")
    assert warning_of(["a.py", "b"]).startswith("a.py, b in this folder are imported")


def test_doctor_warns_before_it_imports_anything(tmp_path: Path) -> None:
    """Python does execute it; `xai-cam` itself would not."""
    (tmp_path / "keras.py").write_text(
        "open('executed', 'w', encoding='utf-8')\nraise ImportError('not Keras')\n", encoding="utf-8"
    )
    done = fresh("-m", "xai_cam", "doctor", cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (
        done.stderr.startswith("Warning: keras.py in this folder is imported") and "`xai-cam`" in done.stderr
    )
    assert (tmp_path / "executed").exists()
