"""What is shown of a run by workers while they compute: never more than there is, whoever dies."""

from __future__ import annotations

from typing import Any

import pytest

from support.crews import NAMES, Dies, LocalCrew, Once, SpreadStagedWork, all_are
from support.runs import Recorder
from support.works import outcomes, tasks
from xai_cam.runs.executors.crew import Lost
from xai_cam.runs.executors.spreading import Spreading
from xai_cam.runs.executors.standing import Told
from xai_cam.runs.executors.worker import Job, Outcome
from xai_cam.runs.runner import Runner


class TellingCrew(LocalCrew):
    """Each worker tells once of each block that it is at; one in the place of a dead one tells nothing."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.telling: dict[int, Told] = {}
        self.through, self.dead = 0, set[int]()

    def answer(self) -> tuple[int, Any]:
        for worker, what, given in self.asked:
            if what == "run" and worker not in {*self.telling, *self.dead}:
                self.telling[worker] = Told(given[1], len(given[0]) / 2, ("rise", given[1], 99))
                return worker, self.telling[worker]
        worker, found = super().answer()
        self.telling.pop(worker, None)
        if isinstance(found, Lost):
            self.dead.add(worker)
        self.through += len(found.images) if isinstance(found, Outcome) else 0
        return worker, found


class Shown:
    """A run of 40 images, and what was shown of it: how many are reported, passes, what is done besides."""

    def __init__(self, workers: int, dies: Dies = lambda what, names: False, written: Any = ()) -> None:
        work, self.watching = SpreadStagedWork({*written}), Recorder()
        runner = Runner(tasks(40), work, self.watching, batch_size=3)
        self.crew = TellingCrew(workers, Job(work, 3), dies)
        self.reports = runner.begin()
        self.shown: list[tuple[int, tuple[Any, ...], float]] = []
        self.expected, self.first = list[float](), list[Any]()
        vars(work)["watch"] = self.watch
        self.stale = set[int]()
        self.spreading = Spreading(runner, self.crew, self.reports)
        self.spreading.run()

    def watch(self, *given: Any) -> None:
        *counts, images = given
        self.shown.append((self.reports.done, tuple(counts), images))
        held = self.crew.through - self.reports.done
        telling = self.crew.telling.values()
        self.expected.append(held + sum(told.images for told in telling))
        at_work = {worker for worker, (what, _) in self.spreading._busy.items() if what == "run"}
        self.stale |= {*self.spreading._told} - at_work
        self.first.append(max(telling, key=lambda told: told.after).passes)


@pytest.mark.parametrize("workers", [1, 3])
def test_blocks_that_are_computed_and_blocks_that_wait_for_their_turn_count(workers: int) -> None:
    found = Shown(workers)
    assert [images for *_, images in found.shown] == found.expected and len(found.shown) > 5
    assert all(done + images <= 40 for done, _, images in found.shown)
    assert outcomes(found.watching) == all_are("written")
    if workers > 1:
        assert max(images for *_, images in found.shown) > 5


def test_passes_are_those_of_the_block_that_is_reported_next() -> None:
    found = Shown(3)
    assert [counts for _, counts, _ in found.shown] == found.first
    assert len({*found.first}) > 3 and len({*found.first}) < len(found.first)


@pytest.mark.parametrize("name", NAMES[12:36:3])
def test_what_a_dead_worker_told_counts_no_more(name: str) -> None:
    """Not either when another in its place is at the rest of the block."""
    found = Shown(3, Once("run", name))
    assert [images for *_, images in found.shown] == found.expected
    assert all(done + images <= 40 for done, _, images in found.shown)
    assert outcomes(found.watching) == all_are("written")
    assert found.crew.starts == 4 and not found.stale


def test_what_is_told_of_another_block_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was told before the worker began with this one."""
    found: list[Any] = []

    class Late(TellingCrew):
        def answer(self) -> tuple[int, Any]:
            worker, answer = super().answer()
            return worker, Told(answer.after + 3, 3.0, ("late", 1, 2)) if isinstance(answer, Told) else answer

    monkeypatch.setitem(globals(), "TellingCrew", Late)
    found += Shown(1).shown
    assert {counts for _, counts, _ in found} == {("", 0, 0)} and {images for *_, images in found} == {0}


def test_up_to_date_images_are_no_work_that_is_done() -> None:
    found = Shown(2, written=NAMES[25:])
    assert max(min(done, 25) + images for done, _, images in found.shown) <= 25
    assert outcomes(found.watching)[25:] == all_are("up to date", NAMES[25:])
