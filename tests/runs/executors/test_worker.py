"""A worker opens its model once, and looks each image up once, from the first block to the last."""

from __future__ import annotations

import errno
import hashlib
import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.crews import SpreadStagedWork
from support.works import at_image, name_of, raises, tasks
from xai_cam.cam.engines.choices import Choices
from xai_cam.errors import InputError, OutputError
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.finding import ImageFile
from xai_cam.runs.executors.standing import Told
from xai_cam.runs.executors.worker import Job, Looked, Worker
from xai_cam.runs.full_disk import MAX_UNANSWERED
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import Task, tasks_of


def worker_of(work: SpreadStagedWork) -> Worker:
    return Worker(Job(work, 3))


def test_a_block_is_looked_up_and_then_run_without_another_look() -> None:
    work = SpreadStagedWork({"01"})
    worker, block = worker_of(work), tasks(4)
    assert worker.look(block) == Looked([True, False, True, True], 0) and work.at("prepare") == []
    outcome = worker.run(block, 6, Choices())
    assert sorted(work.at("look_up")) == ["00", "01", "02", "03"]
    assert {number: one["rows"][0]["outcome"] for number, one in outcome.images.items()} == {
        **dict.fromkeys((0, 2, 3), "written"),
        1: "up to date",
    }
    assert outcome.error is None and outcome.full is None and outcome.found == ["00 02", "03"]


def test_what_was_looked_up_is_used_once_and_for_that_task_alone() -> None:
    work = SpreadStagedWork()
    worker, block = worker_of(work), tasks(2)
    worker.look(block)
    worker.run([replace(block[0], anew=True), block[1]], 0, Choices())
    assert sorted(work.at("look_up")) == ["00", "00", "01"]
    worker.run(block, 0, Choices())
    assert sorted(work.at("look_up")) == ["00", "00", "00", "01", "01"]


def test_the_model_is_opened_once_for_all_blocks() -> None:
    work = SpreadStagedWork()
    worker, block = worker_of(work), tasks(6)
    assert worker.warm() is None
    for part in (block[:3], block[3:]):
        worker.look(part)
        worker.run(part, 0, Choices())
    assert work.at("prepare") == [""]


def test_an_image_that_fails_in_the_look_fails_in_the_run() -> None:
    work = SpreadStagedWork(look_up=at_image("01", raises(OutputError("no folder"))))
    worker, block = worker_of(work), tasks(3)
    assert worker.look(block) == Looked([True, False, True], 0)
    outcome = worker.run(block, 0, Choices())
    assert outcome.images[1]["failure"] == "no folder" and len(outcome.images) == 3


def test_choices_of_others_hold_and_its_own_are_told() -> None:
    work = SpreadStagedWork()
    worker, block = worker_of(work), tasks(3)
    outcome = worker.run(block, 7, Choices({"gradients": False}))
    assert work.computing.choices.settled == {"gradients": False, "forward": True}
    assert outcome.choices == work.computing.choices and outcome.choices is not work.computing.choices
    assert vars(work)["all_batches"] == [("00 01 02", 7, {"gradients": False})]


def test_an_error_that_ends_the_run_comes_with_what_was_done_before_it() -> None:
    def fail(states: Any) -> None:
        raise InputError("no such class")

    outcome = worker_of(SpreadStagedWork(ask=at_image("03", lambda: fail(None)))).run(tasks(6), 0, Choices())
    assert isinstance(outcome.error, InputError) and [*outcome.images] == [0, 1, 2]
    assert isinstance(worker_of(SpreadStagedWork(prepare=fail)).warm(), InputError)


def test_what_any_thread_logs_is_told() -> None:
    def warn(_: Any) -> None:
        logging.getLogger("xai_cam.somewhere").warning("said")

    work = SpreadStagedWork(read=warn, ask=warn, write=warn)
    outcome = worker_of(work).run(tasks(1), 0, Choices())
    assert [message.text for message in outcome.messages] == ["said"] * 3
    assert len(work.threads["read"] | work.threads["ask"]) == 2, "they are different threads"


def test_a_full_disk_is_told(monkeypatch: Any) -> None:
    full = OutputError("the disk is full")
    full.__cause__ = OSError(28, "No space left on device")
    outcome = worker_of(SpreadStagedWork(write=raises_of(full))).run(tasks(9), 0, Choices())
    assert outcome.full == Path() and len(outcome.images) < 9


def test_a_store_that_answers_no_block_is_found_over_several() -> None:
    def unanswered(_: Any) -> None:
        raise OSError(errno.EIO, "the store failed 4 times", "s3://bucket/a.png")

    worker, block = worker_of(SpreadStagedWork(look_up=unanswered)), tasks(16)
    found = [worker.run(block, 0, Choices()).full for _ in range(MAX_UNANSWERED // 16)]
    assert found == [*[None] * (len(found) - 1), Path()]


PICTURE = b"a picture"


@pytest.fixture
def in_store() -> list[Task]:
    """Pictures in a store about which nothing is known yet: a look fetches each to hash it."""
    top = StorePath("memory://photos")
    for number in range(6):
        (top / f"{number:02}.png").store.write(f"photos/{number:02}.png", PICTURE)
    return [*tasks_of([ImageFile(top / f"{number:02}.png", top) for number in range(6)])]


def hashed(state: ImageState) -> None:
    assert state.task.image_hash == hashlib.sha256(PICTURE).hexdigest()


@pytest.mark.parametrize("room", [10, 2])
def test_pictures_of_a_store_are_kept_for_the_run_as_far_as_there_is_room(
    room: int, in_store: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those with nothing to do, and those that fail."""
    fetched, read = list[str](), StorePath.read_bytes

    def counted(path: StorePath) -> bytes:
        fetched.extend([path.name] * (not path.is_held))
        return read(path)

    def look_up(state: ImageState) -> None:
        hashed(state)
        if name_of(state) == "04":
            raise OutputError("no folder")

    monkeypatch.setattr(StorePath, "read_bytes", counted)
    monkeypatch.setattr("xai_cam.runs.executors.worker.MAX_HELD", room * len(PICTURE))
    worker = worker_of(SpreadStagedWork({"01"}, look_up=look_up))
    worker.look(in_store)
    kept = ["00", "02", "03", "05"][:room]
    assert held(in_store) == kept
    outcome = worker.run(in_store, 0, Choices())
    assert [one["failure"] for one in outcome.images.values()] == ["", "", "", "", "no folder", ""]
    assert held(in_store) == []
    assert {name.split(".")[0] for name in fetched if fetched.count(name) == 1} == {"01", "04", *kept}


def test_pictures_of_a_block_that_another_carries_out_are_given_up(in_store: list[Task]) -> None:
    worker = worker_of(SpreadStagedWork(look_up=hashed))
    worker.look(in_store[:3])
    worker.look(in_store[3:])
    assert held(in_store) == ["03", "04", "05"]


def test_pictures_of_a_block_are_given_up_where_it_is_left_to_another(in_store: list[Task]) -> None:
    work = SpreadStagedWork(look_up=hashed)
    worker = worker_of(work)
    worker.look(in_store[:3])
    worker.forget()
    assert held(in_store) == []
    worker.run(in_store[:3], 0, Choices())
    assert work.at("look_up").count("00") == 2, "it is looked up anew where it comes back"


def test_what_is_done_of_a_block_can_be_asked_meanwhile() -> None:
    """Images with nothing to do are nothing that is done."""
    told: list[Told | None] = []
    work = SpreadStagedWork({"01"})
    worker = Worker(Job(work, 3, at_once=True))

    def ask(_: Any) -> None:
        work.watch("rise", 1, 4, 0.5)
        told.append(worker.tally.told())

    work.steps["ask"] = ask
    worker.run(tasks(6), 7, Choices())
    assert told == [Told(7, done + 0.5, ("rise", 1, 4)) for done in (0, 2)]
    assert worker.tally.told() is None


def held(block: list[Task]) -> list[str]:
    return [task.stem for task in block if task.held_bytes]


def test_many_look_up_where_each_waits_for_a_store(
    in_store: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.runs.runner.thread_count", lambda: 1)
    together = threading.Barrier(len(in_store), timeout=120)
    work = SpreadStagedWork(look_up=lambda _: together.wait())
    assert Worker(Job(work, 16)).look(in_store).asks == 0


def raises_of(error: BaseException) -> Any:
    def fail(_: Any) -> None:
        raise error

    return fail
