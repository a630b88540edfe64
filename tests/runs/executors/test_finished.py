"""Images at the beginning of a run that are up to date: told once, by whole batches, without a worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from support.crews import NAMES, LocalCrew, SpreadStagedWork, all_are
from support.runs import Recorder
from support.works import StagedRun, StagedWork, at_image, outcomes, raises, tasks
from xai_cam.errors import ImageError
from xai_cam.runs.executors.finished import SECONDS, left_of
from xai_cam.runs.executors.spreading import Spreading
from xai_cam.runs.executors.worker import Job
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.runner import Runner


class Begun:
    """A run of some images in batches of three, and what is left of it."""

    def __init__(self, work: Any, images: int = 40, **options: Any) -> None:
        self.work, self.watching = work, Recorder()
        clock: Iterator[float] = options.pop("clock", iter(lambda: 0.0, None))
        self.runner = Runner(tasks(images), work, self.watching, **{"batch_size": 3, **options})
        self.reports = self.runner.begin()
        self.left = left_of(self.runner, self.reports, lambda: next(clock))

    @property
    def told(self) -> list[tuple[str, str]]:
        return outcomes(self.watching)

    @property
    def names_left(self) -> list[str]:
        return [task.stem for task in self.left.tasks]


def test_where_all_are_up_to_date_all_is_told_as_in_one_process() -> None:
    found, alone = Begun(StagedWork(NAMES)), StagedRun(40, StagedWork(NAMES))
    assert found.names_left == [] and found.told == all_are("up to date")
    found.left.end(found.reports)
    assert found.watching.calls == alone.watching.calls
    assert str(found.left.summary) == str(found.runner.summary) == "0 written, 40 up to date, 0 failed"
    assert sorted(found.work.at("look_up")) == NAMES and found.work.at("prepare") == []


def test_where_the_first_has_something_to_do_no_other_is_looked_up() -> None:
    found = Begun(StagedWork(NAMES[1:]))
    assert found.work.at("look_up") == ["00"] and found.told == [] and found.names_left == NAMES


@pytest.mark.parametrize(("first", "through"), [("02", 0), ("03", 3), ("07", 6), ("39", 39)])
def test_whole_batches_are_told(first: str, through: int) -> None:
    """So that the batches of the others are made of the same images."""
    found = Begun(StagedWork({*NAMES} - {first}))
    assert found.told == all_are("up to date", NAMES[:through]) and found.names_left == NAMES[through:]
    assert len(found.work.at("look_up")) < through + 10, "the others are left to workers"


def test_rows_progress_and_batches_of_a_run_that_goes_on_are_those_of_one_process() -> None:
    there = {*NAMES[:13], "20"}
    found, alone = Begun(SpreadStagedWork({*there})), StagedRun(40, StagedWork(there))
    crew = LocalCrew(2, Job(found.work, 3))
    Spreading(found.left, crew, found.reports).run()
    assert found.told == alone.outcomes and str(found.runner.summary) == str(alone.summary)
    progress = [call for call in found.watching.calls if call[0] == "progress"]
    assert progress == [call for call in alone.watching.calls if call[0] == "progress"]
    batches = sorted(one for work in crew.works for one, *_ in vars(work).get("all_batches", []))
    assert batches == alone.work.at("ask")
    looked = [name for work in crew.works for name in work.at("look_up")]
    assert sorted(looked) == NAMES[12:], "what was told is not looked up again"


def test_what_is_known_to_be_broken_is_told_without_a_worker() -> None:
    class Known:
        def reason_of(self, image_hash: str) -> str | None:
            return {"hash of 05": "it is no picture"}.get(image_hash)

    def hashed(state: ImageState) -> None:
        vars(state.task)["fingerprint"] = type("Taken", (), {"sha256": f"hash of {state.task.stem}"})

    found = Begun(StagedWork({*NAMES} - {"05"}, look_up=hashed), broken=Known())
    assert found.names_left == [] and found.told[5] == ("05", "failed")
    assert str(found.runner.summary) == "0 written, 39 up to date, 1 failed"


@pytest.mark.parametrize("error", [ImageError("it cannot be read"), OSError(5, "no such share")])
def test_what_cannot_be_read_from_here_is_left_to_workers(error: Exception) -> None:
    found = Begun(StagedWork(NAMES, look_up=at_image("04", raises(error))))
    assert found.told == all_are("up to date", NAMES[:3]) and found.names_left == NAMES[3:]


def test_what_rests_on_another_model_by_now_is_left_to_workers() -> None:
    def replaced(state: ImageState) -> None:
        state.holds = lambda: state.task.stem < "05"

    found = Begun(StagedWork(NAMES, look_up=replaced))
    assert found.told == all_are("up to date", NAMES[:3]) and found.names_left == NAMES[3:]


def test_workers_help_where_to_look_takes_longer_than_to_start_them() -> None:
    found = Begun(StagedWork(NAMES), clock=iter([0.0, SECONDS / 2, SECONDS, SECONDS * 1.1]))
    assert found.told == all_are("up to date", NAMES[:9]) and found.names_left == NAMES[9:]


def test_no_image_and_ctrl_c(tmp_path: Path) -> None:
    assert Begun(StagedWork(), 0).names_left == []
    work = StagedWork(NAMES, finish=at_image("09", raises(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        Begun(work)
    assert not [one for one in threading.enumerate() if one.name.startswith("xai-cam")]


def test_no_more_than_a_batch_is_held() -> None:
    """Of however many images, each is told before others are looked up."""
    counts, most = count(), list[int]()

    class Watched(StagedWork):
        def look_up(self, state: ImageState) -> None:
            next(counts)
            super().look_up(state)

        def finish(self, state: ImageState) -> None:
            most.append(next(counts))

    found = Begun(Watched([f"{number:02}" for number in range(3000)]), 3000)
    assert found.names_left == [] and len(most) == 3000
    assert max(looked - 2 * told for told, looked in enumerate(most)) < 50
