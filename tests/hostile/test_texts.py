"""Names and labels of strangers: none moves a cursor, forges a line, or is run by a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from support.commands import evaluate, explain, named, run

Files = tuple[Path, Path]

EVIL = "\x1b]0;PWNED\x07\x1b[31m"
FORGED = "x\nFailed: all is lost"
FORMULA = "=cmd|'/C calc'!A1"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")


@pytest.fixture
def folder(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures of such names, which is the current one, and labels of such names."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate((f"{EVIL}.png", f"{FORGED}.png", f"{FORMULA.replace('/', '')}.png")):
        make_photo(tmp_path / name, seed=seed)
    Path("labels.json").write_text(json.dumps([EVIL, FORGED, FORMULA]), encoding="utf-8")
    return tmp_path


def is_plain(result: Result) -> bool:
    """Whether what was printed is lines of letters, none of them forged."""
    printed = result.stdout + result.stderr
    controls = {letter for letter in printed if unicodedata.category(letter) in ("Cc", "Cs")}
    return controls <= {"\n"} and not any(line.startswith("Failed: all") for line in printed.splitlines())


def test_runs_over_pictures_of_such_names(tiny_files: Files, folder: Path) -> None:
    options = (folder, "-o", "out", "--labels", "labels.json", "--results", "rows.csv")
    for more in (["--dry-run"], [], []):
        result = explain(tiny_files, *options, *more)
        assert result.exit_code == 0 and is_plain(result), result.stderr
    rows = explain(tiny_files, *options, "--results", "-").stdout
    assert "\x1b" not in rows and len(list(csv.DictReader(rows.splitlines(keepends=True)))) == 3
    table = Path("rows.csv").read_text("utf-8")
    assert "\\x1b]0;PWNED\\x07\\x1b[31m" in table and "\x1b" not in table and "\x07" not in table
    with open("rows.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.jsonl", "-"])
@pytest.mark.parametrize("safe", [True, False])
def test_cells_that_a_spreadsheet_would_run(name: str, safe: bool, tiny_files: Files, folder: Path) -> None:
    picture = "=cmd|' C calc'!A1.png"
    (folder / f"{FORMULA.replace('/', '')}.png").rename(picture)
    options = ("--labels", "labels.json", "-c", 2, "--results", name, *([] if safe else ["--no-safe-csv"]))
    result = explain(tiny_files, picture, "-o", "out", *options)
    assert result.exit_code == 0, result.stderr
    text = result.stdout if name == "-" else Path(name).read_text("utf-8")
    if name.endswith("jsonl"):
        (row,) = map(json.loads, text.splitlines())
    else:
        (row,) = csv.DictReader(text.splitlines(), delimiter="\t" if name.endswith("tsv") else ",")
    apart = "'" if safe and not name.endswith("jsonl") else ""
    assert (row["image"], row["class_name"]) == (f"{apart}{picture}", f"{apart}{FORMULA}")
    assert float(row["score"]) < 1e9, "a number, negative or not, has no apostrophe"


def test_evaluations_and_their_mistakes(tiny_files: Files, folder: Path) -> None:
    for picture in list(folder.glob("*.png")):
        target = folder / "test" / (EVIL if "calc" in picture.name else FORGED) / picture.name
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.rename(target)
    options = ("test", "--labels", "labels.json")
    for more in ([], ["--json"], ["--try-preprocess"], ["--results", "rows.csv"]):
        result = evaluate(tiny_files, *options, *more)
        assert result.exit_code == 0 and is_plain(result), result.stderr
    assert json.loads(evaluate(tiny_files, *options, "--json").stdout)
    again = evaluate(tiny_files, *options, "--results", "rows.csv", "--append")
    assert again.exit_code == 0, f"the columns of these classes are known again: {again.stderr}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.json", '["a\\ud800", "b", "c"]'),
        ("labels.json", json.dumps(["a", "b", "c" * 70_000])),
        ("labels.json", "[" * 100_000),
        ("labels.json", '{"labels":' * 100_000),
        ("labels.txt", "a\nb\n" + "c" * 70_000),
        ("labels.txt", "a\0b\nb"),
    ],
)
def test_labels_that_are_none(name: str, text: str, tiny_files: Files, folder: Path) -> None:
    Path(name).write_text(text, encoding="utf-8")
    for more in ((), ("--format", "jpg", "--results", "r.csv")):
        result = explain(tiny_files, folder, "--labels", name, "-o", "out", *more)
        assert result.exit_code == 2 and result.stderr.count("\n") == 1 and len(result.stderr) < 400
        assert result.stderr.startswith("Error: ") and not Path("out").exists()


def test_words_of_the_command_line(folder: Path) -> None:
    """A glob of a shell may put them there."""
    for words in (
        ("explain", "-m", EVIL, "x.png"),
        ("explain", "-m", FORGED, "x.png"),
        ("explain", f"--{EVIL}"),
        (FORGED,),
        ("kernels", EVIL),
        ("explain", "-m", "m.keras", "--results", f"{FORGED}.txt", "x.png"),
        ("explain", "-m", "m.keras", "--fit", FORGED, "x.png"),
        ("config", "--config", EVIL),
    ):
        result = run(*words)
        assert result.exit_code in (2, 3) and is_plain(result), repr(result.stderr)


def test_layers_and_models_of_such_names(tiny_files: Files, folder: Path) -> None:
    config = json.loads(tiny_files[0].read_text("utf-8"))
    config["config"]["layers"][1]["config"]["name"] = config["config"]["layers"][1]["name"] = EVIL
    text = json.dumps(config).replace('"conv_1"', json.dumps(EVIL))
    Path("evil.json").write_text(text, encoding="utf-8")
    for command in (("layers",), ("layers", "--json"), ("explain", folder, "-l", FORGED)):
        result = run(*command, *named((Path("evil.json"), tiny_files[1])))
        assert is_plain(result), repr(result.stderr)
        assert result.exit_code in (0, 2, 3), "Keras itself may refuse the name"
