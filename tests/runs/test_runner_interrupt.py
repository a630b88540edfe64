"""Ctrl-C at every stage of a run: what is written is told, nothing goes on, and the run ends with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import xai_cam.runs.runner
from support.pressing import LONG, one_press
from support.runs import Recorder
from support.works import StagedRun, StagedWork, at_image, name_of, raises
from xai_cam.errors import OutputError
from xai_cam.runs.image_state import ImageState

COUNT = 12
NAMES = [f"{number:02}" for number in range(COUNT)]


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.runner, "thread_count", lambda: 4)


def check(found: StagedRun, lost: int = 0) -> None:
    """What was written is told, in order, but for images in the midst of which the signal came."""
    assert isinstance(found.raised, KeyboardInterrupt)
    told = [name for name, outcome in found.outcomes if outcome == "written"]
    written = found.work.at("write")
    assert told == sorted(told) and set(told) <= set(written), told
    assert len(set(written) - set(told)) <= lost, (written, told)
    assert found.counts == (len(told), 0, 0)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("stage", ["look_up", "read", "write"])
def test_while_a_thread_works(stage: str, at_once: bool) -> None:
    """Ctrl-C comes at image 7; what is written behind that goes on when all others are called off."""

    def step(state: ImageState) -> None:
        at_image("07", ctrl_c.press)(state)
        if stage == "write" and name_of(state) > "07":
            assert ctrl_c.called_off.wait(LONG)

    with one_press() as ctrl_c:
        found = StagedRun(COUNT, StagedWork(**{stage: step}), at_once=at_once)
    check(found, lost=1)
    assert len(found.outcomes) < COUNT


@pytest.mark.parametrize("batch", ["00", "06"])
def test_while_the_model_is_asked(batch: str) -> None:
    """All images of earlier batches are told."""
    found = StagedRun(COUNT, StagedWork(ask=at_image(batch, raises(KeyboardInterrupt()))))
    check(found, lost=0)
    assert [name for name, _ in found.outcomes] == NAMES[: int(batch)]


def test_while_the_model_is_loaded() -> None:
    found = StagedRun(COUNT, StagedWork(prepare=lambda _: raises(KeyboardInterrupt())()))
    check(found)
    assert not found.outcomes and not found.work.at("write")


def test_while_an_image_is_taken_in() -> None:
    """It is lost to the table; the others that are written are not."""
    found = StagedRun(COUNT, StagedWork(finish=at_image("04", raises(KeyboardInterrupt()))))
    check(found, lost=1)
    assert "04" not in dict(found.outcomes) and "05" in dict(found.outcomes)


class Interrupted(Recorder):
    """Ctrl-C comes when a row is told, at the first image or a later one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def row(self, values: Mapping[str, Any]) -> None:
        super().row(values)
        if Path(values["image"]).stem == self.name:
            self.name = ""
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["00", "04", "11"])
def test_while_a_row_is_told(name: str) -> None:
    found = StagedRun(COUNT, StagedWork(), reporter=Interrupted(name))
    assert isinstance(found.raised, KeyboardInterrupt)
    told = [name for name, _ in found.outcomes]
    assert told == NAMES[: len(told)] and set(found.work.at("write")) == set(told)


def test_twice() -> None:
    """The second one ends the run at once; no thread goes on."""
    steps = {
        "ask": at_image("06", raises(KeyboardInterrupt())),
        "finish": at_image("05", raises(KeyboardInterrupt())),
    }
    found = StagedRun(COUNT, StagedWork(**steps))
    assert isinstance(found.raised, KeyboardInterrupt) and "06" not in found.work.at("write")


def test_with_fail_fast_nothing_is_told_of_images_behind_one_that_failed() -> None:
    """Image 1 fails when it is written, Ctrl-C comes while image 0 is told, image 2 was to be next."""
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise OutputError("The disk is full.")

    class Slow(Interrupted):
        def row(self, values: Mapping[str, Any]) -> None:
            assert failed.wait(LONG)
            super().row(values)

    found = StagedRun(COUNT, StagedWork(write=at_image("01", fail)), reporter=Slow("00"), fail_fast=True)
    assert isinstance(found.raised, KeyboardInterrupt)
    assert found.outcomes == [("00", "written"), ("01", "failed")]
    assert found.watching.notices == ["Stopped at the first failure."]


def test_an_up_to_date_run_can_be_broken_off_too() -> None:
    with one_press() as ctrl_c:
        found = StagedRun(COUNT, StagedWork(NAMES, look_up=at_image("03", ctrl_c.press)))
    assert isinstance(found.raised, KeyboardInterrupt) and not found.work.at("write")
