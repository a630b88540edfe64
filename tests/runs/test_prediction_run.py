"""A run that asks for predictions alone, with a table of scores in place of a model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from support.runs import Recorder
from support.tabled import BROKEN, FEEDING, TabledClassifier, pictures
from xai_cam.models.classifier import NOT_FINITE
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.prediction_run import Opening, PredictionWork
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import tasks_of

SCORES = {0: [0.5, 0.25, 0.25], 1: [0.25, 0.75, 0.0], 2: [math.nan, 0.5, 0.5]}


def predict(folder: Path, *names: str) -> tuple[list[ImageState], Recorder]:
    found: list[ImageState] = []
    watching = Recorder()
    work = PredictionWork(FEEDING, TabledClassifier(SCORES), found.append)
    Runner(tasks_of(pictures(folder, *names)), work, watching, batch_size=2).run()
    return found, watching


def test_scores_class_and_what_was_fed(tmp_path: Path) -> None:
    (first, second), _ = predict(tmp_path, "1", "0")
    assert first.answer.scores.tolist() == SCORES[1] and first.answer.predicted == 1
    assert first.answer.span == (1.0, 1.0) and second.answer.span == (0.0, 0.0)
    assert second.answer.predicted == 0 and isinstance(second.answer.predicted, int)


def test_images_come_in_order_also_those_that_fail(tmp_path: Path) -> None:
    found, watching = predict(tmp_path, "0", "x", "2", "1")
    assert [state.task.stem for state in found] == ["0", "x", "2", "1"]
    assert [state.failure for state in found] == ["", BROKEN, NOT_FINITE, ""]
    assert [state.answer is None for state in found] == [False, True, True, False]
    assert [row["message"] for row in watching.rows] == [BROKEN, NOT_FINITE]


def test_pictures_are_not_kept(tmp_path: Path) -> None:
    work = PredictionWork(FEEDING, TabledClassifier(SCORES), lambda state: None)
    state = ImageState(tasks_of(pictures(tmp_path, "1"))[0], work.blank)
    work.prepare().read(state, lambda weight: None)
    assert state.picture is None and np.asarray(state.fed).item() == 1


def test_what_is_taken_in_may_add_rows(tmp_path: Path) -> None:
    watching = Recorder()

    def take(state: ImageState) -> None:
        state.add_row("taken", {})

    work = PredictionWork(FEEDING, TabledClassifier(SCORES), take)
    Runner(tasks_of(pictures(tmp_path, "0", "1")), work, watching).run()
    assert [row["outcome"] for row in watching.rows] == ["taken", "taken"]


def test_a_worker_opens_the_model_itself_when_the_first_image_needs_it(tmp_path: Path) -> None:
    opened: list[str] = []

    class Made(Opening):
        def open(self) -> Any:
            opened.append("the model")
            return FEEDING, TabledClassifier(SCORES)

    watching, found = Recorder(), list[Any]()
    here = PredictionWork(FEEDING, TabledClassifier(SCORES), found.append, opening=Made(None, None, None))  # type: ignore[arg-type]
    there = here.for_worker()
    assert opened == [] and there.blank == here.blank and there.for_worker() is there
    images = tasks_of(pictures(tmp_path, "0", "1"))
    Runner(images, here, watching).run()
    states = [ImageState(task, there.blank) for task in images]
    reader = there.prepare()
    for state in states:
        there.look_up(state)
        reader.read(state, lambda weight: None)
    there.ask(states)
    assert opened == ["the model"]
    for one, other in zip(states, found, strict=True):
        assert one.answer.predicted == other.answer.predicted and one.answer.span == other.answer.span
        np.testing.assert_array_equal(one.answer.scores, other.answer.scores)
