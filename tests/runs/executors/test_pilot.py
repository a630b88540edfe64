"""One worker finds out which engine computes, wherever a run has something to do for the first time."""

from __future__ import annotations

from typing import Any, cast

import pytest

from support.crews import LocalCrew, Once, SpreadRun, SpreadStagedWork, all_are
from support.works import StagedRun, StagedWork, raises
from xai_cam.cam.engines.choices import Choices
from xai_cam.errors import InputError
from xai_cam.runs.executors.blocks import UNKNOWN
from xai_cam.runs.executors.pilot import MAX_BATCHES, Pilot
from xai_cam.runs.image_state import ImageState


def choosing(found: SpreadRun) -> list[list[str]]:
    """For each worker that computed while nothing was chosen, the batches that it did then."""
    made = [vars(work).get("all_batches", []) for work in found.crew.works]
    return [some for each in made if (some := [names for names, _, chosen in each if not chosen])]


MANY = [f"{number:02}" for number in range(400)]

DONE: dict[str, set[str]] = {
    "nothing": set(),
    "the first batches": set(MANY[:200]),
    "all but the last image": set(MANY[:399]),
    "half of all": {name for name in MANY if int(name) % 2},
    "some in between": set(MANY[3:9]) | set(MANY[30:300]),
}


@pytest.mark.parametrize("done", DONE)
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_one_worker_chooses_whatever_is_up_to_date(
    done: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a time: where a long way lies between what is to do, another may be the next."""
    ask = LocalCrew.ask

    def computes(crew: LocalCrew, what: str, given: Any) -> bool:
        written = cast(SpreadStagedWork, crew.job.work).written
        return what == "run" and any(task.stem not in written for task in given[0])

    def one_at_a_time(crew: LocalCrew, worker: int, what: str, *given: Any) -> None:
        if computes(crew, what, given) and not given[2].settled:
            assert not any(computes(crew, other, told) for _, other, told in crew.asked)
        ask(crew, worker, what, *given)

    monkeypatch.setattr(LocalCrew, "ask", one_at_a_time)
    found = SpreadRun(400, SpreadStagedWork({*DONE[done]}, undecided=4), workers)
    alone = StagedRun(400, StagedWork(DONE[done]))
    assert found.raised is None and found.outcomes == alone.outcomes
    assert sorted(names for names, *_ in found.batches) == sorted(alone.work.at("ask"))
    most = 1 if done != "some in between" else 2
    assert 1 <= len(choosing(found)) <= most and sum(map(len, choosing(found))) <= 4 * most


def test_a_run_that_goes_on_is_looked_at_by_all_until_there_is_something_to_do() -> None:
    found = SpreadRun(2000, SpreadStagedWork({f"{n:02}" for n in range(1100)}, undecided=8), 3)
    first = next(i for i, (_, what, names) in enumerate(found.crew.log) if what == "run" and "1100" in names)
    looks = [(worker, names.split()) for worker, what, names in found.crew.log[:first] if what == "look"]
    assert len({worker for worker, _ in looks}) == 3 and max(len(names) for _, names in looks) > 200
    assert len(choosing(found)) == 1 and len(found.batches) == -(-2000 // 3) - 1100 // 3
    looked_at = sum(len(names.split()) for _, what, names in found.crew.log if what == "look")
    assert looked_at < 2000 + UNKNOWN / 2, "what was found too early is looked at again once"


def test_another_goes_on_in_the_place_of_one_that_dies() -> None:
    """And nobody computes beside it."""
    found = SpreadRun(40, SpreadStagedWork(undecided=4), 3, Once("run", "03"))
    assert found.raised is None and found.outcomes == all_are("written")
    running: set[int] = set()
    for worker, what, names in found.crew.log:
        if what == "run" and int(names.split()[0]) < 12:
            running.add(worker)
    assert len(running) == 2 and len(choosing(found)) == 2


def test_broken_images_choose_nothing() -> None:
    """The model is asked about none of the first four batches."""

    def broken(state: ImageState) -> None:
        if int(state.task.stem) < 12:
            raise InputError("no picture")

    found = SpreadRun(400, SpreadStagedWork(undecided=4, read=broken), 5)
    assert found.outcomes == [(name, "failed" if int(name) < 12 else "written") for name in MANY]
    assert choosing(found) == [["12 13 14", "15 16 17", "18 19 20", "21 22 23"]]


def test_what_is_written_without_the_model_is_written_by_all() -> None:
    class Anew(SpreadStagedWork):
        def look_up(self, state: ImageState) -> None:
            super().look_up(state)
            if int(state.task.stem) < 300 and state.todo:
                state.todo, state.redo = None, ["mask"]

        def for_worker(self) -> Anew:
            undecided, steps = self.given
            return Anew(self.written, undecided, **steps)

    found = SpreadRun(400, Anew(undecided=4), 3)
    assert found.raised is None and found.summary.written == 400 and len(choosing(found)) == 1
    assert len({worker for worker, what, names in found.crew.log if what == "run" and "150" in names}) == 1
    assert len({worker for worker, what, names in found.crew.log if what == "run" and names < "290"}) == 3


def test_after_so_many_batches_all_do_as_the_last_was_done() -> None:
    found = SpreadRun(120, SpreadStagedWork(undecided=99), 3)
    assert len(choosing(found)) == 1 and len(choosing(found)[0]) == MAX_BATCHES
    assert {str(chosen) for *_, chosen in found.batches} == {"{}", "{'forward': True}"}


def test_an_error_of_the_first_that_is_found_ends_the_run() -> None:
    work: Any = SpreadStagedWork(set(MANY[:300]), ask=lambda states: raises(InputError("no layer"))())
    found = SpreadRun(400, work, 3)
    assert isinstance(found.raised, InputError) and len(choosing(found)) <= 1


# --- Step by step ------------------------------------------------------------------------------------


def test_what_one_settled_first_holds() -> None:
    pilot = Pilot()
    pilot.took(1)
    assert pilot.is_alone() and pilot.may_take(1) and not pilot.may_take(0)
    assert pilot.looked(1, asks=True) and pilot.found
    pilot.through(1, 3, Choices({"forward": True}, {"predictions": False}))
    assert not pilot.over
    pilot.through(1, 3, Choices({"forward": True}))
    assert pilot.over and pilot.may_take(0) and not pilot.is_alone()
    pilot.through(0, 3, Choices({"forward": False, "predictions": False}))
    assert pilot.choices.settled == {"forward": True, "predictions": False}


def test_what_another_finds_meanwhile_is_left_to_the_first() -> None:
    pilot = Pilot()
    pilot.took(0)
    assert pilot.looked(0, asks=False) and not pilot.is_alone() and pilot.may_take(1)
    assert pilot.looked(1, asks=True) and pilot.is_alone()
    assert not pilot.looked(0, asks=True) and pilot.looked(0, asks=False)
    pilot.lost(0)
    assert not pilot.may_take(0), "it is another that is lost"
    pilot.lost(1)
    assert pilot.may_take(0) and pilot.looked(0, asks=True)
