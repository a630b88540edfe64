"""`xai-cam evaluate` on pictures whose answers are known: what it counts, prints and leaves alone."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle import figures as oracle
from support import colours
from support.commands import evaluate, judged, strict, tree

Files = Callable[..., tuple[Path, Path]]
HEADS: list[dict[str, Any]] = [
    *({"units": 1, "activation": a} for a in ("sigmoid", None, "relu")),
    *({"units": 2, "activation": a} for a in ("softmax", "sigmoid", None)),
    *({"units": 3, "activation": a} for a in ("softmax", "sigmoid", "relu", None)),
    {"units": 3, "channels": 1},
    {"units": 7},
    {"units": 12, "activation": "sigmoid"},
]


@pytest.fixture
def labels(tmp_path: Path) -> Callable[[int], Path]:
    def write(classes: int) -> Path:
        path = tmp_path / "labels.txt"
        path.write_text("\n".join(colours.NAMES[:classes]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def pictures(tmp_path: Path, labels: Callable[[int], Path]) -> tuple[Path, dict[Path, int]]:
    """A folder of three classes, and the class of each of its pictures."""
    labels(3)
    return tmp_path / "test", colours.paint_folders(tmp_path / "test", 3)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- Figures ------------------------------


@pytest.mark.parametrize("head", HEADS, ids=str)
def test_every_kind_of_head(
    head: dict[str, Any], judges: Files, labels: Callable[[int], Path], tmp_path: Path
) -> None:
    classes = max(head["units"], 2)
    truths = colours.paint_folders(tmp_path / "test", classes, **head)
    before, table = tree(tmp_path / "test"), tmp_path / "rows.csv"
    said_binary = ("--head", "binary") if head["units"] == 1 and head["activation"] != "sigmoid" else ()
    asked = ("--labels", labels(classes), "--results", table, "--json", *said_binary, tmp_path / "test")
    result = evaluate(judges(**head), *asked)
    assert result.exit_code == 0, result.stderr
    assert tree(tmp_path / "test") == before
    answers = {path: colours.answer(path, **head) for path in truths}
    truth, predicted = list(truths.values()), [said for _, said in answers.values()]
    scores = [row for row, _ in answers.values()]

    rows = rows_of(table.read_text("utf-8"))
    assert [Path(row["image"]) for row in rows] == list(truths)
    for row, actual, said, values in zip(rows, truth, predicted, scores, strict=True):
        assert (int(row["truth_index"]), row["truth_name"]) == (actual, colours.NAMES[actual])
        assert (int(row["predicted_index"]), row["predicted_name"]) == (said, colours.NAMES[said])
        assert row["outcome"] == ("right" if actual == said else "wrong") and not row["message"]
        found = [float(row[f"p_{name}"]) for name in colours.NAMES[:classes]]
        np.testing.assert_allclose(found, values, rtol=1e-3, atol=1e-5)
        assert (float(row["score"]), float(row["truth_score"])) == (found[said], found[actual])

    said = strict(result.stdout)
    right = sum(a == b for a, b in zip(truth, predicted, strict=True))
    assert judged(result, right, len(truth) - right)
    assert (said["images"], said["right"], said["failed"]) == (len(truth), right, 0)
    assert [c["index"] for c in said["classes"]] == sorted(set(truth))
    for found in said["classes"]:
        c = found["index"]
        expected = oracle.rates(truth, [p == c for p in predicted], c)
        for name in ("precision", "recall", "f1"):
            assert (found[name] is None) == math.isnan(expected[name])
            assert found[name] is None or found[name] == pytest.approx(expected[name])
        assert found["auc"]["value"] == pytest.approx(oracle.auc(truth, [s[c] for s in scores], c), abs=1e-9)
    if classes > 5:
        assert said["top5"] == pytest.approx(oracle.top(truth, scores, 5))
    binary = classes == 2 and head["activation"] != ("relu" if head["units"] == 1 else "sigmoid")
    assert (said["auc"] is not None) == (said["at_half"] is not None) == binary
    if binary:
        of_one = [s[1] for s in scores]
        assert said["auc"]["value"] == pytest.approx(oracle.auc(truth, of_one, 1))
        assert any(
            said["best_balance"]["threshold"] == pytest.approx(t)
            for t in oracle.best_thresholds(truth, of_one)
        )


def test_the_table_on_the_terminal(
    judges: Files, pictures: tuple[Path, dict[Path, int]], tmp_path: Path
) -> None:
    folder, _ = pictures  # 12 right, 2 wrong as bee, of ant; 3 of bee and 1 of cat right: see colours.py
    result = evaluate(judges(), "--labels", tmp_path / "labels.txt", folder)
    lines = [line.split() for line in result.stdout.splitlines()]
    low, high = oracle.wilson(16, 18)
    assert lines[0] == f"accuracy 0.889 95 % {low:.3f} to {high:.3f}; 16 of 18 images".split()
    table = {line[0]: line[1:] for line in lines[1:] if line}
    assert lines[2] == ["class", "images", "precision", "recall", "F1", "AUC", "95", "%"]
    assert [table["ant"], table["bee"], table["cat"]] == [["12", "2", "0"], ["0", "3", "0"], ["0", "0", "1"]]
    figures = {line[0]: line[1:5] for line in lines[3:6]}
    assert figures["ant"] == ["14", "1.000", "0.857", "0.923"]
    assert figures["bee"] == ["3", "0.600", "1.000", "0.750"]
    assert figures["cat"] == ["1", "1.000", "1.000", "1.000"]
    assert table["macro"][:4] == ["mean", "0.867", "0.952", "0.891"]
    assert table["weighted"][:4] == ["mean", "0.933", "0.889", "0.899"]
    assert lines[-4] == ["true", "\\", "predicted", "ant", "bee", "cat"]
    first, count = result.stderr.splitlines()
    assert first.startswith(
        "Preprocessing unit, rgb (a guess: the model does not say; --preprocess says otherwise); stretch, "
        "resized with bilinear. First image "
    )
    assert count.startswith("16 right, 2 wrong, 0 failed in ")


def test_two_classes_have_thresholds(judges: Files, labels: Callable[[int], Path], tmp_path: Path) -> None:
    colours.paint_folders(tmp_path / "test", 2, units=1, activation="sigmoid")
    files = judges(units=1, activation="sigmoid")
    text = evaluate(files, "--labels", labels(2), "-q", tmp_path / "test").stdout
    lines = [line.split() for line in text.splitlines()]
    heading = lines.index(["threshold", "for", "bee", "accuracy", "precision", "recall", "specificity", "F1"])
    default, best = lines[heading + 1 : heading + 3]
    # of 4 ants all are seen, of 8 bees 6: see colours.py
    assert default == ["default", "0.5", "0.833", "1.000", "0.750", "1.000", "0.857"]
    assert best[:2] == ["best", "balance"] and float(best[6]) + float(best[5]) >= 1.75
    assert "AUC " in text and "(Hanley & McNeil 1982)" in text


def test_alphabetical_order_without_labels(judges: Files, pictures: tuple[Path, dict[Path, int]]) -> None:
    folder, _ = pictures
    result = evaluate(judges(), folder)
    assert "No --labels: classes are in alphabetical order" in result.stderr and judged(result, 16, 2)
    (folder / "bee").rename(folder / "zebu")
    result = evaluate(judges(), folder)
    assert "0 ant, 1 cat, 2 zebu." in result.stderr and result.exit_code == 0
    (folder / "cat").rename(folder / "zebu" / "cat")
    result = evaluate(judges(), folder)
    assert result.exit_code == 2 and not result.stdout
    assert "The images have 2 classes (ant, zebu), the model has 3. Give --labels" in result.stderr


def test_an_order_of_classes_that_is_worse_than_guessing_is_named(
    judges: Files, pictures: tuple[Path, dict[Path, int]], labels: Callable[[int], Path]
) -> None:
    folder, _ = pictures
    hint = "Fewer images are right than guessing would give"
    assert hint not in evaluate(judges(), folder).stderr
    (folder / "ant").rename(folder / "zebu")  # now 0 bee, 1 cat, 2 zebu
    result = evaluate(judges(), folder)
    assert f"{hint}: the model's classes may be in another order. Give --labels." in result.stderr
    labels(3).write_text("bee\ncat\nzebu\n", encoding="utf-8")
    assert hint not in evaluate(judges(), "--labels", folder.parent / "labels.txt", folder).stderr


def test_a_table_in_place_of_folders(judges: Files, labels: Callable[[int], Path], tmp_path: Path) -> None:
    truth = colours.paint_folders(tmp_path / "test", 3)
    table = tmp_path / "truth.csv"
    names = "".join(f"{path.relative_to(tmp_path)};{c}\n" for path, c in truth.items())
    table.write_text(f"file;class\n{names}test/nowhere.png;0\n", encoding="utf-8")
    alone = evaluate(judges(), "--truth", table)
    assert alone.exit_code == 1 and judged(alone, 16, 2, 1)
    assert "Failed: test/nowhere.png: there is no such file." in alone.stderr
    part = evaluate(judges(), "--truth", table, tmp_path / "test" / "bee", tmp_path / "test" / "cat")
    assert part.exit_code == 0 and judged(part, 4, 0)
    assert "truth.csv lists 15 images that were not given." in part.stderr
    other = colours.paint(tmp_path / "other.png", 1)
    none = evaluate(judges(), "--truth", table, other)
    assert none.exit_code == 4 and "lists none of the images" in none.stderr
    (tmp_path / "truth.csv").write_text("other.png,fish\n", encoding="utf-8")
    wrong = evaluate(judges(), "--truth", table, "--labels", labels(3))
    assert (
        wrong.exit_code == 2
        and "only among the images fish; only among the labels ant, bee, cat." in wrong.stderr
    )
