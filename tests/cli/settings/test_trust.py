"""What a file that was found and not named may not say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.settings import refused, taken
from support.systems import link
from xai_cam.cli.settings import trust
from xai_cam.files.rows import COLUMNS
from xai_cam.runs.compare_rows import COLUMNS as OF_COMPARE


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a repository's root, and the current one; another stands beside it."""
    (tmp_path / "here" / ".git").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def write(text: str) -> None:
    Path("xai-cam.toml").write_text(f'model = "m"\n{text}', encoding="utf-8")


@pytest.mark.parametrize(
    "header", [COLUMNS, OF_COMPARE, ("layer", "method", "step", "randomised", "overlap_low")]
)
def test_results_replace_results(header: tuple[str, ...]) -> None:
    write('[explain]\nresults = "rows.csv"\n')
    assert taken()["results"] == "rows.csv", "there is none"
    Path("rows.csv").write_text(",".join(header) + "\n", encoding="utf-8")
    assert taken()["results"] == "rows.csv"


@pytest.mark.parametrize("content", [b"image,label\na.png,cat\n", b"\xff\xfe", b"cat"])
def test_results_replace_nothing_else(content: bytes) -> None:
    write('[explain]\nresults = "rows.csv"\n')
    Path("rows.csv").write_bytes(content)
    assert "results replaces a file that xai-cam did not write" in refused("explain").replace("\n", " ")
    assert taken("--config", "xai-cam.toml")["results"] == "rows.csv"
    assert taken("--results", "rows.csv")["results"] == "rows.csv"


@pytest.mark.skipif(os.name == "nt", reason="links need rights")
def test_no_link_in_an_output_folder_leads_out(folder: Path) -> None:
    write('output = "maps"\n')
    (folder / "maps" / "deep").mkdir(parents=True)
    (folder / "other").mkdir()
    inside = folder / "maps" / "deep" / "a"
    link(inside, folder / "other")
    assert taken()["output"] == "maps", "it stays in the file's folder"
    inside.unlink()
    link(inside, folder.parent / "elsewhere")
    assert "output leads out of its folder" in refused("explain").replace("\n", " ")
    assert taken("--config", "xai-cam.toml")["output"] == "maps"


def test_more_folders_than_are_looked_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write('output = "maps"\n')
    (folder / "maps" / "deep").mkdir(parents=True)
    monkeypatch.setattr(trust, "MAX_FOLDERS", 1)
    assert "output leads out of its folder" in refused("explain").replace("\n", " ")


@pytest.mark.parametrize("path", [r"\\\\server\\share\\l.txt", "//server/share/l.txt"])
def test_no_file_of_another_computer_is_read(path: str) -> None:
    write(f'labels = "{path}"\n')
    assert "labels leads to another computer" in refused("explain").replace("\n", " ")
    write('labels = "/another/disk/l.txt"\n')
    assert taken()["labels"] == str(Path("/another/disk/l.txt"))


@pytest.mark.parametrize(
    "text",
    [
        'extra = "age=../elsewhere/t.csv:age"',
        'extra = ["site=1", "a=b = ../elsewhere/t.csv:age"]',
        'extra = "left=../elsewhere"',
        'extra = "left=views"',
        'like = "../elsewhere/a.png"',
        'masks = "../elsewhere"',
        'masks = "views"',
    ],
)
def test_numbers_and_pictures_lie_in_its_folder(folder: Path, text: str) -> None:
    from support.commands import run

    elsewhere = folder.parent / "elsewhere"
    (elsewhere / "t.csv").write_text("image,age\na,1\n", encoding="utf-8")
    (elsewhere / "a.png").write_bytes(b"")
    (folder / "views").mkdir()
    link(folder / "views" / "a.png", elsewhere / "a.png")
    write(f"[explain]\n{text}\n")
    result = run("config", "explain")
    assert result.exit_code == 2 and "leads out of its folder" in result.stderr.replace("\n", " ")
    assert run("config", "--config", "xai-cam.toml", "explain").exit_code == 0
    (folder / "views" / "a.png").unlink()
    write('[explain]\nextra = ["age=t.csv:age", "site=1", "left=views"]\nlike = "a.png"\nmasks = "views"\n')
    assert run("config", "explain").exit_code == 0


def test_no_found_file_lets_cells_be_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    from support.commands import run

    write("safe-csv = false\n")
    for arguments in (["explain", "x.png"], ["config", "explain"]):
        result = run(*arguments)
        assert result.exit_code == 2 and "lets cells of a table be formulas" in result.stderr
    assert "safe-csv  false" in run("config", "--config", "xai-cam.toml", "explain").stdout
    write("safe-csv = true\n")
    assert "safe-csv  true" in run("config", "explain").stdout
