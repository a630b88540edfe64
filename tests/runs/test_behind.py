"""Rows come when the outputs that they speak of have their names, and nothing stays without one."""

from __future__ import annotations

from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest

from support.runs import Recorder
from support.works import StagedRun, StagedWork, name_of, tasks
from xai_cam.files.own_folders import NAME
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.runner import Runner


class Writer(StagedWork):
    """Writes a file for each image."""

    def __init__(self, folder: Path, **steps: Any) -> None:
        super().__init__(**steps)
        self.folder = folder

    def write(self, state: ImageState) -> None:
        state.write(self.folder / name_of(state), b"1")
        super().write(state)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_row_comes_when_its_output_has_its_name(tmp_path: Path) -> None:
    """And outputs of a batch have theirs when all of them are written."""
    seen: dict[str, list[str]] = {}

    def written(state: ImageState) -> None:
        seen[name_of(state)] = [name for name in names(tmp_path) if not NAME.fullmatch(name)]

    def finish(state: ImageState) -> None:
        assert (tmp_path / name_of(state)).read_bytes() == b"1"

    work = Writer(tmp_path, write=written, finish=finish)
    found = StagedRun(7, work, at_once=True)
    assert found.raised is None and found.counts == (7, 0, 0)
    assert {name: len(there) for name, there in seen.items()} == {
        **dict.fromkeys(("00", "01", "02"), 0),
        **dict.fromkeys(("03", "04", "05"), 3),
        "06": 6,
    }
    assert names(tmp_path) == [f"{number:02}" for number in range(7)]


def test_an_output_that_cannot_have_its_name_fails_its_image_alone(tmp_path: Path) -> None:
    def write(state: ImageState) -> None:
        if name_of(state) == "01":
            (tmp_path / "01").mkdir()  # somebody is quicker

    found = StagedRun(3, Writer(tmp_path, write=write))
    assert found.outcomes == [("00", "written"), ("01", "written"), ("01", "failed"), ("02", "written")]
    assert found.counts == (2, 0, 1)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_run_that_is_broken_off_leaves_no_temporary_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    begun = Semaphore(0)

    def ask(states: list[ImageState]) -> None:
        if name_of(states[0]) == "03":
            for _ in range(3):  # Ctrl-C calls off what is not begun
                assert begun.acquire(timeout=30)
            raise error

    found = StagedRun(7, Writer(tmp_path, ask=ask, write=lambda _: begun.release()))
    assert isinstance(found.raised, error)
    assert names(tmp_path) == ["00", "01", "02"]
    assert found.outcomes == [(name, "written") for name in ("00", "01", "02")]


def test_ctrl_c_within_a_batch_names_and_reports_what_was_written(tmp_path: Path) -> None:
    watching = Recorder()

    def finish(state: ImageState) -> None:
        if name_of(state) == "03":
            raise KeyboardInterrupt

    work = Writer(tmp_path, finish=finish)
    with pytest.raises(KeyboardInterrupt):
        Runner(tasks(9), work, watching, batch_size=3).run()
    there = names(tmp_path)
    told = [Path(row["image"]).stem for row in watching.rows]
    assert {"00", "01", "02", "03", "04", "05"} <= set(there) and not any(map(NAME.fullmatch, there))
    assert set(told) == set(there) - {"03"}, "that one was being told"
