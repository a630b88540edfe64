"""`explain --only`: the images that the model gets wrong, gets right, or is unsure of."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import colours
from support.commands import counted, evaluate, explain, judged, tree
from support.runs import Recorder, plan_of
from support.tabled import FEEDING, LABELS, GivesUp, TabledClassifier, pictures
from xai_cam.errors import InputError, XaiCamError
from xai_cam.models.classifier import Prediction
from xai_cam.models.output.head import Head
from xai_cam.runs.selection import DEFAULT_MARGIN, Selection, make_selection, narrow

Files = Callable[..., tuple[Path, Path]]
KNOWN = ("--labels", "labels.txt", "-c", "folder")


def explained(folder: Path) -> set[str]:
    """Stems of the pictures that have an overlay below a folder."""
    return {path.stem.removesuffix("_grad-cam") for path in folder.rglob("*_grad-cam.png")}


# --- The choice ------------------------------


@pytest.mark.parametrize(
    ("scores", "predicted", "truth", "expected"),
    [
        ([0.25, 0.75], 1, 1, {"right"}),
        ([0.25, 0.75], 1, 0, {"wrong"}),
        ([0.45, 0.55], 1, 1, {"right", "unsure"}),
        ([0.5, 0.5], 1, 0, {"wrong", "unsure"}),
        ([0.4, 0.2, 0.4], 2, 2, {"right", "unsure"}),
        ([0.375, 0.125, 0.5], 2, 2, {"right", "unsure"}),
        ([0.25, 0.25, 0.5], 2, 2, {"right"}),
    ],
)
def test_what_each_takes(scores: list[float], predicted: int, truth: int, expected: set[str]) -> None:
    prediction = Prediction(np.array(scores, np.float32), predicted)
    selections = {only: make_selection(only, None) for only in ("wrong", "right", "unsure")}
    assert {only for only, s in selections.items() if s and s.takes(prediction, truth)} == expected


def test_options() -> None:
    assert make_selection(None, None) is None
    assert make_selection("wrong", None) == Selection("wrong")
    assert make_selection("unsure", None) == Selection("unsure", DEFAULT_MARGIN)
    assert make_selection("unsure", 0.0) == Selection("unsure", 0.0)
    wrong: list[tuple[Any, float]] = [(None, 0.1), ("wrong", 0.1), ("right", 0.0), ("unsure", float("nan"))]
    for only, margin in wrong:
        with pytest.raises(InputError):
            make_selection(only, margin)


def test_a_head_without_probabilities_is_never_unsure() -> None:
    for activation in ("softmax", "sigmoid", "linear", "unknown"):
        Selection("unsure").check_head(Head(3, activation))
    for only in ("wrong", "right"):
        Selection(only).check_head(Head(3, "relu"))
    with pytest.raises(InputError, match="ends in relu, which gives none"):
        Selection("unsure").check_head(Head(3, "relu"))


# --- The run ------------------------------


def test_nothing_is_selected_where_not_all_could_be_looked_at(tmp_path: Path) -> None:
    """What is left would be in neither list, and the run over the rest end as if it were all."""
    plan = plan_of(tmp_path, [image.path for image in pictures(tmp_path, "bee/1", "ant/1", "ant/0", "cat/2")])
    plan = replace(plan, request=replace(plan.request, labels=LABELS))
    classifier: Any = TabledClassifier({0: [0.5, 0.3, 0.2], 1: [0.2, 0.5, 0.3], 2: [0.2, 0.3, 0.5]})
    asked = plan, FEEDING, classifier, Selection("wrong"), Recorder()
    assert [task.stem for task in narrow(*asked).tasks] == ["1"]
    with pytest.raises(XaiCamError, match="1 of 4 images could not be asked for"):
        narrow(*asked, GivesUp(3))


@pytest.mark.parametrize("only", ["wrong", "right"])
def test_only_those_images_are_explained(only: str, painted: Path, judges: Files) -> None:
    wrong = {path.stem for path in colours.mistakes(painted)}
    every = {path.stem for path in painted.rglob("*.png")}
    expected = wrong if only == "wrong" else every - wrong
    before = tree(painted)
    result = explain(judges(), painted, "-r", *KNOWN, "--only", only, "--results", "-", "-o", "maps")
    assert result.exit_code == 0 and counted(result, len(expected)), result.stderr
    assert f"--only {only}: {len(expected)} of 18 images." in result.stderr.splitlines()
    assert explained(Path("maps")) == expected and tree(painted) == before
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {Path(row["image"]).stem for row in rows} == expected
    for row in rows:
        assert row["class_name"] == Path(row["image"]).parent.name, "it is the true class that is explained"
        assert (row["predicted_index"] != row["class_index"]) == (only == "wrong")


def test_the_same_images_as_evaluate_takes(painted: Path, judges: Files) -> None:
    for only, option in (("wrong", ()), ("right", ()), ("unsure", ("--margin", "0.95"))):
        told = evaluate(judges(), "--labels", "labels.txt", "--only", only, *option, painted)
        explain(judges(), painted, "-r", *KNOWN, "--only", only, *option, "-o", only)
        assert explained(Path(only)) == {Path(name).stem for name in told.stdout.splitlines()}


def test_unsure_needs_no_truth(painted: Path, judges: Files) -> None:
    (painted / "ant").rename(painted / "no class of the model")
    result = explain(judges(), painted, "-r", "--only", "unsure", "--margin", "0.95")
    expected = set()
    for path in painted.rglob("??.png"):
        second, first = sorted(colours.answer(path)[0])[-2:]
        expected |= {path.stem} if first - second < 0.95 else set()
    assert result.exit_code == 0 and explained(painted) == expected and 0 < len(expected) < 18


def test_scaling_and_fit_are_those_of_the_run(painted: Path, judges: Files) -> None:
    """Fed 0 to 255, the model says other classes."""
    options = ("--preprocess", "raw")
    wrong = {
        path.stem
        for path in painted.rglob("*.png")
        if colours.answer(path, scale=1)[1] != colours.NAMES.index(path.parent.name)
    }
    assert wrong != {path.stem for path in colours.mistakes(painted)}
    explain(judges(), painted, "-r", *KNOWN, *options, "--only", "wrong")
    assert explained(painted) == wrong


@pytest.mark.parametrize("only", ["wrong", "right", "unsure"])
def test_a_broken_image_fails_all_the_same(only: str, painted: Path, judges: Files) -> None:
    (painted / "bee" / "a.png").write_text("no picture", encoding="utf-8")
    result = explain(judges(), painted, "gone.png", "-r", *KNOWN, "--only", only)
    assert result.exit_code == 1 and counted(result, len(explained(painted)), failed=2)
    assert "Failed: test/bee/a.png: not an image file, despite its name." in result.stderr
    assert "Failed: gone.png: there is no such file." in result.stderr


@pytest.mark.parametrize("name", ["fish", "7"])
def test_a_folder_that_is_no_class_fails_its_images(name: str, painted: Path, judges: Files) -> None:
    (painted / "bee").rename(painted / name)
    result = explain(judges(), painted, "-r", *KNOWN, "--only", "right")
    assert result.exit_code == 1 and counted(result, 13, failed=3)
    assert result.stderr.count(f"Failed: test/{name}/") == 3
    assert ("'fish' is not among the labels" if name == "fish" else "no class 7") in result.stderr


def test_nothing_is_left(painted: Path, judges: Files) -> None:
    for path in colours.mistakes(painted):
        path.unlink()
    before = tree(painted)
    result = explain(judges(), painted, "-r", *KNOWN, "--only", "wrong", "--results", "rows.csv")
    assert result.exit_code == 0 and counted(result, 0) and tree(painted) == before
    assert "--only wrong: 0 of 16 images." in result.stderr
    assert len(Path("rows.csv").read_text(encoding="utf-8").splitlines()) == 1


def test_a_second_run_does_what_is_not_yet_done(painted: Path, judges: Files) -> None:
    asked = (judges(), painted, "-r", *KNOWN)
    first, *_ = colours.mistakes(painted)
    assert counted(explain(judges(), first, *KNOWN), 1)
    assert counted(explain(*asked, "--only", "wrong"), 1, 1)
    written = tree(painted)
    assert counted(explain(*asked, "--only", "wrong"), 0, 2) and tree(painted) == written
    assert counted(explain(*asked, "--only", "right"), 16)
    assert counted(explain(*asked), 0, 18)


def test_dry_run_says_that_the_model_has_to_tell(painted: Path, judges: Files) -> None:
    before = tree(Path())
    result = explain(judges(), painted, "-r", *KNOWN, "--only", "wrong", "--dry-run")
    assert result.exit_code == 0 and tree(Path()) == before
    assert len(result.stdout.splitlines()) == 18
    assert result.stderr == "Of these, --only wrong selects some; which ones, the model decides.\n"


def test_an_image_that_was_left_out_is_not_written_over(painted: Path, judges: Files) -> None:
    """The overlay of `x.png` would be `x_grad-cam.png`, a picture of the user's that the model gets right."""
    wrong = colours.mistakes(painted)[0]
    right = next(p for p in sorted(wrong.parent.iterdir()) if p not in colours.mistakes(painted))
    victim = right.rename(wrong.parent / f"{wrong.stem}_grad-cam.png")
    before = tree(painted)
    for overwrite in ((), ("--overwrite",)):
        result = explain(judges(), painted, "-r", *KNOWN, "--only", "wrong", *overwrite)
        assert result.exit_code == 1 and f"{victim} is one of the inputs" in result.stderr
        assert before[victim.relative_to(painted).as_posix()] == victim.read_bytes()


def test_heads_of_every_kind(painted: Path, judges: Files) -> None:
    for head in ({"activation": "relu"}, {"activation": None}, {"activation": "sigmoid"}, {"channels": 1}):
        wrong = set()
        for path in painted.rglob("??.png"):
            said = colours.answer(path, **head)[1]
            wrong |= {path.stem} if said != colours.NAMES.index(path.parent.name) else set()
        out = Path("-".join(map(str, head.values())))
        assert explain(judges(**head), painted, "-r", *KNOWN, "--only", "wrong", "-o", out).exit_code == 0
        assert explained(out) == wrong
    refused = explain(judges(activation="relu"), painted, "-r", "--only", "unsure")
    assert refused.exit_code == 2 and "--only unsure needs probabilities" in refused.stderr


def test_the_folder_around_an_image_wherever_one_stands(
    painted: Path, judges: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = Path("labels.txt").absolute()
    (painted / "bee" / "inner").mkdir()
    monkeypatch.chdir(painted / "bee" / "inner")
    result = explain(judges(), "..", "-c", "folder", "--labels", labels, "--only", "right", "-o", "maps")
    assert result.exit_code == 0 and counted(result, 3), result.stderr
    assert judged(evaluate(judges(), "..", "--labels", labels, "--exclude", "*_grad-cam.png"), 3, 0)
