"""Files that are replaced while a run goes: what is reported is of the files that were read."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xai_cam.runs.look_ups
from support.runs import Recorder
from support.works import StagedRun, StagedWork, at_image, name_of, outcomes
from xai_cam.errors import ImageError
from xai_cam.images.finding import ImageFile
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.look_ups import ATTEMPTS, CHANGING
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import tasks_of

NAMES = [f"{number:02}" for number in range(12)]


class Trained(StagedWork):
    """A work whose look-ups rest on a model that a training saves while it is loaded.

    With model 0 the first images are up to date, with model 1 others are.
    """

    def __init__(self, *up_to_date: list[str], **steps: Any) -> None:
        super().__init__(up_to_date[0], prepare=self.load, **steps)
        self.by_model, self.model = up_to_date, 0

    def load(self, _: Any) -> None:
        self.model = 1
        self.up_to_date = self.by_model[1]

    def look_up(self, state: ImageState) -> None:
        before = self.model
        state.holds = lambda: self.model == before
        super().look_up(state)


def test_all_is_looked_up_again_with_the_model_that_was_loaded() -> None:
    found = StagedRun(12, Trained(NAMES[:5], NAMES[3:5] + NAMES[10:]))
    assert [name for name, _ in found.outcomes] == NAMES, "each once, in order"
    expected = dict.fromkeys(NAMES[3:5] + NAMES[10:], "up to date")
    assert dict(found.outcomes) == dict.fromkeys(NAMES, "written") | expected
    assert found.counts == (8, 4, 0) and found.work.at("prepare") == [""]


def test_nothing_is_looked_up_again_where_nothing_changed() -> None:
    found = StagedRun(12, StagedWork(NAMES[:5]))
    assert sorted(found.work.at("look_up")) == NAMES
    assert found.counts == (7, 5, 0)


def test_images_that_were_reported_already_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than so many wait for the model."""
    monkeypatch.setattr(xai_cam.runs.look_ups, "MAX_HELD", 4)
    found = StagedRun(12, Trained(NAMES[:6], []))
    assert dict(found.outcomes) == dict.fromkeys(NAMES, "written") | dict.fromkeys(NAMES[:4], "up to date")
    assert [notice for notice in found.watching.notices if "up to date" in notice] == [
        "4 images before these were up to date with the model as it was then. Run the same command again."
    ]


def test_where_all_is_up_to_date_nothing_is_loaded() -> None:
    found = StagedRun(12, Trained(NAMES, []))
    assert found.counts == (0, 12, 0) and not found.work.at("prepare")


def test_with_fail_fast_the_images_before_a_failure_are_reported() -> None:
    def fail(state: ImageState) -> None:
        if name_of(state) == "03":
            raise ImageError("no")

    found = StagedRun(12, StagedWork(NAMES[:3], look_up=fail), fail_fast=True)
    assert found.outcomes == [*((name, "up to date") for name in NAMES[:3]), ("03", "failed")]


# --- Images ------------------------------------------------------------------------------------------


class Hashing(StagedWork):
    """A work that takes the hash of each image as it looks it up, and notes it as it writes."""

    def __init__(self, **steps: Any) -> None:
        super().__init__(**steps)
        self.written: dict[str, str] = {}

    def look_up(self, state: ImageState) -> None:
        state.todo = state.task.image_hash
        super().look_up(state)

    def write(self, state: ImageState) -> None:
        self.written[name_of(state)] = state.task.image_hash
        super().write(state)


@pytest.fixture
def run_over(tmp_path: Path) -> Callable[[StagedWork], tuple[Runner, Recorder]]:
    """Runs a work over six files."""
    paths = [tmp_path / f"{name}.png" for name in NAMES[:6]]
    for path in paths:
        path.write_text(path.stem, encoding="utf-8")

    def run(work: StagedWork) -> tuple[Runner, Recorder]:
        time.sleep(0.02)  # what is written later has another time
        watching = Recorder()
        runner = Runner(tasks_of([ImageFile(path, Path()) for path in paths]), work, watching, batch_size=3)
        runner.run()
        return runner, watching

    return run


def replacing(path: Path, times: int = 1) -> Callable[[], None]:
    """Writes another content at each of the first calls."""
    left = [f"{path.stem} {number}" for number in range(times)]

    def replace() -> None:
        if left:
            path.write_text(left.pop(0), encoding="utf-8")

    return replace


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_an_image_that_is_replaced_while_it_is_read_is_read_again(
    run_over: Callable[[StagedWork], tuple[Runner, Recorder]], tmp_path: Path
) -> None:
    work = Hashing(read=at_image("02", replacing(tmp_path / "02.png")))
    runner, watching = run_over(work)
    assert work.written["02"] == sha("02 0") and work.written["03"] == sha("03")
    assert outcomes(watching) == [(name, "written") for name in NAMES[:6]]
    assert [notice for notice in watching.notices if "replaced" in notice] == [
        "02.png was replaced while it was read: the new file is taken."
    ]
    assert sorted(work.at("read")).count("02") == 2 and str(runner.summary).startswith("6 written")


def test_an_image_that_is_half_written_is_read_again(
    run_over: Callable[[StagedWork], tuple[Runner, Recorder]], tmp_path: Path
) -> None:
    def grow() -> None:
        if (tmp_path / "02.png").read_text(encoding="utf-8") == "02":
            (tmp_path / "02.png").write_text("whole", encoding="utf-8")
            raise ImageError("the picture is damaged")

    work = Hashing(read=at_image("02", grow))
    runner, _ = run_over(work)
    assert work.written["02"] == sha("whole") and str(runner.summary).startswith("6 written")


def test_an_image_that_never_rests_fails_alone(
    run_over: Callable[[StagedWork], tuple[Runner, Recorder]], tmp_path: Path
) -> None:
    work = Hashing(read=at_image("02", replacing(tmp_path / "02.png", 99)))
    _, watching = run_over(work)
    assert outcomes(watching) == [(name, "failed" if name == "02" else "written") for name in NAMES[:6]]
    assert next(row["message"] for row in watching.rows if row["outcome"] == "failed") == CHANGING
    assert work.at("read").count("02") == ATTEMPTS
