"""What a run over many images does in which order, and what it says; a made-up work stands for all."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

import xai_cam.runs.runner
from support.works import PIXELS, StagedRun, StagedWork, at_image, name_of
from xai_cam.runs.batch import Batch
from xai_cam.runs.behind import Behind
from xai_cam.runs.image_state import ImageState

WRITTEN = "written"
NAMES = [f"{number:02}" for number in range(7)]


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.runner, "thread_count", lambda: 4)


def last_is_first(state: ImageState) -> None:
    """Of four images that threads work on at a time, the first takes longest."""
    time.sleep(0.01 * (3 - int(name_of(state)) % 4))


# --- Order -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["look_up", "read", "write"])
@pytest.mark.parametrize("size", [1, 3, 50])
def test_rows_come_in_the_order_of_the_images_though_threads_overtake_each_other(
    stage: str, size: int
) -> None:
    ended: list[str] = []

    def slowly(state: ImageState) -> None:
        last_is_first(state)
        ended.append(name_of(state))

    found = StagedRun(7, StagedWork(**{stage: slowly}), batch_size=size)
    assert sorted(ended) == NAMES and (size == 1 or ended != NAMES), "nobody was overtaken"
    assert found.outcomes == [(name, WRITTEN) for name in NAMES] and found.counts == (7, 0, 0)
    assert found.work.at("finish") == NAMES


def test_each_image_comes_to_each_stage_once() -> None:
    work = StagedRun(7, StagedWork()).work
    for stage in ("look_up", "read", "write", "finish"):
        assert sorted(work.at(stage)) == NAMES
    assert " ".join(work.at("ask")).split() == NAMES
    for name in NAMES:
        stages = [stage for stage, names in work.log if name in names.split()]
        assert stages == ["look_up", "read", "ask", "write", "finish"]


def test_the_callers_thread_prepares_asks_and_finishes_others_do_the_rest() -> None:
    threads = StagedRun(7, StagedWork()).work.threads
    for stage in ("prepare", "ask", "finish"):
        assert threads[stage] == {threading.current_thread()}
    for stage in ("look_up", "read", "write"):
        assert threading.current_thread() not in threads[stage]


# --- Batches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["look_up", "read"])
def test_a_batch_is_what_has_something_to_do_of_the_same_images_in_every_run(stage: str) -> None:
    """Of seven images the third is up to date, and the fourth is broken; the others stay where they were."""

    def broken(state: ImageState) -> None:
        if name_of(state) == "03":
            state.fail("broken")

    work = StagedRun(7, StagedWork(["02"], **{stage: broken})).work
    assert work.at("ask") == ["00 01", "04 05", "06"]


def test_a_batch_of_large_pictures_is_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.runner, "MAX_PIXELS", 2 * PIXELS)
    assert StagedRun(7, StagedWork()).work.at("ask") == ["00 01", "02", "03 04", "05", "06"]


def test_images_that_are_up_to_date_are_not_held_back_for_a_full_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several batches of them come together, but not more than that many images, or what one makes them."""
    handed: list[list[str]] = []
    batch = Behind.batch

    def watched(behind: Behind, states: list[ImageState]) -> list[ImageState | Batch]:
        handed.append([name_of(state) for state in states])
        return batch(behind, states)

    monkeypatch.setattr(Behind, "batch", watched)
    monkeypatch.setattr(xai_cam.runs.runner, "MAX_WAITING", 6)
    names = [f"{number:02}" for number in range(16)]
    work = StagedRun(16, StagedWork([name for name in names if name not in ("00", "13")])).work
    assert work.at("ask") == ["00", "13"]
    assert handed == [names[:3], names[3:9], names[9:15], names[15:]]


def test_a_batch_is_written_while_the_next_one_is_computed() -> None:
    """The last of the first batch can only be written when the second was asked about."""
    asked = threading.Event()
    steps = {"write": at_image("02", lambda: asked.wait(20)), "ask": at_image("03", asked.set)}
    found = StagedRun(6, StagedWork(**steps))
    assert asked.is_set() and found.work.log.index(("ask", "03 04 05")) < found.work.log.index(
        ("finish", "02")
    )
    assert found.counts == (6, 0, 0)


def test_at_once_each_batch_is_reported_before_the_next_one_is_computed() -> None:
    log = StagedRun(7, StagedWork(write=last_is_first), at_once=True).work.log
    order = [(stage, name) for stage, name in log if stage in ("ask", "finish")]
    expected = []
    for batch in (NAMES[:3], NAMES[3:6], NAMES[6:]):
        expected += [("ask", " ".join(batch)), *(("finish", name) for name in batch)]
    assert order == expected


# --- What needs nothing ------------------------------------------------------------------------------


def test_a_run_with_nothing_to_do_prepares_nothing() -> None:
    found = StagedRun(7, StagedWork(NAMES))
    assert {stage for stage, _ in found.work.log} == {"look_up", "finish"}
    assert found.outcomes == [(name, "up to date") for name in NAMES] and found.counts == (0, 7, 0)


def test_what_is_needed_is_prepared_once_before_the_first_image_is_read() -> None:
    log = StagedRun(7, StagedWork(NAMES[:5])).work.log
    assert [stage for stage, _ in log if stage in ("prepare", "read")] == ["prepare", "read", "read"]
    assert log.index(("look_up", "05")) < log.index(("prepare", ""))


def test_without_images_there_is_nothing() -> None:
    found = StagedRun(0, StagedWork())
    assert found.work.log == found.watching.calls == [] and found.counts == (0, 0, 0)


def test_missing_files_are_reported_first_and_come_to_no_other_stage() -> None:
    found = StagedRun(
        2, StagedWork(), failures={Path("b.png"): "there is no such file", Path("a.png"): "it is gone"}
    )
    assert found.outcomes == [("b", "failed"), ("a", "failed"), ("00", WRITTEN), ("01", WRITTEN)]
    said = {"image": "b.png", "outcome": "failed", "message": "there is no such file"}
    assert found.watching.rows[0] == said
    assert found.counts == (2, 0, 2)
    assert found.work.at("finish") == ["b", "a", "00", "01"] and found.work.at("look_up") == ["00", "01"]


# --- What is kept, and what is let go ----------------------------------------------------------------


def test_values_are_let_go_when_the_model_was_asked_and_pictures_when_all_is_written() -> None:
    def written(state: ImageState) -> None:
        assert state.values is None and state.picture is not None
        assert state.explanations == {"place": [name_of(state)]}

    def finished(state: ImageState) -> None:
        assert state.values is state.picture is None and not state.explanations
        assert state.answer == f"answer {name_of(state)}" and state.todo == {"something": name_of(state)}

    found = StagedRun(7, StagedWork(write=written, finish=finished))
    assert found.raised is None and found.counts == (7, 0, 0)


def test_a_picture_of_an_image_that_fails_is_let_go_too() -> None:
    states: list[ImageState] = []

    def ask(batch: list[ImageState]) -> None:
        states.extend(batch)
        batch[0].fail("broken")

    StagedRun(3, StagedWork(ask=ask))
    assert [state.picture for state in states] == [state.values for state in states] == [None] * 3


# --- What is said ------------------------------------------------------------------------------------


def test_notices_of_an_image_come_with_its_rows_and_progress_after_them() -> None:
    def write(state: ImageState) -> None:
        last_is_first(state)
        state.notices.append(f"note {name_of(state)}")

    found = StagedRun(3, StagedWork(["01"], write=write))
    calls: list[tuple[Any, ...]] = [
        (kind, Path(values[0]["image"]).stem) if kind == "row" else (kind, *values)
        for kind, *values in found.watching.calls
    ]
    assert calls == [
        ("progress", 0, 3),
        *[("notice", "note 00"), ("row", "00"), ("progress", 1, 3)],
        *[("row", "01"), ("progress", 2, 3)],
        *[("notice", "note 02"), ("row", "02"), ("progress", 3, 3)],
    ]


def test_finish_may_add_rows_and_notices() -> None:
    def finish(state: ImageState) -> None:
        state.notices.append("late")
        state.add_row("more", {})

    found = StagedRun(1, StagedWork(finish=finish))
    assert found.outcomes == [("00", WRITTEN), ("00", "more")] and found.watching.notices == ["late"]
