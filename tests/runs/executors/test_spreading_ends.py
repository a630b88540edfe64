"""What ends a run that is spread over workers, and what is said of it: nothing that was written is lost."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from support.crews import NAMES, LocalCrew, Once, SpreadRun, SpreadStagedWork, all_are
from support.runs import Recorder
from support.works import StagedRun, StagedWork, at_image, raises
from xai_cam.errors import InputError, OutputError, XaiCamError
from xai_cam.runs.image_state import ImageState


def test_an_error_of_the_model_ends_the_run_behind_what_was_done_before_it() -> None:
    step = at_image("18", raises(InputError("no such layer")))
    found = SpreadRun(40, SpreadStagedWork(ask=step), 1)
    assert isinstance(found.raised, InputError) and str(found.raised) == "no such layer"
    assert found.outcomes[:18] == all_are("written", NAMES[:18])


def test_ctrl_c_reports_what_has_come_back() -> None:
    """Also what lies behind a block that has not: one that was lost, and is computed again."""
    died = Once("run", "20")

    def interrupt(what: str, names: list[str]) -> bool:
        if what == "run" and "20" in names and not died.times:
            raise KeyboardInterrupt
        return died(what, names)

    found = SpreadRun(200, SpreadStagedWork(), 3, interrupt)
    assert isinstance(found.raised, KeyboardInterrupt)
    runs = [names.split() for _, what, names in found.crew.log if what == "run"]
    lost = next(names for names in runs if "20" in names)
    through = sorted((name for names in runs[:-1] if names != lost for name in names), key=int)
    assert [name for name, _ in found.outcomes] == through and int(through[-1]) > int(lost[-1])


def test_a_full_disk_ends_the_run_and_counts_what_was_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.runs.full_disk.is_full", lambda folder: True)
    full = OutputError("the disk is full")
    full.__cause__ = OSError(28, "No space left on device")
    found = SpreadRun(40, SpreadStagedWork(write=at_image("06", raises(full))), 1)
    alone = StagedRun(40, StagedWork(write=at_image("06", raises(full))))
    assert found.raised is None and found.runner.full.found
    assert found.outcomes == alone.outcomes and found.outcomes[-1] == ("06", "failed")
    assert str(found.summary) == str(alone.summary) and found.summary.left > 30
    assert found.watching.notices[-1] == alone.watching.notices[-1]


@pytest.mark.parametrize("error", [None, InputError("no such layer")])
def test_what_others_wrote_has_its_rows_whatever_ends_the_run(
    error: XaiCamError | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block in the middle finds a full disk, or what ends the run; some behind it are through by then."""
    monkeypatch.setattr("xai_cam.runs.executors.blocks.MAX_IMAGES", 3)
    monkeypatch.setattr("xai_cam.runs.full_disk.is_full", lambda folder: True)
    full = OutputError("the disk is full")
    full.__cause__ = OSError(28, "No space left on device")
    name = "21"
    stage, raised = ("write", full) if error is None else ("ask", error)
    steps: Any = {stage: at_image(name, raises(raised))}
    found = SpreadRun(40, SpreadStagedWork(**steps), 3)
    assert found.raised is error and found.runner.full.found is (error is None)
    told = {name for name, outcome in found.outcomes if outcome == "written"}
    assert told == found.work.written - {name}
    assert max(told) > "24", [names for _, what, names in found.crew.log if what == "run"]


def test_ctrl_c_while_a_block_is_reported_loses_none_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image at which it comes is not told twice; an error behind the block is told by nobody."""
    report, presses = Recorder.progress, [4]

    def pressed(watching: Recorder, done: int, total: int) -> None:
        report(watching, done, total)
        if [done] == presses:
            presses.clear()
            raise KeyboardInterrupt

    monkeypatch.setattr(Recorder, "progress", pressed)
    found = SpreadRun(40, SpreadStagedWork(ask=at_image("06", raises(InputError("no such layer")))), 1)
    assert isinstance(found.raised, KeyboardInterrupt)
    assert found.outcomes == all_are("written", NAMES[:6])


def test_images_fail_alone() -> None:
    found = SpreadRun(40, SpreadStagedWork(write=at_image("05", raises(InputError("no way")))), 2)
    assert found.outcomes == [(name, "failed" if name == "05" else "written") for name in NAMES]
    assert found.summary.failed == 1


def test_each_worker_opens_the_model_once_and_one_of_them_tells_of_it() -> None:
    found = SpreadRun(40, SpreadStagedWork(), 3)
    assert [work.at("prepare") for work in found.crew.works] == [[""]] * 3
    assert found.watching.notices == ["the model"]
    assert found.watching.calls.index(("notice", "the model")) < next(
        i for i, call in enumerate(found.watching.calls) if call[0] == "row"
    )


def test_what_is_said_of_the_first_image_may_come_in_a_later_block() -> None:
    """By a worker that says it of another image, too; each line is said once in a run."""

    class Speaking(SpreadStagedWork):
        def ask(self, states: list[ImageState]) -> None:
            if not self.all_asked:
                self.said.append(f"first: {states[0].name}")
            super().ask(states)

        @property
        def all_asked(self) -> list[Any]:
            return [*vars(self).get("all_batches", []), *self.batches]

        def for_worker(self) -> Speaking:
            return Speaking(self.written, **self.given[1])

        def read(self, state: ImageState, reserve: Any) -> None:
            super().read(state, reserve)
            if int(state.task.stem) < 6:
                state.fail(InputError("no picture"))

    found = SpreadRun(40, Speaking(), 3)
    assert found.raised is None and len(found.crew.works) == 3
    assert found.watching.notices == ["the model", "first: 06.png"]


def test_what_workers_find_and_log_comes_in_the_order_of_the_images(caplog: Any) -> None:
    def warn(states: list[ImageState]) -> None:
        logging.getLogger("xai_cam.somewhere").warning(states[0].name)

    with caplog.at_level(logging.WARNING, "xai_cam"):
        found = SpreadRun(40, SpreadStagedWork(ask=warn), 3)
    assert found.work.taken_in == StagedRun(40, StagedWork()).work.at("ask")
    said = [record.getMessage() for record in caplog.records if record.module == "spreading"]
    assert said == [f"{names.split()[0]}.png" for names in found.work.taken_in]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), InputError("no such layer")])
def test_blocks_that_are_through_by_then_have_their_rows(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others were at them when the run ended, and nobody had asked for their answers yet."""
    monkeypatch.setattr(LocalCrew, "all_come", True)

    def interrupt(what: str, names: list[str]) -> bool:
        if what == "run" and "100" in names and not ended:
            ended.append(what)
            raise error
        return False

    ended: list[str] = []
    found = SpreadRun(400, SpreadStagedWork(), 3, interrupt)
    told = {name for name, outcome in found.outcomes if outcome == "written"}
    assert found.raised is error and told == found.work.written
    ran = [names.split() for _, what, names in found.crew.log if what == "run"]
    last = next(number for number, names in enumerate(ran) if "100" in names)
    assert len(ran) > last + 1, "no other was at anything"


def test_images_that_were_tried_alone_have_their_rows_when_a_run_ends() -> None:
    """The batch of one that kills its worker is not through with its trials."""

    def interrupt(what: str, names: list[str]) -> bool:
        if names == ["17"] and what == "run":
            raise KeyboardInterrupt
        return what == "run" and "17" in names

    found = SpreadRun(40, SpreadStagedWork(), 1, interrupt)
    assert isinstance(found.raised, KeyboardInterrupt)
    assert {name for name, _ in found.outcomes} == found.work.written > {"15", "16"}
