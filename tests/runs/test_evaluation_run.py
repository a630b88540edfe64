"""Images of known class, judged by a table of scores in place of a model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from support.runs import Recorder
from support.tabled import BROKEN, FEEDING, LABELS, GivesUp, TabledClassifier, pictures
from xai_cam.evaluation.labelled_images import Labelled, Predictions
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.evaluation_run import judge_images
from xai_cam.runs.executors.executor import LocalExecutor
from xai_cam.runs.selection import Selection

SCORES = {0: [0.5, 0.25, 0.25], 1: [0.25, 0.75, 0.0], 2: [0.0, 0.375, 0.625]}
NAMES = ("bee/1", "ant/x", "ant/1 again", "ant/0", "cat/2")
"""Right, broken, wrong, right, right."""


def judge(
    folder: Path,
    selection: Selection | None = None,
    name: Callable[[Path], None] = lambda path: None,
    executor: LocalExecutor | None = None,
) -> tuple[Predictions, Recorder, TabledClassifier]:
    images, watching = pictures(folder, *NAMES), Recorder()
    said = [Path(one).parent.name for one in NAMES]
    model = folder / "m.json"
    model.write_text("model", encoding="utf-8")
    labelled = Labelled(
        ModelFiles(model), images, said, LABELS, {folder / "gone.png": "there is no such file"}
    )
    labelled.settle(3)
    classifier = TabledClassifier(SCORES)
    found = judge_images(labelled, FEEDING, classifier, watching, selection, name, executor)
    return found, watching, classifier


def test_a_row_for_each_image_in_order(tmp_path: Path) -> None:
    _, watching, _ = judge(tmp_path)
    told = [(Path(row["image"]).stem, row["outcome"], row["truth_name"]) for row in watching.rows]
    assert told == [
        *[("gone", "failed", None), ("1", "right", "bee"), ("x", "failed", "ant")],
        *[("1 again", "wrong", "ant"), ("0", "right", "ant"), ("2", "right", "cat")],
    ]
    wrong = watching.rows[3]
    assert (wrong["predicted_name"], wrong["score"], wrong["truth_score"]) == ("bee", 0.75, 0.25)
    assert (wrong["p_ant"], wrong["p_bee"], wrong["p_cat"]) == (0.25, 0.75, 0.0)
    assert watching.rows[2]["message"] == BROKEN
    assert {row["model_sha256"] for row in watching.rows} == {hashlib.sha256(b"model").hexdigest()}
    assert (wrong["scaling"], wrong["input_width"], wrong["image_width"]) == ("raw", 1, 1)


def test_images_that_a_run_left_are_counted(tmp_path: Path) -> None:
    predictions, _, _ = judge(tmp_path, executor=GivesUp(3))
    assert predictions.count() == "1 right, 1 wrong, 2 failed, 2 not tried"
    assert predictions.provenance(FEEDING)["not_tried"] == 2
    whole, _, _ = judge(tmp_path)
    assert whole.count() == "3 right, 1 wrong, 2 failed" and "not_tried" not in whole.provenance(FEEDING)


def test_what_is_kept_for_the_figures(tmp_path: Path) -> None:
    predictions, _, classifier = judge(tmp_path)
    assert [*predictions.truth] == [1, 0, 0, 2] and [*predictions.predicted] == [1, 1, 0, 2]
    assert [list(scores) for scores in predictions.scores] == [SCORES[1], SCORES[1], SCORES[0], SCORES[2]]
    assert predictions.failed == 2, "one is broken, one is not there"
    assert classifier.asked == [[1], [1, 0], [2]], (
        "two at a time, as many as the classifier takes, or one broken"
    )


def test_of_the_first_image_it_is_said_what_was_fed_and_predicted(tmp_path: Path) -> None:
    _, watching, _ = judge(tmp_path)
    notice, *flat = watching.notices
    assert len(flat) == 2 and flat[0].startswith("1.png: its input covers 0 of the range")
    assert "First image 1.png: input 1 to 1, predicted bee 0.75, ant 0.25, cat 0." in notice


def test_images_that_are_asked_for_are_named_in_order(tmp_path: Path) -> None:
    for only, expected in (("wrong", ["1 again"]), ("right", ["1", "0", "2"])):
        named: list[Path] = []
        judge(tmp_path, Selection(only), named.append)
        assert [path.stem for path in named] == expected
    unsure: list[Path] = []
    judge(tmp_path, Selection("unsure", 0.25), unsure.append)
    assert unsure == [], "0.5 and 0.25 are exactly so far apart, 0.625 and 0.375 too"
    judge(tmp_path, Selection("unsure", 0.2501), unsure.append)
    assert [path.stem for path in unsure] == ["0", "2"]
