"""A mark that nobody can guess tells whether machines share a folder; it goes with the block."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from support.commands import clean_environment
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.leftovers import OLD, sweep
from xai_cam.files.own_folders import PROCESS
from xai_cam.files.stores.entries import Entry, Listed
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.finding import ImageFile
from xai_cam.runs.executors.shared_folder import Shared, check_visible, marked, shared_by
from xai_cam.runs.tasks import tasks_of


def unseen(marks: list[Path]) -> str | None:
    found = Shared(marks).lack()
    return None if found is None else found.message


def test_a_mark_is_there_while_the_block_lasts(tmp_path: Path) -> None:
    with marked([tmp_path]) as marks:
        assert [mark.parent.parent for mark in marks] == [tmp_path] and unseen(marks) is None
        sweep(tmp_path, {PROCESS})
        assert unseen(marks) is None, "it is locked: one that tidies up leaves it"
    assert [*tmp_path.iterdir()] == []
    assert f"does not share the folder {tmp_path}, " in str(unseen(marks))


def test_one_mark_above_all_outputs_is_enough_and_no_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    with marked([tmp_path / name for name in ("a/b", "a", "c/new/below", "a/b/new")]) as marks:
        assert [mark.parent.parent for mark in marks] == [tmp_path / "a", tmp_path / "c"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "c"]


def test_the_mark_of_a_killed_command_is_deleted_when_it_is_old(tmp_path: Path) -> None:
    """It lies above the folders of the outputs, which are the only ones that a run sweeps."""
    source = """
        import os, signal, sys
        from pathlib import Path
        from xai_cam.runs.executors.shared_folder import marked

        with marked([Path(sys.argv[1])]):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    (tmp_path / "a").mkdir()
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source), tmp_path], env=clean_environment(), check=False
    )
    (mark,) = tmp_path.glob(".xai-cam-*/*")
    with marked([tmp_path / "a" / "..", tmp_path]):
        assert mark.exists()
    then = time.time() - OLD - 60
    for path in (mark, mark.parent):
        os.utime(path, (then, then))
    with marked([tmp_path]):
        assert not mark.parent.exists()


def test_relative_folders_are_those_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with marked([Path("maps")]) as marks:
        assert [mark.parent.parent for mark in marks] == [tmp_path] and marks[0].is_absolute()


def test_the_memory_of_a_process_is_shared_with_nobody(tmp_path: Path) -> None:
    on_disk, in_store = (StorePath(f"{scheme}://maps/a.png") for scheme in ("s3", "memory"))
    for picture, output in ((tmp_path / "a.png", in_store), (in_store, tmp_path), (in_store, on_disk)):
        with pytest.raises(InputError, match=r"^memory://maps/a.png lies in the memory of this process"):
            check_visible(tasks_of([ImageFile(picture, Path())]), [output])
    check_visible(tasks_of([ImageFile(on_disk, Path())]), [tmp_path, on_disk])
    check_visible([], [])


def test_stores_are_shared_by_nature() -> None:
    with marked([StorePath("memory://maps")]) as marks:
        assert marks == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders of Windows have no such rights")
def test_where_nothing_can_be_written_there_is_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "mkdir", refused)
    with marked([tmp_path]) as marks:
        assert marks == []


def test_pictures_to_look_for_are_some_that_are_here(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(7)]
    tasks = tasks_of([ImageFile(path, tmp_path) for path in paths])
    assert shared_by(tasks, [], []) == shared_by([], [], []) == Shared([], [], [])
    for path in paths:
        path.touch()
    assert shared_by(tasks, [], []).pictures == [paths[0], paths[3], paths[6]]
    assert shared_by(tasks[:1], [], []).pictures == paths[:1]
    paths[3].unlink()
    assert shared_by(tasks, [tmp_path], paths[:1]) == Shared(paths[:1], [paths[0], paths[6]], [])


def test_of_stores_a_picture_and_the_buckets_of_outputs_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StorePath, "look", lambda _: None)
    top = StorePath("s3://photos")
    tasks = tasks_of([ImageFile(top / f"{number}.png", top) for number in range(7)])
    outputs = [StorePath("s3://maps") / name for name in ("a", "b")]
    found = shared_by(tasks, outputs, [])
    assert found == Shared([], [], [top / "0.png", StorePath("s3://maps")])


def test_a_picture_that_the_command_may_not_ask_for_either_is_for_its_image_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So is one that was deleted, where nobody may list: S3 says of both that they are forbidden."""
    top = StorePath("s3://photos")
    tasks = tasks_of([ImageFile(top / f"{number}.png", top) for number in range(7)])
    forbidden, asked = {"0.png"}, list[str]()

    def look(path: StorePath) -> Entry | None:
        asked.append(path.name)
        if path.name in forbidden:
            raise PermissionError(errno.EACCES, "no rights")
        return Entry("", False, Listed(1))

    monkeypatch.setattr(StorePath, "look", look)
    maps = StorePath("s3://maps")
    found = shared_by(tasks, [maps], [])
    assert found == Shared([], [], [top / "3.png", maps])
    assert found.here() == found and found.lack() is None
    forbidden.add("3.png")
    assert found.lack() is not None and found.here() == Shared([], [], [maps])
    assert asked.count("maps") == 1, "nobody but a worker asks for a bucket here"


def test_a_store_that_cannot_be_asked_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Shared([], [], [StorePath("s3://photos/a.png"), StorePath("s3://maps")])
    answers: dict[str, OSError | XaiCamError | None] = {}

    def look(path: StorePath) -> Entry | None:
        if error := answers.get(str(path)):
            raise error
        return None if path.name == "a.png" else Entry("", True, Listed(0))

    monkeypatch.setattr(StorePath, "look", look)
    assert shared.lack() is None, "an object that is gone is for its image to say"
    answers["s3://maps"] = PermissionError(errno.EACCES, "no rights")
    assert shared.lack() is None, "one may write to a bucket that one may not ask about"
    for path, error, words in (
        ("s3://maps", OSError(errno.EIO, "the store failed 4 times"), "the store failed 4 times. Give it"),
        ("s3://photos/a.png", PermissionError(errno.EACCES, "no rights"), "no rights. Give it"),
        ("s3://photos/a.png", XaiCamError("s3fs is missing."), "s3fs is missing. Give it"),
    ):
        answers = {path: error}
        found = shared.lack()
        assert found is not None and f"cannot ask for {path}: {words}" in found.message


def test_pictures_that_are_taken_away_later_are_not_looked_for(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        path.touch()
    assert Shared([], paths).lack() is None
    paths[1].unlink()
    found = Shared([], paths).lack()
    assert found is not None and f"does not see {paths[1]}." in found.message
    assert Shared([], paths).here().lack() is None
