"""A worker in a process of its own: it goes where the command was started, and computes in its share."""

from __future__ import annotations

import os
import pickle
import platform
import time
from pathlib import Path

import pytest

from support.crews import SpreadStagedWork
from support.works import tasks
from xai_cam import __version__
from xai_cam.cam.engines.choices import Choices
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.leftovers import OLD
from xai_cam.files.own_folders import MARK, MARKED, PROCESS
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.executors.model_transport import listed
from xai_cam.runs.executors.packing import pack
from xai_cam.runs.executors.ray_worker import TELLING, THREADS, RayWorker
from xai_cam.runs.executors.shared_folder import Shared, marked
from xai_cam.runs.executors.standing import Told
from xai_cam.runs.executors.worker import Job, Looked, Outcome

pytest.importorskip("ray")


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the tests, which is that of the worker here."""
    monkeypatch.chdir(Path.cwd())
    for name in THREADS:
        monkeypatch.setenv(name, "9")


def test_it_does_what_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_text("model", encoding="utf-8")
    sent = [listed(ModelFiles(tmp_path / "model.keras"))]
    worker = RayWorker(str(tmp_path), 2)
    assert {os.environ[name] for name in THREADS} == {"2"}
    said = worker.introduce()
    assert said.pop("versions")["xai-cam"] == __version__ and worker.lacking(sent) == []
    assert said == {"machine": platform.node(), "process": PROCESS}
    assert worker.receive(pack(Job(SpreadStagedWork(), 3))[0], sent, {}, Shared()) is True
    assert Path.cwd() == tmp_path.resolve()
    assert worker.do("look", tasks(2)) == Looked([True, True], 0)


def test_what_it_says_of_itself_is_understood_by_any_version(tmp_path: Path) -> None:
    """It is of Python's own classes alone, and nothing of another version has to be unpickled for it."""
    said = pickle.dumps(RayWorker(str(tmp_path), 1).introduce())
    assert b"xai_cam" not in said and pickle.loads(said)["machine"] == platform.node()


def test_it_tells_how_far_it_is_beside_what_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("xai_cam.runs.executors.ray_worker.time.sleep", slept.append)
    told: list[Told | None] = []
    worker = RayWorker(str(tmp_path), 2)
    assert worker.tell(0.5) is None
    work = SpreadStagedWork()
    monkeypatch.setattr("xai_cam.runs.executors.ray_worker.unpack", lambda data, files: Job(work, 3))
    worker.receive(b"", [], {}, Shared())
    work.steps["ask"] = lambda _: (work.watch("rise", 1, 8, 0.25), told.append(worker.tell(2.0)))  # type: ignore[assignment,func-returns-value]
    worker.do("run", tasks(3), 7, Choices())
    assert told == [Told(7, 0.25, ("rise", 1, 8))] and worker.tell(1.0) is None
    assert slept == [0.5, 2.0, 1.0]


def test_ray_has_it_tell_in_a_thread_of_its_own() -> None:
    """By the mark that Ray's own decorator makes."""
    import ray

    def method() -> None:
        """Of some actor."""

    ((mark, group),) = vars(ray.method(concurrency_group=TELLING)(method)).items()
    marked = [name for name, one in vars(RayWorker).items() if mark in getattr(one, "__dict__", {})]
    assert marked == ["tell"] and vars(RayWorker.tell)[mark] == group == TELLING


def test_what_killed_workers_left_on_its_machine_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, age in (("1", 2 * OLD), ("2", 0.0)):
        place = tmp_path / f".xai-cam-{name * 16}.tmp"
        place.mkdir()
        (place / MARK).write_bytes(MARKED)
        os.utime(place, (time.time() - age,) * 2)
    assert RayWorker(str(tmp_path), 2).receive(pack(Job(SpreadStagedWork(), 3))[0], [], {}, Shared()) is True
    assert [path.name for path in tmp_path.iterdir()] == [f".xai-cam-{'2' * 16}.tmp"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = RayWorker(str(tmp_path / "gone"), 1).receive(b"", [], {}, Shared())
    assert isinstance(found, InputError) and "folder that all machines share" in found.message


def test_outputs_are_not_left_on_the_disk_of_another_machine(tmp_path: Path) -> None:
    """There is a folder of that name on each, but it is not the same one."""
    with marked([tmp_path]) as marks:
        job = pack(Job(SpreadStagedWork(), 3))[0]
        assert RayWorker(str(tmp_path), 1).receive(job, [], {}, Shared(marks)) is True
        marks[0].unlink()
        found = RayWorker(str(tmp_path), 1).receive(job, [], {}, Shared(marks))
    assert isinstance(found, InputError) and f"does not share the folder {tmp_path}" in found.message


def test_errors_name_a_model_that_was_sent_as_the_command_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.keras"
    path.write_text("model", encoding="utf-8")
    sent = [listed(ModelFiles(path))]
    content = {str(path): path.read_bytes()}
    path.unlink()
    monkeypatch.setattr("ray.get", lambda reference: reference)
    monkeypatch.setattr("xai_cam.runs.executors.model_transport.cache_folder", lambda: tmp_path / "cache")
    worker = RayWorker(str(tmp_path), 1)
    assert worker.receive(pack(Job(SpreadStagedWork(), 3))[0], sent, content, Shared()) is True
    (copy,) = (tmp_path / "xai-cam-sent").rglob("model.keras")
    error = InputError(f"{copy} is no model. Name another.")

    class Failing:
        def warm(self) -> XaiCamError:
            return error

        def run(self) -> Outcome:
            return Outcome(error=InputError(error.message))

    worker._worker = Failing()  # type: ignore[assignment]
    outcome = worker.do("run")
    assert worker.do("warm").message == outcome.error.message == f"{path} is no model. Name another."


def test_pictures_that_the_machine_does_not_see_are_told(tmp_path: Path) -> None:
    """Relative ones lie below the folder of the command."""
    (tmp_path / "a.png").touch()
    job = pack(Job(SpreadStagedWork(), 3))[0]
    for pictures, seen in ([Path("a.png")], True), ([Path("a.png"), tmp_path / "b.png"], False):
        found = RayWorker(str(tmp_path), 1).receive(job, [], {}, Shared([], pictures))
        if seen:
            assert found is True
        else:
            assert isinstance(found, InputError) and f"does not see {tmp_path / 'b.png'}" in found.message


def test_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_text("model", encoding="utf-8")
    sent = [listed(ModelFiles(path))]
    path.unlink()
    assert RayWorker(str(tmp_path), 1).lacking(sent) == [str(path)]
