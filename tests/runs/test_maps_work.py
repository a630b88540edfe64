"""Works that make maps, sent to workers: nothing of the console goes along, and findings come back."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from support.runs import plan_of
from xai_cam.cam.explanation import Explanation
from xai_cam.files.rows import Silent
from xai_cam.models.input.named_outputs import OutputNames
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput
from xai_cam.report.explain_page import ExplainPage
from xai_cam.runs.explain_run import ExplainWork
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.maps_work import MapsWork

OUTPUT = ModelOutput("scores", 0, (2,), Head(2, "softmax"))


class Page:
    """A report that knows who it was made for."""

    def __init__(self, plan: Any = None) -> None:
        self.plan = plan

    def for_worker(self, plan: Any) -> Page:
        return Page(plan)


def work_of(folder: Path, said: list[str], **options: Any) -> ExplainWork:
    plan = plan_of(folder, [folder / "cat" / "a.png"], classes=("folder",), labels=("cat", "dog"))
    return ExplainWork(plan, print, said.append, **options)


def test_a_copy_for_a_worker_has_its_own_notices_and_page(tmp_path: Path) -> None:
    said: list[str] = []
    work = work_of(tmp_path, said, page=Page())
    sent = pickle.loads(pickle.dumps(work.for_worker()))
    sent.notice("there")
    assert said == [] and sent.notices() == ["there"] and sent.notices() == []
    assert sent.page.plan.tasks == [] and sent.page.plan.images == 1
    assert work.plan.tasks and work.page.plan is None, "the work that is sent stays as it was"


def test_workers_write_pictures_of_the_page_beside_it(tmp_path: Path) -> None:
    work = work_of(tmp_path, [])
    assert work.beside == ()
    work.page = ExplainPage(tmp_path / "page.html", work.plan, Silent())
    assert work.beside == (tmp_path / "page_files",)


def test_findings_and_outputs_come_back(tmp_path: Path) -> None:
    said: list[str] = []
    work, there = work_of(tmp_path, said), work_of(tmp_path, []).for_worker()
    for number in range(5):
        cam = np.array([[0, 1], [2, 4]], np.float32)
        one = Explanation(cam, "grad-cam", "conv", 1, 1, 1.0, "logit", 0.7, ((1, 0.7),), "ok", "")
        there.findings.add(f"{number}.png", [1], [one], again=False)
    there.outputs = OutputNames(OutputNames.of(_named()).network, ("cat", "dog"))
    work.take_in(pickle.loads(pickle.dumps(there.hand_over())))
    work.take_in(there.hand_over())
    work.conclude()
    assert [line.split(":")[0] for line in said] == ["All 5 images get one answer"]
    assert work.outputs is not None and work.outputs.labels_of("") == ("cat", "dog")


def test_the_truth_of_an_image_is_told_by_the_outputs_that_a_worker_has_seen(tmp_path: Path) -> None:
    work = work_of(tmp_path, [])
    (task,) = work.plan.tasks

    def truth() -> Any:
        state = ImageState(task, work.blank)
        state.rows = [{**work.blank, "outcome": "written", "predicted_index": None, "predicted_name": ""}]
        work.finish(state)
        return state.rows[0]["truth_name"]

    assert truth() in (None, ""), "nobody knows whether there are classes"
    work.take_in((MapsWork.for_worker(work).findings, _named()))
    assert truth() == "cat"


def _named() -> OutputNames:
    class Network:
        outputs = (OUTPUT,)

    return OutputNames.of(OutputNames(Network(), ("cat", "dog")))
