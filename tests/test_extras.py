"""Optional libraries: found without being imported, and missed with the command that installs them."""

from __future__ import annotations

import re
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from xai_cam.errors import XaiCamError
from xai_cam.extras import EXTRAS, check_extra, command_for, is_there, require


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An optional library of one's own, `made_up`, that the extra `some` brings; not there yet."""
    monkeypatch.setitem(EXTRAS, "made_up", ("Made-Up", "some"))
    monkeypatch.setattr(sys, "executable", "/there/python")
    monkeypatch.setattr("xai_cam.extras.requirements", lambda extra: {"some": ["Made-Up>=3"]}.get(extra, []))
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("made_up", "made_up.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path / "made_up"


def write(library: Path, source: str) -> None:
    library.mkdir()
    (library / "__init__.py").write_text(source, encoding="utf-8")
    (library / "part.py").write_text("answer = 42", encoding="utf-8")


def test_what_is_there_is_found_without_being_imported(library: Path) -> None:
    write(library, "raise RuntimeError('was imported')")
    assert is_there("made_up") and is_there("made_up.part")
    check_extra("made_up.part")
    assert "made_up" not in sys.modules


def test_what_is_there_is_imported(library: Path) -> None:
    write(library, "")
    assert require("made_up.part").answer == 42


@pytest.mark.parametrize("ask", [check_extra, require])
def test_what_is_missing_is_named_with_its_extra(ask, library: Path) -> None:
    assert not is_there("made_up")
    with pytest.raises(XaiCamError, match=r"Made-Up.* not installed.*pip install 'Made-Up>=3'`"):
        ask("made_up.part")


@pytest.mark.parametrize("error", ["ImportError", "AttributeError", "ValueError", "OSError"])
def test_what_cannot_be_imported_says_why(error: str, library: Path) -> None:
    """As where an old part meets a new one; of the reason no more than 200 characters, in one line."""
    write(library, f"raise {error}('parts\\nthat do not fit' + 300 * '!')")
    with pytest.raises(
        XaiCamError, match=r"Made-Up.*parts that do not fit!+\).*--upgrade 'Made-Up>=3'"
    ) as caught:
        require("made_up")
    assert str(caught.value).count("!") == 200 - len("parts that do not fit")


def test_a_bug_of_the_library_is_not_hidden(library: Path) -> None:
    write(library, "1 / 0")
    with pytest.raises(ZeroDivisionError):
        require("made_up")


@pytest.mark.usefixtures("library")
def test_the_command_for_an_extra_names_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "second", ("Second", "bare"))
    monkeypatch.setitem(EXTRAS, "third", ("Third", "bare"))
    assert command_for("some").endswith("python -m pip install 'Made-Up>=3'")
    assert command_for("bare").endswith("python -m pip install Second Third"), "nothing is stated"


def test_no_text_sends_people_to_an_index_for_xai_cam() -> None:
    """One module writes every command that installs something; pages name a folder or a URL."""
    root = Path(__file__).resolve().parents[1]
    code = [path for path in (root / "xai_cam").rglob("*.py") if path.name != "installation.py"]
    pages = [root / "README.md", *root.glob("docs/**/*.md")]
    by_name = r"(?:\bpipx?|uv tool|uv pip) install [^`\n]*(?<![\w/.-])xai-cam(?!(?:\[[^\]]*\])? @|[\w/.-])"
    for path in [*code, *pages]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(by_name, text), path
        assert path in pages or "pip install" not in text, path


def test_every_extra_is_one_of_the_package() -> None:
    setup = ConfigParser()
    setup.read(Path(__file__).resolve().parents[1] / "setup.cfg", encoding="utf-8")
    stated = setup["options.extras_require"]
    for name, extra in EXTRAS.values():
        assert re.search(rf"^{re.escape(name)}>=", stated[extra], re.MULTILINE | re.IGNORECASE), name
