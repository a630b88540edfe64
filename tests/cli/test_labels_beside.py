"""Labels beside the model: taken where they fit, left out with a line where they do not, in every command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, evaluate, explain, judged, named, provenance, run
from support.small_models import save_model

Files = tuple[Path, Path]


@pytest.fixture
def model(tmp_path: Path, model_files: Callable[..., Files], monkeypatch: pytest.MonkeyPatch) -> Files:
    """A model of three classes in a folder of its own, below the current one."""
    monkeypatch.chdir(tmp_path)
    Path("m").mkdir()
    first, second = (Path(shutil.copy(path, "m")) for path in model_files())
    return first, second


@pytest.fixture
def photo(model: Files, make_photo: Callable[..., Path]) -> Path:
    return make_photo(Path("a.png"))


def test_numbered_lines_name_the_classes(model: Files, photo: Path) -> None:
    Path("m/labels.txt").write_text("0 cat\n1 dog\n2 cow\n", encoding="utf-8")
    result = explain(model, photo, "-c", "dog", "-o", "out")
    assert counted(result, 1)
    assert provenance(Path("out/a_grad-cam.png"))["class_name"] == "dog"
    said = [line for line in result.stderr.splitlines() if "labels.txt" in line]
    assert said == [
        f"Class names from {Path('m/labels.txt')}, found beside the model. --labels names another file, "
        "--labels none leaves them out."
    ]
    assert counted(explain(model, photo, "-c", "dog", "-o", "out"), 0, 1)
    assert counted(explain(model, photo, "-c", "1", "-o", "out", "--labels", "none"), 1)
    assert provenance(Path("out/a_grad-cam.png"))["class_name"] == "1"


def test_those_that_are_given_come_first(model: Files, photo: Path) -> None:
    Path("m/labels.txt").write_text("a\nb\nc\n", encoding="utf-8")
    Path("own.json").write_text('{"labels": ["x", "y", "z"]}', encoding="utf-8")
    result = explain(model, photo, "-c", "y", "--labels", "own.json")
    assert counted(result, 1) and "beside the model" not in result.stderr


def test_what_does_not_fit_is_no_error_and_is_not_redone(model: Files, photo: Path) -> None:
    """Two names for three classes: the classes have their numbers, in file names, rows and panels too."""
    Path("m/labels.txt").write_text("cat\ndog\n", encoding="utf-8")
    for command, output in (("explain", "a_grad-cam_1.png"), ("compare", "a_compare.png")):
        asked = (command, *named(model), photo, "-c", "top3", "-o", "out", "--results", f"{command}.jsonl")
        methods = ("--method", "grad-cam", "--method", "eigen-cam") if command == "compare" else ()
        first, second = run(*asked, *methods), run(*asked, *methods)
        assert first.exit_code == second.exit_code == 0
        assert "names 2 classes and the model has 3: it is left out" in first.stderr
        assert "1 up to date" in second.stderr and "labels.txt" not in second.stderr
        assert Path("out", output).exists()
        rows = [
            json.loads(line) for line in Path(f"{command}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        assert rows and all(row["class_name"] == str(row["class_index"]) for row in rows)


def test_other_commands_find_them_too(model: Files, photo: Path) -> None:
    Path("m/classes.txt").write_text("cat\ndog\ncow\n", encoding="utf-8")
    asked = {
        "features": ("features", "-o", "out", "--results", "rows.jsonl"),
        "sanity": ("sanity", "-o", "sane", "--method", "grad-cam", "--draws", "1"),
        "edit": ("kernels", "edit", "--zero", "conv_1:0", "--results", "rows.csv"),
        "prepend": ("kernels", "prepend", "--fir", "box", "--results", "rows.csv"),
        "only": ("explain", "-o", "out", "--only", "unsure", "--margin", "1"),
    }
    for arguments in asked.values():
        result = run(*arguments, *named(model), photo)
        assert result.exit_code == 0, result.stderr
        assert result.stderr.count("classes.txt, found beside the model") == 1, arguments
    assert json.loads(Path("rows.jsonl").read_text(encoding="utf-8"))["predicted_name"] in (
        "cat",
        "dog",
        "cow",
    )


# --- Evaluation, where folders name classes too ------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("ant\nbee\ncat\n", "found beside the model"),
        ("ant\nbee\n", "does not name the images' classes: it is left out"),
        ("ant\nbee\ncat\ndog\n", "names 4 classes and the model has 3: it is left out"),
        ("x\ny\nz\n", "does not name the images' classes: it is left out"),
        (None, "classes are in alphabetical order"),
    ],
)
def test_evaluation(
    labels: str | None, said: str, painted: Path, judges: Callable[..., Files], tmp_path: Path
) -> None:
    Path("m").mkdir()
    files = tuple(Path(shutil.copy(path, "m")) for path in judges())
    if labels:
        Path("m/labels.txt").write_text(labels, encoding="utf-8")
    result = evaluate(files, painted)
    assert judged(result, 16, 2) and said in result.stderr
    assert ("alphabetical" in result.stderr) == (said != "found beside the model")


def test_a_model_of_one_unit_has_two_labels(
    tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.small_models import build_tiny

    monkeypatch.chdir(tmp_path)
    files = save_model(build_tiny(units=1, activation="sigmoid"), Path("m"))
    Path("m/labels.txt").write_text("0 no\n1 yes\n", encoding="utf-8")
    assert counted(explain(files, make_photo(Path("a.png")), "-c", "yes"), 1)
    assert provenance(Path("a_grad-cam.png"))["class_name"] == "yes"
