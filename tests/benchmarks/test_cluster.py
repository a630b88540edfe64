"""The benchmark of runs by workers: its stub goes through a run, and its figures are of that run."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import cluster
import pytest
from stub_work import StubWork, planned

from support.crews import LocalCrew
from support.runs import Recorder
from xai_cam.runs.executors.spreading import Spreading
from xai_cam.runs.executors.worker import Job
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import tasks_of


def test_the_planned_images_are_as_many_and_lie_in_folders() -> None:
    images = planned(2500)
    assert len(images) == 2500 and len(images.places) == 3
    assert images[-1].path == Path("/data/photos/class_00002/img_000002499.jpg")


def test_the_stub_goes_through_workers_as_any_work() -> None:
    tasks, watching = tasks_of(planned(40)), Recorder()
    runner = Runner(tasks, StubWork(), watching, batch_size=4)
    Spreading(runner, LocalCrew(2, Job(StubWork(), 4)), runner.begin()).run()  # type: ignore[arg-type]
    assert [row["image"] for row in watching.rows] == [str(task.image.path) for task in tasks]


def test_what_the_driver_costs_is_of_all_images(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = count(100.0, 10.0)
    monkeypatch.setattr(cluster, "memory", lambda: next(readings))
    seconds = iter([1.0, 1.5, 4.0, 6.5])  # as planning begins and ends, and the run
    monkeypatch.setattr(
        cluster, "time", SimpleNamespace(perf_counter=seconds.__next__, process_time=lambda: 3.0)
    )
    row = cluster.drive("local", 50)
    assert row["images"] == 50 and row["planning, us/image"] == 10_000 and row["running, us/image"] == 50_000
    assert row["plan, MiB"] == 10.0
    assert [row[f"after {quarter}/4, MiB"] for quarter in (1, 2, 3, 4)] == [120.0, 130.0, 140.0, 150.0]


def test_images_that_are_lost_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "planned", lambda count: planned(count - 1))
    with pytest.raises(RuntimeError, match="lost"):
        cluster.drive("local", 10)
