"""`xai-cam compare --measures`: what is measured, what it costs, and what is printed of it."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from oracle import faithfulness as oracle
from support.commands import counted, provenance, strict
from xai_cam import compare
from xai_cam.cli import main
from xai_cam.errors import InputError
from xai_cam.runs.compare_run import CompareWork
from xai_cam.runs.runner import Runner

Files = tuple[Path, Path]


@pytest.fixture
def photos(make_photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos in `p`, below the current folder."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("ab"):
        make_photo(tmp_path / "p" / f"{name}.png", seed=number)
    return Path("p")


@pytest.fixture
def run(tiny_files: Files, photos: Path) -> Any:
    def run(*arguments: str) -> Result:
        command = ["compare", "-m", str(tiny_files[0]), "-w", str(tiny_files[1]), "--method", "grad-cam"]
        return CliRunner().invoke(main, [*command, str(photos), *arguments], catch_exceptions=False)

    return run


def rows() -> list[dict[str, str]]:
    with open("compare.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_asked_for_is_measured_and_told(run: Any) -> None:
    """Columns, summary, JSON, costs; the figures are those of the map that the panel keeps."""
    result = run("--measures", "gain,entropy", "--measures", "complexity", "--json")
    assert "Gain: 2 images x 1 map = up to 2 forward passes." in result.stderr
    assert "eletion" not in result.stderr
    found = strict(result.stdout)
    assert list(found["metrics"]) == ["gain", "complexity", "entropy"] and found["curves"] == {
        "deletion": {},
        "insertion": {},
    }
    assert found["metrics"]["entropy"]["better"] == "lower" and found["metrics"]["gain"]["objection"]
    for row in rows():
        assert row["drop"] == row["deletion"] == row["sparseness"] == row["baseline"] == ""
        y, o = float(row["probability"]), float(row["masked_probability"])
        assert float(row["gain"]) == pytest.approx(oracle.gain(y, o), abs=1e-3)
        assert 0 < float(row["complexity"]) < 1 and 0 < float(row["entropy"]) <= math.log(32 * 32)


def test_a_later_run_does_what_is_missing(run: Any) -> None:
    assert counted(run("--measures", "paper,sparseness", "--steps", "3"), written=2)
    fewer = run("--measures", "drop", "--steps", "3")
    assert counted(fewer, 0, up_to_date=2) and "sparseness" not in fewer.stdout
    assert "forward passes" not in fewer.stderr, "and costs nothing"
    assert counted(run("--measures", "drop,complexity", "--steps", "3"), written=2)
    assert counted(run("--measures", "complexity,drop", "--steps", "3"), 0, up_to_date=2)


def test_a_dry_run_tells_what_is_left_will_take(run: Any, photos: Path) -> None:
    asked = "--steps", "4", "-c", "top2", "-l", "conv_1,conv_2", "--baselines"
    said = run(*asked, "--dry-run")
    assert "Drop and increase: 2 images x 16 maps = up to 32 forward passes." in said.stderr
    assert "Deletion and insertion: 2 images x 16 maps = up to 196 forward passes." in said.stderr
    assert said.stdout.count(" (to do)") == 2 and "forward" not in said.stdout
    more = run(*asked, "--method", "score-cam,rise", "--samples", "7", "--dry-run").stderr
    assert "score-cam: 2 images x every live channel of each of 2 layers, a forward pass each." in more
    assert "rise: 2 images x 7 inputs = 14 forward passes." in more
    real = run(*asked)
    assert "Deletion and insertion: 2 images x 16 maps = up to 196 forward passes." in real.stderr
    assert "forward" not in run(*asked, "--dry-run").stderr, "nothing is left"


@pytest.mark.parametrize(("batch", "kept"), [((), ["a"]), (("-b", "2"), [])])
def test_what_is_finished_is_kept_where_images_take_long(
    run: Any, photos: Path, monkeypatch: pytest.MonkeyPatch, batch: tuple[str, ...], kept: list[str]
) -> None:
    """One panel is written before the next image is begun; those of a batch are all lost together."""
    ask, begun = CompareWork.ask, []

    def interrupted(work: CompareWork, states: list[Any]) -> None:
        begun.append([state.name for state in states])
        if len(begun) == 1:
            ask(work, states)
        if len(begun) == 2 or len(states) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(CompareWork, "ask", interrupted)
    asked = "--method", "rise", "--samples", "3", "--measures", "max_sensitivity", *batch
    assert run(*asked).exit_code == 130
    assert begun == ([["a.png"], ["b.png"]] if kept else [["a.png", "b.png"]])
    assert [path.stem.removesuffix("_compare") for path in sorted(photos.glob("*_compare.png"))] == kept


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["--measures", "drop"], (16, False)),
        (["--measures", "coherency"], (4, True)),
        (["--measures", "drop", "--method", "rise"], (4, True)),
        (["--measures", "coherency", "--method", "rise"], (1, True)),
        (["--measures", "coherency", "-b", "7"], (7, True)),
    ],
)
def test_how_many_images_go_together(
    run: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], asked: tuple[int, bool]
) -> None:
    """Where they take long, each batch is written before the next one is computed."""
    found = []

    def noted(runner: Runner) -> Any:
        found.append((runner.batch_size, runner.at_once))
        return runner.summary

    monkeypatch.setattr(Runner, "run", noted)
    run(*arguments)
    assert found == [asked]


def test_another_baseline_is_another_figure(run: Any, photos: Path) -> None:
    usual = run("--measures", "deletion,insertion", "--steps", "4", "--json")
    asked = "--measures", "deletion,insertion", "--steps", "4", "--baseline", "zero"
    zero = run(*asked, "--json")
    assert counted(usual, written=2) and counted(zero, written=2)
    means = [strict(one.stdout)["means"]["grad-cam"] for one in (usual, zero)]
    assert means[0]["deletion"]["value"] != means[1]["deletion"]["value"]
    assert strict(zero.stdout)["baseline"] == "zero" and "baseline" not in strict(usual.stdout)
    assert {row["baseline"] for row in rows()} == {"zero"}
    assert provenance(photos / "a_compare.png")["compared"]["baseline"] == "zero"
    curves = provenance(photos / "a_compare.png")["compared"]["maps"][0]["curves"]
    assert curves["deletion"][-1] == pytest.approx(curves["insertion"][0], abs=1e-5), "nothing is left of it"
    assert counted(run(*asked), 0, up_to_date=2)


@pytest.mark.parametrize(("kind", "start"), [("tex", "% Means over 2 images"), ("md", "|  | average drop")])
def test_a_table_for_a_paper(run: Any, kind: str, start: str) -> None:
    result = run("--measures", "drop", "--table", kind)
    assert result.stdout.startswith(start) and "grad-cam" in result.stdout
    assert counted(result, written=2) and "Rows: compare.csv" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--table", "tex", "--json"], "--json and --table both write to standard output"),
        (["--table", "md", "--results", "-"], "--table and --results - both write to standard output"),
        (["--measures", "drop,depth"], "'depth' is none of the choices"),
        (["--measures", "deletion", "--steps", "0"], "--measures names deletion, which --steps 0 leaves out"),
        (["--measures", "pointing_game"], "--measures names pointing_game, which has to know where the"),
        (["--baseline", "zero", "--measures", "drop"], "--baseline zero is for deletion and insertion"),
        (["--baseline", "black"], "'black' is not one of 'mean', 'blur', 'zero', 'noise'"),
    ],
)
def test_what_cannot_be_asked_for(run: Any, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and message in " ".join(result.stderr.split())
    assert not list(Path("p").glob("*_compare.png"))


def test_python_takes_the_same_words(tiny_model: Any) -> None:
    images = np.random.default_rng(8).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
    found = compare(tiny_model, images, method="grad-cam", measures=["gain", "sparseness"])
    assert found.metrics == ("gain", "sparseness") and not found.curves("deletion")
    zero, mean = (
        compare(tiny_model, images, method="grad-cam", measures="deletion", steps=4, baseline=name)
        for name in ("zero", "mean")
    )
    usual = compare(tiny_model, images, method="grad-cam", measures="deletion", steps=4)
    assert mean.values("deletion").tolist() == usual.values("deletion").tolist()
    assert zero.values("deletion").tolist() != usual.values("deletion").tolist()
    for wrong in ({"measures": "depth"}, {"baseline": "black"}, {"measures": "pointing_game"}):
        with pytest.raises(InputError):
            compare(tiny_model, images, method="grad-cam", **wrong)
