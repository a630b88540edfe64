"""How many images have something to do: runs that go on, new settings, new images among old ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from xai_cam.cli.console import Console
from xai_cam.cli.work_left import WorkLeft


@dataclass(frozen=True)
class Image:
    folder: Path
    stem: str


def images(folder: Path, count: int, made: range) -> list[Image]:
    """Images of which some have outputs."""
    for number in made:
        (folder / f"cat_{number}_grad-cam.png").touch()
    return [Image(folder, f"cat_{number}") for number in range(count)]


def left_after(work: WorkLeft, idle: list[bool]) -> float:
    """What is left when images have gone through that were up to date, or not."""
    for number, one in enumerate(idle, 1):
        work.see(number, one)
    return work.after(len(idle))


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    """40 were done before, 10 of the 60 others are through by now."""
    work = WorkLeft(images(tmp_path, 100, range(40)))
    assert left_after(work, [True] * 40 + [False] * 10) == 50


def test_new_images_behind_each_of_many_old_ones(tmp_path: Path) -> None:
    """Every tenth of 100 is new; after 50 of them 5 are left, and not 50."""
    work = WorkLeft(images(tmp_path, 100, range(0)))
    for number in set(range(100)) - set(range(9, 100, 10)):
        (tmp_path / f"cat_{number}_grad-cam.png").touch()
    assert left_after(work, [number % 10 != 9 for number in range(50)]) == pytest.approx(5)


def test_other_settings_make_all_anew(tmp_path: Path) -> None:
    work = WorkLeft(images(tmp_path, 100, range(100)))
    assert left_after(work, [False] * 50) == pytest.approx(50, rel=0.03)


def test_nothing_is_made_yet_and_there_is_no_folder(tmp_path: Path) -> None:
    work = WorkLeft([Image(tmp_path / "gone", "a"), Image(tmp_path / "gone", "b")])
    assert (work.after(0), work.after(1), work.after(2), work.after(3)) == (2, 1, 0, 0)


def test_the_time_left_is_that_of_the_work_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 up to date, half of them behind the 100 that take 10 s each: 53 of these are left."""
    now = [1000.0]
    for module in ("console", "progress"):
        monkeypatch.setattr(f"xai_cam.cli.{module}.time.monotonic", lambda: now[0])
    tasks = images(tmp_path, 600, range(250))
    images(tmp_path, 0, range(350, 600))
    console = Console()
    console.expect(tasks)
    console.progress(0, 600)
    for done in range(1, 301):
        old = done <= 250
        now[0] += 0.001 if old else 10
        console.row({"image": "x", "outcome": "written", "message": ""} if not old else _up_to_date())
        console.row(_up_to_date())  # another method's map is there, and says nothing of the image
        console.progress(done, 600)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "297 of 600 images, 8 min 50 s left"


def _up_to_date() -> dict[str, str]:
    return {"image": "x", "outcome": "up to date", "message": ""}
