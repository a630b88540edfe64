"""What is fetched for a while lies in one folder of the process, as long as there is anything in it."""

from __future__ import annotations

import errno
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.full_disk import fill
from xai_cam.files.handle_locks import try_lock
from xai_cam.files.own_folders import MARK, NAME, PART, PROCESS
from xai_cam.files.stores.held_files import HeldFiles, held_files
from xai_cam.files.stores.local_files import NotTakenError


def test_all_of_them_are_in_one_folder_that_is_marked(tmp_path: Path) -> None:
    held = HeldFiles(tmp_path)
    files = [held.new_file(suffix, b"123") for suffix in (".png", "", ".nii.gz", ".a/b", ". p")]
    folder = held.new_folder()
    (folder / "variables").mkdir()
    (place,) = tmp_path.iterdir()
    found = NAME.fullmatch(place.name)
    assert found is not None and found[1] == PROCESS
    assert {path.parent for path in (*files, folder)} == {place} and len({*files, folder}) == 6
    assert [path.suffix for path in files] == [".png", "", ".gz", "", ""]
    assert all(path.read_bytes() == b"123" and PART.fullmatch(path.name) for path in files)
    handle = os.open(place / MARK, os.O_RDWR)
    assert try_lock(handle) is not True, "nobody else takes it for one that was left"
    os.close(handle)
    for path in files:
        held.delete(path)
        assert not path.exists() and folder.exists()
    held.delete(folder)
    assert not list(tmp_path.iterdir())
    again = held.new_file(".png", b"4")
    assert again.read_bytes() == b"4"
    held.delete(again)


def test_threads_that_come_and_go_have_a_folder(tmp_path: Path) -> None:
    held = HeldFiles(tmp_path)

    def hold(number: int) -> bool:
        for _ in range(50):
            file = held.new_file(".png", b"%d" % number)
            same = file.read_bytes() == b"%d" % number
            held.delete(file)
            if not same:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(hold, range(8)))
    assert not list(tmp_path.iterdir())


class Forgotten:
    """Gives a file up when it is collected, which may be in the middle of anything."""

    def __init__(self, held: HeldFiles) -> None:
        self.held, self.file, self.itself = held, held.new_file(".png"), self

    def __del__(self) -> None:
        self.held.delete(self.file)


def test_one_that_is_given_up_while_another_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, plain = HeldFiles(tmp_path), os.mkdir
    Forgotten(held)

    def collecting(*words: object) -> None:
        gc.collect()
        plain(*words)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", collecting)
        file = held.new_folder()
    assert file.is_dir() and len(list(file.parent.iterdir())) == 2
    held.delete(file)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_empty: bool) -> None:
    held = HeldFiles(tmp_path)
    first = None if is_empty else held.new_file(".png", b"1")
    with monkeypatch.context() as patch:
        fill(tmp_path, patch)
        with pytest.raises(NotTakenError, match=f"Cannot write to {tmp_path}, .*No space left") as error:
            held.new_file(".png", b"2" * 10_000)
        assert error.value.folder == tmp_path
    if first is not None:
        assert first.read_bytes() == b"1"
        held.delete(first)
    assert not list(tmp_path.iterdir())
    held.delete(held.new_file(".png", b"3"))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, plain = HeldFiles(tmp_path), os.mkdir

    def refused(place: Path, *words: int) -> None:
        if place.name.startswith("fetched"):
            raise OSError(errno.EDQUOT, "Disk quota exceeded", str(place))
        plain(place, *words)

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", refused)
        with pytest.raises(NotTakenError, match=r"Disk quota exceeded\. Free space there"):
            held.new_folder()
    assert not list(tmp_path.iterdir())


def test_a_process_has_them_in_its_folder_for_temporary_files(temporary: Path) -> None:
    assert held_files() is held_files()
    file = held_files().new_file(".png")
    assert file.parent.parent == temporary
    held_files().delete(file)
