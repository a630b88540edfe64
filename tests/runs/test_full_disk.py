"""A full disk ends a run with what can still be told; an error that is not one ends none."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import xai_cam.runs.full_disk
from support.works import StagedRun, StagedWork, at_image, name_of, raises
from xai_cam.errors import ImageError, OutputError, XaiCamError
from xai_cam.files.stores.local_files import not_taken
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.finding import ImageFile
from xai_cam.runs.full_disk import MAX_UNANSWERED, FullDisk
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import Task

COUNT = 60


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.runs.runner.thread_count", lambda: 2)


def no_room() -> OutputError:
    error = OutputError("Cannot write a.png: No space left on device.")
    error.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return error


def full_from(first: int) -> Callable[[ImageState], None]:
    """A disk that takes the images before this one."""

    def write(state: ImageState) -> None:
        if int(name_of(state)) >= first:
            raise no_room()

    return write


@pytest.mark.parametrize("at_once", [False, True])
def test_a_full_disk_stops_the_run_with_one_failure(at_once: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: True)
    found = StagedRun(COUNT, StagedWork(write=full_from(6)), at_once=at_once)
    failed = [name for name, outcome in found.outcomes if outcome == "failed"]
    assert len(failed) == 1 and found.counts[2] == 1 and found.raised is None
    written = [name for name, outcome in found.outcomes if outcome == "written"]
    assert len(" ".join(found.work.at("ask")).split()) <= 18, "it went on for nothing"
    assert (found.outcomes[-1][1] == "failed") and written == [f"{n:02}" for n in range(len(written))]
    done = len(found.outcomes)
    assert found.watching.notices == [
        f"Stopped after {done} of 60 images: the disk of {Path()} is full. Free space, and run the same "
        "command again to go on."
    ]


def test_so_does_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for before anything is computed, and the model is not asked in vain."""
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: True)
    found = StagedRun(COUNT, StagedWork(look_up=full_from(6)))
    assert found.outcomes[-1] == ("06", "failed") and found.counts[2] == 1
    assert len(" ".join(found.work.at("ask")).split()) <= 6 and len(found.watching.notices) == 1


def test_what_was_up_to_date_before_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: True)
    found = StagedRun(6, StagedWork(["03"], write=full_from(2)), batch_size=6)
    assert found.outcomes == [("00", "written"), ("01", "written"), ("02", "failed"), ("03", "up to date")]


def test_one_file_too_large_is_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has room for others."""
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: False)
    found = StagedRun(COUNT, StagedWork(write=at_image("07", raises(no_room()))))
    assert found.counts == (COUNT - 1, 0, 1) and not found.watching.notices


def test_a_disk_that_says_it_has_room_and_takes_nothing_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one without inodes, or with a quota."""
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: False)
    found = StagedRun(COUNT, StagedWork(write=full_from(10)))
    assert found.counts == (10, 0, 3) and "Stopped after 13 of 60" in found.watching.notices[0]
    assert str(found.summary) == "10 written, 0 up to date, 3 failed, 47 not tried"


def test_the_last_image_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: True)
    found = StagedRun(3, StagedWork(write=full_from(2)))
    assert found.counts == (2, 0, 1) and not found.watching.notices


def test_another_failure_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda _: True)
    error = OutputError("Cannot write a.png: Permission denied.")
    error.__cause__ = PermissionError(errno.EACCES, "Permission denied")
    found = StagedRun(5, StagedWork(write=at_image("01", raises(error))))
    assert found.counts == (4, 0, 1) and not found.watching.notices


def in_store(error: Exception | None) -> ImageState:
    """An image whose outputs go to a store, and why they did not."""
    folder = StorePath("s3://bucket/maps")
    state = ImageState(Task(ImageFile(Path("a.png"), Path()), folder, "a"), {})
    state.cause, state.failure, state.written = error, str(error or ""), [folder / "a.png"]
    return state


def refused(number: int = errno.EACCES, url: str = "s3://bucket/maps/a.png") -> OutputError:
    error = OutputError("Cannot write it: so it is.")
    error.__cause__ = OSError(number, "so it is", url)
    return error


def named(full: FullDisk, *errors: Exception | None) -> list[bool]:
    """Have outputs named together; which images are left out as they say no more than those before them."""
    states = [in_store(error) for error in errors]
    full.see_named(states, [state for state in states if state.failure])
    return [state.left for state in states]


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOENT, errno.ENOTSUP, errno.ENOSPC])
def test_a_store_that_takes_nothing_is_as_good_as_full(number: int) -> None:
    full = FullDisk()
    assert named(full, refused(number)) == [False] and not full.found
    assert named(full, *[refused(number)] * 3) == [False, False, True] and full.found
    assert full.notices(3, 9) == [
        "Stopped after 3 of 9 images: s3://bucket takes no outputs, or does not answer: see the last "
        "failure. Mend that, and run the same command again to go on."
    ]


def test_nor_does_it_help_to_look_up_others() -> None:
    full, states = FullDisk(), [in_store(refused()) for _ in range(4)]
    for state in states:
        full.see(state)
    assert full.found and [state.left for state in states] == [False, False, False, True]


def test_a_full_folder_for_what_is_fetched_is_that_of_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the folder of the outputs, be that in the store that the picture is of or on another disk."""
    looked: list[Path] = []
    monkeypatch.setattr(xai_cam.runs.full_disk, "is_full", lambda folder: looked.append(folder) or True)
    error = not_taken(Path("/tmp"), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    error.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    around = XaiCamError("its mask")
    around.__cause__ = error
    for one in (error, around):
        full = FullDisk()
        full.see(in_store(one))
        assert full.found and full.folder == Path("/tmp")
    assert looked == [Path("/tmp")] * 2 and "the disk of /tmp is full" in full.notices(1, 9)[0]


def test_a_store_that_takes_some_is_not() -> None:
    full = FullDisk()
    for _ in range(5):
        named(full, refused(), refused())
        named(full, refused(), refused(), None, refused())
    assert not full.found
    of_disk = refused(url="/maps/a.png")
    assert named(full, *[of_disk] * 9, *[XaiCamError("is there")] * 9) == [False] * 18 and not full.found


def test_a_store_that_does_not_answer_for_long() -> None:
    full, silent = FullDisk(), refused(errno.EIO)
    unread = ImageError("the object cannot be read")
    unread.__cause__ = OSError(errno.EIO, "the store failed 4 times", "s3://bucket/a.png")
    named(full, *[silent] * (MAX_UNANSWERED - 1))
    named(full, None)
    named(full, *[silent] * (MAX_UNANSWERED - 2))
    full.see(in_store(unread))
    assert not full.found
    full.see(in_store(unread))
    assert full.found and full.folder == StorePath("s3://bucket/maps")


def test_pictures_that_are_not_answered_now_and_then_stop_no_run_without_outputs() -> None:
    """As of `evaluate`: nothing is written, so that nothing gets a name."""
    full, read = FullDisk(), in_store(None)
    read.written.clear()
    for _ in range(MAX_UNANSWERED):
        full.see(in_store(refused(errno.EIO)))
        full.see(in_store(refused()))
        full.see(read)
    assert not full.found
    for _ in range(MAX_UNANSWERED):
        full.see(in_store(refused(errno.EIO)))
    assert full.found


def test_outputs_that_wait_for_their_names_say_nothing_of_the_store() -> None:
    """They are uploaded with these; a batch of one image would never find out otherwise."""
    full = FullDisk()
    for _ in range(3):
        full.see(in_store(None))
        named(full, refused())
    assert full.found


def test_what_another_has_found_full_is_full_here() -> None:
    here = FullDisk()
    assert here.folder is None and here.notices(1, 3) == []
    here.hear(Path("out"))
    assert here.found and here.folder == Path("out") and "the disk of out is full" in here.notices(1, 3)[0]
