"""What `xai-cam evaluate` writes: its report, whole, into no file of others; and what it needs for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xai_cam
import xai_cam.extras
from support import colours
from support.commands import clean_environment, evaluate, fresh, named, run, sha256, strict, tree

Files = Callable[..., tuple[Path, Path]]
CHARTS = ("roc.png", "confusion.png", "scores.png")
LABELS = ("--labels", "labels.txt")


def test_a_report_says_what_was_measured(judges: Files, painted: Path) -> None:
    files = judges()
    asked = (*LABELS, "--charts", "new/report", "--preprocess", "unit", "--fit", "crop", painted)
    before = tree(painted)
    result = evaluate(files, *asked)
    assert result.exit_code == 0 and "Charts: new/report" in result.stderr.splitlines()
    assert tree(painted) == before
    first = tree(Path("new/report"))
    assert set(first) == {"evaluation.json", *CHARTS}
    said = strict(first["evaluation.json"].decode())
    assert said["tool"] == f"xai-cam {xai_cam.__version__}"
    assert (said["model_sha256"], said["weights_sha256"]) == tuple(map(sha256, files))
    assert said["preprocessing"] == "unit rgb crop" and said["head"] == "3 classes, softmax"
    shown = strict(evaluate(files, *asked, "--json").stdout)
    assert shown == said, "the same figures on the terminal"
    assert tree(Path("new/report")) == first, "equal runs write equal files"
    assert str(Path.cwd()) not in first["evaluation.json"].decode(), (
        "a folder of the user's in a file to be shared"
    )


@pytest.mark.parametrize("name", ["evaluation.json", *CHARTS])
@pytest.mark.parametrize("content", ["{}", "[" * 100_000, ""])
def test_files_of_others_stay(name: str, content: str, judges: Files, painted: Path) -> None:
    path = Path("report", name)
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    asked = (*LABELS, "--charts", "report", painted)
    refused = evaluate(judges(), *asked)
    assert refused.exit_code == 2 and not refused.stdout
    assert f"{path} exists and was not written by xai-cam. Use --overwrite, or name another" in refused.stderr
    assert tree(Path("report")) == {name: content.encode()}
    assert evaluate(judges(), *asked, "--overwrite").exit_code == 0
    assert set(tree(Path("report"))) == {"evaluation.json", *CHARTS}


def test_an_input_is_never_written_to(judges: Files, painted: Path) -> None:
    os.rename(colours.mistakes(painted)[0], painted / "ant" / "scores.png")
    Path("truth.csv").write_text(
        "".join(f"{p},{p.parent.name}\n" for p in painted.rglob("*.png")), encoding="utf-8"
    )
    before = tree(Path())
    for option in (("--charts", painted / "ant"), ("--results", "truth.csv")):
        result = evaluate(judges(), *LABELS, "--truth", "truth.csv", *option, "--overwrite", painted)
        assert result.exit_code == 2 and not result.stdout
        assert "is one of the inputs. Write the output somewhere else." in result.stderr
    assert tree(Path()) == before


@pytest.mark.parametrize("place", ["labels.txt", "labels.txt/report", "x" * 300])
def test_a_place_that_cannot_be_written(place: str, judges: Files, painted: Path) -> None:
    result = evaluate(judges(), *LABELS, "--charts", place, painted)
    assert result.exit_code == 1 and not result.stdout
    assert result.stderr.startswith("Error: Cannot write") and "--charts" in result.stderr


def test_the_users_own_style_of_charts_does_no_harm(judges: Files, painted: Path) -> None:
    """The current folder's settings count for Matplotlib: here they need LaTeX, and a window that is none."""
    Path("matplotlibrc").write_text("text.usetex: True\nfont.family: no such font\n", encoding="utf-8")
    command = ["-m", "xai_cam", "evaluate", *named(judges()), *LABELS, "--charts", "report", "-q", painted]
    done = fresh(*command, env=clean_environment(MPLBACKEND="no such backend", CUDA_VISIBLE_DEVICES="-1"))
    assert done.returncode == 0 and len(done.stderr.splitlines()) == 1, done.stderr
    evaluate(judges(), *LABELS, "--charts", "other", painted)
    assert tree(Path("report")) == tree(Path("other"))


# --- What is not installed ------------------------------


@pytest.mark.parametrize(
    ("missing", "options", "name"),
    [
        ("sklearn", (), "scikit-learn"),
        ("matplotlib", ("--charts", "report"), "matplotlib"),
        ("matplotlib", (), None),
        ("sklearn", ("--try-preprocess",), None),
    ],
)
def test_a_library_that_is_missing(
    missing: str, options: tuple[str, ...], name: str | None, judges: Files, painted: Path, monkeypatch: Any
) -> None:
    find = xai_cam.extras.find_spec
    monkeypatch.setattr(xai_cam.extras, "find_spec", lambda m: None if m == missing else find(m))
    result = evaluate(judges(), *LABELS, *options, painted)
    if name is None:
        assert result.exit_code == 0
        return
    assert (result.exit_code, result.stdout) == (1, "") and not Path("report").exists()
    command = xai_cam.extras.command_for("evaluate")
    assert "scikit-learn" in command and "matplotlib" in command
    expected = f"Error: This needs {name}, which is not installed. Run `{command}`.\n"
    assert result.stderr == expected


def test_a_library_that_is_broken(judges: Files, painted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(module: str) -> Any:
        raise ImportError("numpy.core.multiarray\nfailed to import")

    monkeypatch.setattr(xai_cam.extras, "import_module", fail)
    result = evaluate(judges(), *LABELS, painted)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "Error: scikit-learn cannot be imported (numpy.core.multiarray failed to import). "
        f"Run `{xai_cam.extras.command_for('evaluate', upgrade=True)}`.\n"
    )


def test_labels_of_another_model(judges: Files, painted: Path) -> None:
    Path("labels.txt").write_text("ant\nbee\ncat\ndog\n", encoding="utf-8")
    result = evaluate(judges(), *LABELS, painted)
    assert result.exit_code == 2 and "The labels name 4 classes, the model has 3." in result.stderr
    assert run("evaluate", *named(judges()), *LABELS, painted / "ant").exit_code == 2
