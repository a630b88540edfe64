"""What killed runs left is removed when it is old, and nothing else ever is."""

from __future__ import annotations

import json
import os
import shutil
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import fresh
from support.systems import link
from xai_cam.files.handle_locks import try_lock
from xai_cam.files.leftovers import OLD, complete, sweep, sweep_temporary, unfinished
from xai_cam.files.locks import about
from xai_cam.files.own_folders import MARK, MARKED, PROCESS
from xai_cam.files.staging import NAMES, Staging
from xai_cam.files.stores.held_files import held_files
from xai_cam.files.writing import check_writable

PLACE = ".xai-cam-0123456789abcdef.tmp"


def left(folder: Path, names: dict[str, str] | None = None, parts: tuple[str, ...] = ("0", "1.h5")) -> Path:
    """What a killed run leaves: parts, a mark and, where it had begun to name them, a list."""
    place = folder / PLACE
    place.mkdir()
    (place / MARK).write_bytes(MARKED)
    for part in parts:
        (place / part).write_bytes(b"half of a file")
    if names is not None:
        (place / NAMES).write_text(json.dumps({"names": names}), encoding="utf-8")
    return place


def age(place: Path, seconds: float = OLD + 60) -> None:
    """Let a folder and all in it be so old."""
    then = time.time() - seconds
    for path in (*place.iterdir(), place) if place.is_dir() else [place]:
        os.utime(path, (then, then), follow_symlinks=False)


def test_the_next_run_removes_what_is_old(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"a photo")
    place = left(tmp_path)
    check_writable(tmp_path)
    assert place.exists(), "its run may go on"
    age(place)
    check_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_how_old_it_is_where_there_are_locks_and_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that writes to one file for an hour looks by its folder as one that is gone."""
    place, then = left(tmp_path), time.time() - OLD - 60
    os.utime(place, (then, then))
    with monkeypatch.context() as patch:
        patch.setattr("xai_cam.files.leftovers.try_lock", lambda handle: None)
        sweep(tmp_path)
        assert place.exists()
    with Staging(tmp_path) as running:
        os.utime(running.place, (then, then))
        sweep(tmp_path)
        assert running.place.exists() and not place.exists()


def test_what_was_fetched_goes_with_folders_and_what_links_there_lead_to_stays(tmp_path: Path) -> None:
    place = left(tmp_path, parts=("0.png", "123456789012.tif"))
    (place / "fetched-3" / "saved" / "variables").mkdir(parents=True)
    (place / "fetched-3" / "saved" / "any name.pb").write_bytes(b"model")
    (tmp_path / "kept").mkdir()
    link(place / "fetched-3" / "away", tmp_path / "kept")
    sweep(tmp_path)
    assert place.exists()
    age(place)
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_the_folder_for_temporary_files_is_swept_by_the_same_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    place = left(tmp_path)
    held = held_files().new_file(".png", b"of this process")
    age(held.parent)
    assert sweep_temporary({PROCESS}), "it goes on"
    assert place.exists() and held.read_bytes() == b"of this process"
    assert not sweep_temporary({"01234567"})
    assert not place.exists() and held.exists()
    held_files().delete(held)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users of that kind here")
def test_what_belongs_to_others_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a folder for temporary files that all users share."""
    place = left(tmp_path)
    age(place)
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
        sweep(tmp_path, {"01234567"})
    assert (place / "0").exists()


def foreign_name(folder: Path) -> None:
    left(folder).rename(folder / ".xai-cam-mine.tmp")


def foreign_file_inside(folder: Path) -> None:
    (left(folder) / "thesis.txt").write_text("mine", encoding="utf-8")


def foreign_folder_inside(folder: Path) -> None:
    (left(folder) / "2").mkdir()


def a_link_for_what_was_fetched(folder: Path) -> None:
    (folder / "photos").mkdir()
    link(left(folder) / "fetched-0", folder / "photos")


def a_file_for_a_folder(folder: Path) -> None:
    (left(folder) / "fetched-0").write_bytes(b"mine")


def foreign_mark(folder: Path) -> None:
    (left(folder) / MARK).write_text("my own folder", encoding="utf-8")


def no_mark(folder: Path) -> None:
    (left(folder) / MARK).unlink()


def a_file_of_that_name(folder: Path) -> None:
    (folder / PLACE).write_bytes(MARKED)


def a_link_to_a_folder(folder: Path) -> None:
    (folder / "photos").mkdir()
    left(folder / "photos").rename(folder / "photos" / "kept")
    link(folder / PLACE, folder / "photos" / "kept")


def a_link_inside(folder: Path) -> None:
    (folder / "photo").write_bytes(b"a photo")
    link(left(folder) / "2", folder / "photo")


def a_lock_of_somebody(folder: Path) -> None:
    (folder / ".xai-cam-0123456789abcdef.lock").write_text('{"of": "another tool"}', encoding="utf-8")


def a_set_that_is_to_be_completed(folder: Path) -> None:
    left(folder, {"0": "a.json", "1.h5": "a.weights.h5"}, parts=("1.h5",))


FOREIGN = [
    foreign_name,
    foreign_file_inside,
    foreign_folder_inside,
    a_link_for_what_was_fetched,
    a_file_for_a_folder,
    foreign_mark,
    no_mark,
    a_file_of_that_name,
    a_link_to_a_folder,
    a_link_inside,
    a_lock_of_somebody,
    a_set_that_is_to_be_completed,
]


@pytest.mark.parametrize("make", FOREIGN)
def test_nothing_else_is_ever_removed(tmp_path: Path, make: Callable[[Path], None]) -> None:
    try:
        make(tmp_path)
    except OSError:
        pytest.skip("no links here")
    everything = sorted(path for path in tmp_path.rglob("*"))
    for path in everything:
        age(path)
    sweep(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*")) == everything


def test_old_locks_of_nobody_go(tmp_path: Path) -> None:
    lock = tmp_path / ".xai-cam-0123456789abcdef.lock"
    lock.write_bytes(about("rows.csv"))
    sweep(tmp_path)
    assert lock.exists()
    age(lock)
    sweep(tmp_path)
    assert not lock.exists()


def test_an_empty_folder_of_that_name_is_one_that_was_just_made(tmp_path: Path) -> None:
    place = tmp_path / PLACE
    place.mkdir()
    age(place)
    sweep(tmp_path)
    assert not place.exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    sweep(tmp_path / "none")
    assert unfinished(tmp_path / "none" / "model.json") == ""


@pytest.mark.parametrize(
    "names",
    [
        [],
        {"0": 1},
        {"0": ""},
        {"0": "../a.json"},
        {"../../photo": "a.json"},
        {"0": "/tmp/a.json", "1.h5": "b"},
    ],
)
def test_a_forged_list_moves_nothing(tmp_path: Path, names: object) -> None:
    place = left(tmp_path)
    (place / NAMES).write_text(json.dumps({"names": names}), encoding="utf-8")
    assert not complete([tmp_path / "a.json", tmp_path / "b"])
    assert [path.name for path in tmp_path.iterdir()] == [PLACE] and (place / "0").exists()
    assert unfinished(tmp_path / "a.json") == ""


def test_one_of_a_set_is_not_used_alone(tmp_path: Path) -> None:
    place = left(tmp_path, {"0": "model.json", "1.h5": "model.weights.h5"}, parts=("1.h5",))
    model = tmp_path / "model.json"
    model.write_text("{}", encoding="utf-8")
    assert unfinished(model) == (
        f"{model} is one of several files (model.json, model.weights.h5) of which not all are there: the run "
        f"that wrote them was ended too soon. Run its command again, or delete the folder {place}."
    )
    assert unfinished(tmp_path / "other.json") == ""
    (place / "1.h5").unlink()
    assert unfinished(model) == "", "all of them have their names"


def test_what_processes_left_that_have_ended_goes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file, and a folder that was just made; what others left may be of a run that goes on."""
    gone, other = f".xai-cam-{'0' * 8}{'1' * 8}.tmp", f".xai-cam-{'2' * 8}{'0' * 8}.tmp"
    for locks in (True, False):
        for name in (gone, other):
            (tmp_path / name).mkdir()
            (tmp_path / name / MARK).write_bytes(MARKED)
            (tmp_path / name / "0").write_bytes(b"half")
        (tmp_path / f".xai-cam-{'0' * 8}{'3' * 8}.tmp").mkdir()
        with monkeypatch.context() as patch:
            if not locks:
                patch.setattr("xai_cam.files.leftovers.try_lock", lambda handle: None)
            sweep(tmp_path)
            assert len([*tmp_path.iterdir()]) == 3, (
                "an hour has to pass where nobody says that all have ended"
            )
            assert not sweep(tmp_path, {"0" * 8})
        assert [path.name for path in tmp_path.iterdir()] == [other]
        shutil.rmtree(tmp_path / other)


def test_what_a_process_has_locked_that_should_have_ended_stays(tmp_path: Path) -> None:
    with Staging(tmp_path) as running:
        if running._own.mark is None or try_lock(running._own.mark) is None:
            pytest.skip("no locks here")
        assert sweep(tmp_path, {PROCESS}), "it has not ended yet"
        assert running.place.exists() and running.place.name.startswith(f".xai-cam-{PROCESS}")


def test_processes_are_told_apart_by_the_names_of_what_they_make(tmp_path: Path) -> None:
    """Two runs over one folder: each tidies up behind its own dead workers alone."""
    leave = f"""
        import os
        from pathlib import Path
        from xai_cam.files.own_folders import PROCESS
        from xai_cam.files.staging import Staging
        Staging(Path({str(tmp_path)!r})).__enter__().write(b"half")
        print(PROCESS, flush=True)
        os._exit(9)
    """
    mine, others = (fresh("-c", textwrap.dedent(leave)).stdout.strip() for _ in range(2))
    assert mine != others and len([*tmp_path.iterdir()]) == 2
    sweep(tmp_path, {mine})
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(f".xai-cam-{others}")
