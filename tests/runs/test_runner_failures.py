"""Images that fail and runs that break, at every stage; a made-up work stands for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

import xai_cam.runs.runner
from support.runs import Recorder
from support.works import StagedRun, StagedWork, at_image, name_of, raises
from xai_cam.errors import ImageError, ModelError, OutputError
from xai_cam.runs.image_state import ImageState

NAMES = [f"{number:02}" for number in range(7)]
BROKEN = "04"
"""The second of its batch of three."""

STAGES = ["look_up", "read", "ask", "write"]


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.runner, "thread_count", lambda: 4)


def failing(stage: str, error: Exception) -> StagedWork:
    """A work in which one image fails at a stage."""

    def ask(batch: list[ImageState]) -> None:
        for state in batch:
            if name_of(state) == BROKEN:
                state.fail(error)

    return StagedWork(**{stage: ask if stage == "ask" else at_image(BROKEN, raises(error))})


# --- An image ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGES)
def test_an_image_fails_alone(stage: str) -> None:
    found = StagedRun(7, failing(stage, ImageError("broken")))
    expected = [(name, "failed" if name == BROKEN else "written") for name in NAMES]
    assert found.raised is None and found.outcomes == expected and found.counts == (6, 0, 1)
    row = found.watching.rows[NAMES.index(BROKEN)]
    assert row == {"image": f"{BROKEN}.png", "outcome": "failed", "message": "broken"}
    behind = STAGES[STAGES.index(stage) + 1 :]
    assert not [one for one, names in found.work.log if one in behind and BROKEN in names.split()]
    assert found.work.at("finish") == NAMES, "the work takes in those that failed too"


@pytest.mark.parametrize("stage", ["look_up", "write"])
def test_a_disk_fails_an_image_and_not_the_run(stage: str) -> None:
    found = StagedRun(7, failing(stage, OSError(28, "No space left on device")))
    assert found.raised is None and found.counts == (6, 0, 1)
    assert "No space left on device" in found.watching.rows[NAMES.index(BROKEN)]["message"]


def test_an_image_of_which_something_was_written_before_it_failed_has_failed() -> None:
    def write(state: ImageState) -> None:
        state.add_row("written", {})
        raise OutputError("The disk is full.")

    found = StagedRun(1, StagedWork(write=write))
    assert found.outcomes == [("00", "written"), ("00", "failed")] and found.counts == (0, 0, 1)


def test_images_that_all_fail_are_not_asked_about() -> None:
    found = StagedRun(7, StagedWork(read=lambda _: raises(ImageError("broken"))()))
    assert found.counts == (0, 0, 7) and not found.work.at("ask") and not found.work.at("write")


def test_images_that_all_fail_when_looked_up_need_no_model() -> None:
    found = StagedRun(7, StagedWork(look_up=lambda _: raises(OutputError("No folder."))()))
    assert found.counts == (0, 0, 7) and not found.work.at("prepare") and not found.work.at("read")


# --- The first that fails is the last ----------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGES)
def test_fail_fast_stops_at_the_first_failure(stage: str) -> None:
    found = StagedRun(7, failing(stage, ImageError("broken")), fail_fast=True)
    before = NAMES[: NAMES.index(BROKEN)]
    assert found.outcomes == [*((name, "written") for name in before), (BROKEN, "failed")]
    assert found.counts == (len(before), 0, 1) and found.watching.notices == ["Stopped at the first failure."]
    assert set(found.work.at("write")) - {BROKEN} == set(before), "what lies behind is written"


@pytest.mark.parametrize("stage", ["look_up", "read"])
def test_with_fail_fast_the_model_is_not_asked_about_what_lies_behind(stage: str) -> None:
    work = StagedRun(7, failing(stage, ImageError("broken")), fail_fast=True).work
    assert work.at("ask") == ["00 01 02", "03"]


def test_fail_fast_without_a_failure_changes_nothing() -> None:
    found = StagedRun(7, StagedWork(), fail_fast=True)
    assert found.counts == (7, 0, 0) and found.watching.notices == []


# --- The run -----------------------------------------------------------------------------------------


def test_a_model_that_cannot_be_loaded_ends_the_run() -> None:
    """What was found up to date before is told."""
    error = ModelError("The model is broken.")
    found = StagedRun(7, StagedWork(NAMES[:2], prepare=lambda _: raises(error)()))
    assert found.raised is error and not found.work.at("read") and not found.work.at("write")
    assert set(found.outcomes) <= {(name, "up to date") for name in NAMES[:2]}


@pytest.mark.parametrize("make", [ModelError, OSError, ValueError])
def test_a_model_that_breaks_ends_the_run_and_what_it_said_before_is_written(
    make: Callable[[str], Exception],
) -> None:
    error = make("The model broke.")
    found = StagedRun(9, StagedWork(ask=at_image("06", raises(error))))
    assert found.raised is error
    assert found.outcomes == [(name, "written") for name in NAMES[:6]] and found.counts == (6, 0, 0)


@pytest.mark.parametrize("stage", ["look_up", "read", "write", "finish"])
def test_an_error_of_the_program_is_no_images_failure(stage: str) -> None:
    error = ZeroDivisionError("a bug")
    found = StagedRun(7, StagedWork(**{stage: at_image(BROKEN, raises(error))}))
    assert found.raised is error
    told = [name for name, _ in found.outcomes]
    assert told == NAMES[: len(told)] and BROKEN not in told and not found.counts[2]


def test_a_failure_to_take_an_image_in_ends_the_run() -> None:
    error = OutputError("The disk is full.")
    found = StagedRun(7, StagedWork(finish=at_image(BROKEN, raises(error))))
    assert found.raised is error and found.outcomes == [(name, "written") for name in NAMES[:4]]


def test_a_reporter_that_fails_ends_the_run() -> None:
    class Full(Recorder):
        def row(self, values: Mapping[str, Any]) -> None:
            if values["image"] == f"{BROKEN}.png":
                raise OutputError("Cannot write the results.")
            super().row(values)

    found = StagedRun(7, StagedWork(), reporter=Full())
    assert isinstance(found.raised, OutputError)
    assert found.outcomes == [(name, "written") for name in NAMES[: NAMES.index(BROKEN)]]
