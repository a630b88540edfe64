"""Several runs over one place divide the images, and none is done twice or left out."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from support import ROOT
from support.commands import clean_environment
from support.crews import SpreadRun, SpreadStagedWork
from support.runs import Recorder
from support.works import StagedRun, StagedWork, tasks
from xai_cam.files.claims import NAME, Claims
from xai_cam.files.writing import Folders
from xai_cam.runs.division import Division
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.runner import Runner

pytest.importorskip("fcntl")

RUN = """
    import sys
    from pathlib import Path
    from support.runs import Recorder
    from support.works import StagedRun, StagedWork, tasks
    from xai_cam.files.writing import write_whole
    from xai_cam.runs.runner import Runner

    folder = Path(sys.argv[1])

    def output(state):
        return folder / f"{state.task.stem}.out"

    class Work(StagedWork):
        def look_up(self, state):
            state.targets = [output(state)]
            if output(state).exists():
                state.add_row("up to date", {})
            else:
                state.todo = "all"

        def ask(self, states):
            if not self.at("ask"):
                print("asked", flush=True)
                sys.stdin.readline()
            super().ask(states)

        def write(self, state):
            if state.task.stem == sys.argv[2]:
                state.fail("as it was asked to")
                return
            write_whole(output(state), b"1")
            print(state.task.stem, flush=True)
            super().write(state)

    watching = Recorder()
    summary = Runner(tasks(60), Work(), watching, batch_size=3).run()
    assert len(watching.rows) == len({row["image"] for row in watching.rows}) == 60
    print(summary, flush=True)
"""


def start(folder: Path, fails: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), str(folder), fails],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}"),
    )


def has_asked(process: subprocess.Popen[str]) -> None:
    """Waits until a run has its first batch, and waits for a line to go on."""
    assert process.stdout is not None and process.stdout.readline() == "asked\n"


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def ended(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    """The images that a run wrote, and its last line."""
    lines = process.communicate(timeout=600)[0].splitlines()
    assert process.returncode == 0
    return lines[:-1], lines[-1]


def test_four_runs_at_once_divide_the_work(tmp_path: Path) -> None:
    runs = [start(tmp_path, "07" if not number else "") for number in range(4)]
    for process in runs:
        has_asked(process)
    for process in runs:
        go_on(process)
    results = [ended(process) for process in runs]
    written = Counter(name for names, _ in results for name in names)
    assert set(written) == {f"{number:02}" for number in range(60)}, (
        "one fails in one run, and is done by another"
    )
    assert set(written.values()) == {1}, "none is done twice"
    for names, last in results:
        assert last.startswith(f"{len(names)} written, ") or "1 failed" in last
    assert all(names for names, _ in results)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number:02}.out" for number in range(60)]


def test_what_another_is_at_is_left_to_it_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other ends one image and fails with another, which this run then does."""
    at = {"00", "03"}
    monkeypatch.setattr(Claims, "take", lambda self, paths: paths[0].stem not in at)

    def look(state: ImageState) -> None:
        state.targets = [tmp_path / state.task.stem]

    def rest(seconds: float) -> None:
        work.up_to_date = ["00"]
        at.clear()

    monkeypatch.setattr("time.sleep", rest)
    work, watching = StagedWork(look_up=look), Recorder()
    summary = Runner(tasks(5), work, watching, batch_size=2).run()
    outcomes = [(Path(row["image"]).stem, row["outcome"]) for row in watching.rows]
    assert outcomes == [
        ("01", "written"),
        ("02", "written"),
        ("04", "written"),
        ("00", "up to date"),
        ("03", "written"),
    ]
    assert (summary.written, summary.up_to_date) == (4, 1)
    assert watching.notices == ["Another run is at 2 of the images. Waiting for it."]
    assert work.at("read") == ["01", "02", "04", "03"]


def test_what_another_ends_meanwhile_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at an image and the moment in which nobody else is at it."""
    work = StagedWork(look_up=lambda state: setattr(state, "targets", [tmp_path / state.task.stem]))

    def take(claims: Claims, paths: list[Path]) -> bool:
        if paths[0].stem == "01":
            work.up_to_date = ["01"]
        return True

    monkeypatch.setattr(Claims, "take", take)
    monkeypatch.setattr(Claims, "were_others", lambda self, paths: True)
    watching = Recorder()
    Runner(tasks(3), work, watching, batch_size=3).run()
    assert [row["outcome"] for row in watching.rows] == ["written", "up to date", "written"]


def test_what_needs_no_model_is_divided_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is written in its turn, by the threads that write."""
    at = {"00"}
    monkeypatch.setattr(Claims, "take", lambda self, paths: paths[0].stem not in at)
    monkeypatch.setattr("time.sleep", lambda seconds: at.clear())

    class Anew(StagedWork):
        def look_up(self, state: ImageState) -> None:
            state.targets, state.redo = [tmp_path / state.task.stem], ["mask"]

    work, watching = Anew(), Recorder()
    summary = Runner(tasks(3), work, watching, batch_size=2).run()
    assert [Path(row["image"]).stem for row in watching.rows] == ["01", "02", "00"]
    assert sorted(work.at("write")) == ["00", "01", "02"] and summary.written == 3
    assert not work.at("prepare") and not work.at("read") and not work.at("ask")


def test_a_run_that_was_killed_is_tidied_up_after(tmp_path: Path) -> None:
    """Also by one that has nothing to do."""
    process = start(tmp_path)
    has_asked(process)
    process.kill()
    process.communicate()
    assert (tmp_path / NAME).exists()
    division = Division()
    (task,) = tasks(1)
    object.__setattr__(task, "folder", tmp_path)
    division.begin([task])
    assert not (tmp_path / NAME).exists()


def test_the_folders_of_a_run_are_swept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one process as of workers, by whoever reports: a folder of many files takes long to go through."""
    swept: list[Path] = []
    for module in ("xai_cam.runs.division", "xai_cam.files.writing"):
        monkeypatch.setattr(f"{module}.sweep", swept.append)
    folders = Folders()

    def check(state: ImageState) -> None:
        folders.check(state.task.folder)

    StagedRun(40, StagedWork(look_up=check))
    assert swept == [Path()]
    found = SpreadRun(40, SpreadStagedWork(look_up=check), 3)
    assert swept == [Path()] * 2
    assert len([what for _, what, _ in found.crew.log if what == "run"]) > 3
