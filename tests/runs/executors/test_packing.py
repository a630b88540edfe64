"""What is sent to workers has the files of the model put in where it arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.runs import plan_of
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.executors.packing import pack, unpack
from xai_cam.runs.explain_run import ExplainWork


def opened(files: ModelFiles) -> str:
    return str(files.model)


def test_all_that_speaks_of_the_model_speaks_of_the_files_that_are_there(tmp_path: Path) -> None:
    files = ModelFiles(Path("/here/model.keras"))
    data, sent = pack({"of plan": files, "to open": (opened, files), "again": ModelFiles(files.model)})
    assert sent == [files] and b"here" not in data
    found = unpack(data, [ModelFiles(Path("/there/model.keras"))])
    assert found["of plan"] is found["to open"][1] is found["again"]
    assert found["to open"][0](found["of plan"]) == str(Path("/there/model.keras"))


def test_a_work_for_a_worker_can_be_sent_and_tells_what_it_says(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [tmp_path / "a.png", tmp_path / "b.png"])
    work = ExplainWork(plan, print, [].append)
    found = unpack(pack(work.for_worker())[0], [plan.files])
    assert found.plan.tasks == [] and found.plan.images == 2 and found.plan.inputs == plan.inputs
    found.notice("of the layer")
    assert found.notices() == ["of the layer"] and found.notices() == []


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="pickle"):
        pack(ExplainWork(plan_of(tmp_path, []), lambda: None, [].append))
