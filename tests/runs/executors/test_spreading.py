"""A run spread over workers: in order, once, whoever dies, and as it would be in one process."""

from __future__ import annotations

from itertools import pairwise

import pytest

from support.crews import NAMES, LocalCrew, Once, SpreadRun, SpreadStagedWork, all_are
from support.works import StagedRun, StagedWork, at_image, raises
from xai_cam.errors import InputError, XaiCamError
from xai_cam.runs.executors.blocks import ATTEMPTS, LAST
from xai_cam.runs.executors.spreading import MOST_OF_BATCH, STARTS, STARVED, most_deaths


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_rows_progress_and_counts_are_those_of_one_process(workers: int) -> None:
    found, alone = SpreadRun(40, SpreadStagedWork(), workers), StagedRun(40, StagedWork())
    assert found.raised is None and found.outcomes == all_are("written")
    assert found.watching.rows == alone.watching.rows
    progress = [call for call in found.watching.calls if call[0] == "progress"]
    assert progress == [call for call in alone.watching.calls if call[0] == "progress"]
    assert str(found.summary) == str(alone.summary) == "40 written, 0 up to date, 0 failed"
    assert found.work.at("finish") == NAMES and found.work.at("ask") == [], "it is others that ask"


def test_blocks_came_back_in_another_order() -> None:
    found = SpreadRun(40, SpreadStagedWork(), 3)
    ran = [names.split()[0] for _, what, names in found.crew.log if what == "run"]
    assert sorted(ran) != ran and len({worker for worker, *_ in found.crew.log}) == 3


def test_batches_are_made_of_the_same_images_and_know_what_is_left() -> None:
    found, alone = SpreadRun(40, SpreadStagedWork(), 3), StagedRun(40, StagedWork())
    assert sorted(names for names, *_ in found.batches) == alone.work.at("ask")
    left = {names: images for names, images, _ in found.batches}
    assert left == {names: 40 - int(names.split()[-1]) - 1 for names in alone.work.at("ask")}


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_are_the_same_where_images_between_are_up_to_date_or_broken(workers: int) -> None:
    there, steps = (
        {"00", "07", "09", "10", "11", "25"},
        {"read": at_image("04", raises(InputError("broken")))},
    )
    found = SpreadRun(40, SpreadStagedWork({*there}, **steps), workers)
    alone = StagedRun(40, StagedWork(there, **steps))
    assert sorted(names for names, *_ in found.batches) == alone.work.at("ask")
    assert {"01 02", "03 05", "06 08", "12 13 14", "24 26"} < {*alone.work.at("ask")}
    assert found.outcomes == alone.outcomes


def test_one_worker_finds_out_which_engine_computes_and_the_others_are_told() -> None:
    found = SpreadRun(40, SpreadStagedWork(undecided=4), 3)
    first, *others = (vars(work).get("all_batches", []) for work in found.crew.works)
    pilot = max((first, *others), key=lambda some: some[0][0] == "00 01 02" if some else False)
    assert [chosen for *_, chosen in pilot[:4]] == [{}] * 4
    told = [chosen for some in (first, *others) for *_, chosen in (some[4:] if some is pilot else some)]
    assert len(told) == 14 - 4 and told == [{"forward": True}] * 10


@pytest.mark.parametrize(("engine", "expected"), [("auto", 0), ("tensorflow", 2)])
def test_others_open_the_model_meanwhile_where_they_disturb_no_measurement(
    engine: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SpreadStagedWork, "engine", engine)
    found = SpreadRun(40, SpreadStagedWork(undecided=4), 3)
    warmed = {worker for worker, what, _ in found.crew.log if what == "warm"}
    assert len(warmed) == expected and found.outcomes == all_are("written")


def test_a_worker_whose_block_is_left_to_the_one_that_begins_gives_up_what_it_holds_for_it() -> None:
    found = SpreadRun(40, SpreadStagedWork({*NAMES[:6]}, undecided=4), 3)
    of_each = {n: [(what, names) for worker, what, names in found.crew.log if worker == n] for n in range(3)}
    behind = [pair for some in of_each.values() for pair in pairwise(some)]
    left = [looked[1] for looked, then in behind if looked[0] == "look" and then[0] == "forget"]
    assert left and [what for _, what, _ in found.crew.log].count("forget") == len(left)
    assert all(then[0] in ("run", "forget") for looked, then in behind if looked[0] == "look")
    assert found.outcomes == all_are("up to date", NAMES[:6]) + all_are("written", NAMES[6:])


def test_nothing_to_do_opens_no_model() -> None:
    found = SpreadRun(40, SpreadStagedWork(set(NAMES)), 2)
    assert found.outcomes == all_are("up to date") and found.summary.up_to_date == 40
    assert all(work.at("prepare") == [] for work in found.crew.works)
    assert all(what != "warm" for _, what, _ in found.crew.log)


def test_what_is_up_to_date_before_the_run_stays_so() -> None:
    found = SpreadRun(40, SpreadStagedWork(set(NAMES[5:20])), 2)
    assert found.outcomes == [(name, "up to date" if name in NAMES[5:20] else "written") for name in NAMES]


def test_each_image_is_looked_up_once() -> None:
    """A look reads its file for the hash, which the run then has already."""
    found = SpreadRun(40, SpreadStagedWork(set(NAMES[5:20])), 2)
    looked_up = [name for work in found.crew.works for name in work.at("look_up")]
    assert sorted(looked_up) == NAMES and found.raised is None


# --- Who dies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["look", "run"])
@pytest.mark.parametrize("name", ["00", "17", "39"])
def test_a_worker_that_dies_changes_nothing(what: str, name: str) -> None:
    found = SpreadRun(40, SpreadStagedWork(), 2, Once(what, name, ATTEMPTS - 1))
    assert found.raised is None and found.outcomes == all_are("written")
    assert str(found.summary) == "40 written, 0 up to date, 0 failed"
    assert found.crew.starts == 2 + ATTEMPTS - 1


def test_what_it_wrote_before_it_died_is_written_again_in_the_same_batches() -> None:
    """To the rows it makes no difference that half of its images have an output by then."""
    written, alone = set[str](), StagedRun(40, StagedWork())

    def dies_when_half_is_written(what: str, names: list[str]) -> bool:
        first = what == "run" and "06" in names and "06" not in written
        written.update(["06", "07"] if first else [])
        return first

    found = SpreadRun(40, SpreadStagedWork(written), 2, dies_when_half_is_written)
    assert found.outcomes == all_are("written")
    assert sorted(names for names, *_ in found.batches) == alone.work.at("ask")


@pytest.mark.parametrize(("most", "whole"), [(ATTEMPTS + 3, True), (2 * ATTEMPTS + 6, False)])
def test_a_batch_whose_workers_died_by_chance_is_computed_as_a_whole(most: int, whole: bool) -> None:
    """Once: where they die again, the images are taken as they were computed one by one."""
    deaths: list[str] = []

    def by_chance(what: str, names: list[str]) -> bool:
        dies = what == "run" and len(names) > 1 and "17" in names and len(deaths) < most
        deaths.extend(["another"] * dies)
        return dies

    found, alone = SpreadRun(40, SpreadStagedWork(), 2, by_chance), StagedRun(40, StagedWork())
    assert found.raised is None and found.outcomes == all_are("written")
    last = [names for names, *_ in found.batches if "17" in names.split()][-1]
    assert last == ("15 16 17" if whole else "17")
    assert (set(alone.work.at("ask")) <= {names for names, *_ in found.batches}) is whole


def test_an_image_that_kills_whoever_computes_it_is_named_and_the_others_are_done() -> None:
    found = SpreadRun(40, SpreadStagedWork(), 2, lambda what, names: what == "run" and "17" in names)
    assert found.raised is None
    assert found.outcomes == [(name, "failed" if name == "17" else "written") for name in NAMES]
    (row,) = [row for row in found.watching.rows if row["outcome"] == "failed"]
    assert (
        row["message"]
        == "it killed the worker that computed it each time, and twice when it was alone (killed)"
    )
    died = [names for _, what, names in found.crew.log if what == "run" and "17" in names.split()]
    assert died[-LAST:] == ["17"] * LAST and len(died) >= ATTEMPTS + LAST
    assert str(found.summary) == "39 written, 0 up to date, 1 failed"


def test_workers_that_all_die_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpreadStagedWork, "engine", "tensorflow")
    found = SpreadRun(40, SpreadStagedWork(), 2, lambda what, names: what in ("run", "warm"))
    assert isinstance(found.raised, XaiCamError) and "die one after the other (killed)" in str(found.raised)
    assert found.crew.starts == 2 + STARVED - 1


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("first", [0, 32])
def test_batches_all_of_whose_images_kill_cost_those_alone(workers: int, first: int) -> None:
    """At the beginning one, before anything is known to work; later one for each worker."""
    bad = {f"{number:02}" for number in range(first, first + 16 * (workers if first else 1))}
    found = SpreadRun(
        100,
        SpreadStagedWork(undecided=2),
        workers,
        lambda what, names: what == "run" and bool(bad & {*names}),
        batch_size=16,
    )
    assert found.raised is None
    names = [f"{number:02}" for number in range(100)]
    assert found.outcomes == [(name, "failed" if name in bad else "written") for name in names]


def test_a_model_too_large_for_memory_is_not_tried_for_ever() -> None:
    assert most_deaths(1, 1000, works=False) == most_deaths(4, 1000, works=False) == MOST_OF_BATCH
    assert most_deaths(4, 16, works=False) == ATTEMPTS + LAST * 16 + 1 < MOST_OF_BATCH
    assert most_deaths(4, 16, works=True) == 4 * most_deaths(4, 16, works=False)
    assert most_deaths(2, 1, works=False) == STARVED and most_deaths(30, 1, works=False) == 90


def test_deaths_with_blocks_between_them_do_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.runs.executors.blocks.MAX_IMAGES", 1)
    seen: set[str] = set()

    def the_first_time(what: str, names: list[str]) -> bool:
        dies = what == "run" and names[0] not in seen
        seen.update(names if what == "run" else [])
        return dies

    found = SpreadRun(40, SpreadStagedWork(), 1, the_first_time, batch_size=1)
    assert found.raised is None and found.outcomes == all_are("written")
    assert found.crew.starts > STARVED


def test_no_worker_at_all() -> None:
    found = SpreadRun(40, SpreadStagedWork(), 2, lambda what, names: what == "start")
    assert isinstance(found.raised, XaiCamError) and "No worker could be started" in str(found.raised)
    assert found.crew.starts == 2 * STARTS


def test_ten_workers_that_are_killed_as_they_start_change_nothing() -> None:
    deaths = iter(range(10))
    found = SpreadRun(
        40, SpreadStagedWork(), 2, lambda what, names: what == "start" and next(deaths, None) is not None
    )
    assert found.raised is None and found.outcomes == all_are("written")
    assert found.crew.starts == 2 + 10


def test_one_worker_that_does_not_start_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalCrew, "never", 1)
    found = SpreadRun(40, SpreadStagedWork(), 2)
    assert found.raised is None and found.outcomes == all_are("written")
    assert {worker for worker, what, _ in found.crew.log if what == "run"} == {0}
    assert found.crew.starts == 1 + STARTS


def test_the_worker_that_begins_is_lost_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another begins in its place, and nothing hangs."""
    run, start = Once("run", "00"), LocalCrew.start

    def remembered(crew: LocalCrew, worker: int) -> None:
        start(crew, worker)
        if crew.starts > crew.size:
            crew.never = worker

    monkeypatch.setattr(LocalCrew, "start", remembered)
    found = SpreadRun(40, SpreadStagedWork(undecided=4), 3, run)
    assert found.raised is None and found.outcomes == all_are("written")
    assert found.crew.starts == 2 + 1 + STARTS


def test_many_workers_that_are_lost_with_their_machine_do_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many one after the other as would end the run of a few."""
    monkeypatch.setattr("xai_cam.runs.executors.blocks.MAX_IMAGES", 1)
    left = STARVED + 5

    def dies(what: str, names: list[str]) -> bool:
        nonlocal left
        left -= what == "run" and names != ["00"]
        return what == "run" and names != ["00"] and left >= 0

    found = SpreadRun(40, SpreadStagedWork(), 30, dies, batch_size=1)
    assert left < 0 and found.raised is None and found.outcomes == all_are("written")
