"""Commands that ask a model for predictions: the same tables by either engine, and no TensorFlow twice."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support import colours
from support.commands import clean_environment, evaluate, fresh, named, run

pytest.importorskip("openvino")

Files = Callable[..., tuple[Path, Path]]
LABELS = ("--labels", "labels.txt")
TIMED = ("seconds",)

WITHOUT = """
import sys
from xai_cam.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(*[name for name in ("tensorflow", "keras") if name in sys.modules], file=sys.stderr)
"""


def same(tables: Sequence[list[dict[str, str]]]) -> None:
    """The same rows, whose numbers differ by 1e-4 at most."""
    one, other = tables
    assert len(one) == len(other) > 0
    for row, like in zip(one, other, strict=True):
        assert row.keys() == like.keys()
        for name in row.keys() - set(TIMED):
            try:
                assert float(row[name]) == pytest.approx(float(like[name]), rel=0, abs=1e-4), name
            except ValueError:
                assert row[name] == like[name], name


def rows(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).open(encoding="utf-8", newline="")))


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", *LABELS),
        ("kernels", "edit", "--multiply", "conv:0-1=0.5"),
        ("kernels", "edit", "--rank", "--layer", "conv"),
        ("kernels", "prepend", "--fir", "gaussian"),
    ],
)
def test_both_engines_fill_the_same_table(command: tuple[str, ...], judges: Files, painted: Path) -> None:
    found = []
    for engine in ("tensorflow", "openvino"):
        table = f"{engine}.csv"
        options = (*named(judges()), "--engine", engine, "--no-cache", "--results", table)
        result = run(*command, *options, *(["-r"] if "kernels" in command else []), painted)
        assert result.exit_code == 0, result.output
        assert "Continuing with TensorFlow" not in result.stderr
        found.append(rows(table))
    same(found)


@pytest.mark.parametrize("option", [("--try-preprocess",), ("--only", "wrong")])
def test_both_engines_print_the_same(option: tuple[str, ...], judges: Files, painted: Path) -> None:
    first, second = (
        evaluate(judges(), *LABELS, *option, "--engine", engine, "--no-cache", painted)
        for engine in ("tensorflow", "openvino")
    )
    assert (first.exit_code, first.stdout) == (second.exit_code, second.stdout) and first.stdout


def test_only_selects_the_same_images_to_explain(judges: Files, painted: Path) -> None:
    wrong = {path.stem for path in colours.mistakes(painted)}
    for engine in ("tensorflow", "openvino"):
        options = (*LABELS, "--class", "folder", "--only", "wrong", "--no-cache", "-r")
        result = run("explain", *named(judges()), "--engine", engine, *options, "-o", engine, painted)
        assert result.exit_code == 0, result.output
        written = [path.name for path in Path(engine).rglob("*.png")]
        assert len(written) == len(wrong) and all(
            any(name.startswith(stem) for stem in wrong) for name in written
        )


def test_a_second_evaluation_needs_no_tensorflow(judges: Files, painted: Path, tmp_path: Path) -> None:
    environment = clean_environment(XDG_CACHE_HOME=str(tmp_path / "kept"))
    Path("without.py").write_text(WITHOUT, encoding="utf-8")
    found, imported = [], []
    for table in ("first.csv", "second.csv"):
        command = ("evaluate", *named(judges()), *LABELS, "--results", table, "--device", "cpu", painted)
        done = fresh("without.py", *command, env=environment)
        assert done.returncode == 0, done.stderr
        imported.append(done.stderr.splitlines()[-1])
        found.append(rows(table))
    assert imported == ["tensorflow keras", ""]
    same(found)
