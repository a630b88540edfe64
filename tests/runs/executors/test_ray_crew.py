"""Workers of Ray: how many, with what share of the machines; a made-up Ray stands in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from support.made_up_ray import MadeUpRay, ObjectStoreFullError, OutOfDiskError, RayError, RayTaskError
from xai_cam.errors import InputError, XaiCamError
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.executors.crew import Lost
from xai_cam.runs.executors.model_transport import listed
from xai_cam.runs.executors.ray_crew import RayCrew, as_here
from xai_cam.runs.executors.shared_folder import Shared
from xai_cam.runs.executors.surroundings import surroundings


def test_numpy_multiplies_in_as_many_threads_as_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    cores = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    assert as_here() == {"OPENBLAS_NUM_THREADS": cores, "MKL_NUM_THREADS": cores}
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MKL_NUM_THREADS", "5")
    assert as_here() == {"OPENBLAS_NUM_THREADS": "3", "MKL_NUM_THREADS": "5"}


def crew_of(ray: MadeUpRay, said: list[str], **options: Any) -> RayCrew:
    return RayCrew(ray, 2, 0.5, 3, b"job", options.pop("sent", []), said.append, **options)


def test_a_worker_is_started_with_its_share_and_asked() -> None:
    ray, said = MadeUpRay(), list[str]()
    crew = crew_of(ray, said)
    crew.start(1)
    assert crew.answer() == (1, True)
    crew.ask(1, "look", "tasks")
    assert crew.answer() == (1, ("look", "tasks"))
    assert ray.options["num_gpus"] == 0.5 and ray.options["max_restarts"] == 0 and ray.given[1] == 3
    assert ray.options["runtime_env"] == {"env_vars": as_here()}
    assert ray.kept == [b"job"] and said == []
    crew.close()
    assert len(ray.killed) == 1 and not crew.lost


def test_files_that_are_missing_go_to_the_store_once(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_text("model", encoding="utf-8")
    ray = MadeUpRay()
    ray.missing = [str(tmp_path / "model.keras")]
    crew = crew_of(ray, [], sent=[listed(ModelFiles(tmp_path / "model.keras"))])
    for worker in (0, 1):
        crew.start(worker)
        assert crew.answer() == (worker, ray.missing)
    assert ray.kept == [b"job", b"model"]


def test_other_versions_are_told_once_with_the_first_machine_that_has_them() -> None:
    ray, said = MadeUpRay(), list[str]()
    crew = crew_of(ray, said)
    for worker, (machine, keras) in enumerate(
        [("one", "1.0"), ("two", "1.0"), ("three", "2.0"), ("four", "")]
    ):
        ray.machine, ray.versions = machine, {**surroundings(), **({"keras": keras} if keras else {})}
        crew.start(worker)
        crew.answer()
    assert [line.partition(" (here")[0] for line in said] == [
        "Workers on one have other versions: keras 1.0",
        "Workers on three have other versions: keras 2.0",
    ]


def test_a_worker_that_comes_late_is_not_asked_for_pictures_that_are_gone(tmp_path: Path) -> None:
    ray, pictures = MadeUpRay(), [tmp_path / "a.png", tmp_path / "b.png"]
    for picture in pictures:
        picture.touch()
    crew = crew_of(ray, [], shared=Shared([], pictures))
    crew.start(0)
    assert crew.answer() == (0, pictures)
    pictures[0].unlink()
    crew.start(1)
    assert crew.answer() == (1, pictures[1:])


@pytest.mark.parametrize("when", ["introduce", "receive"])
def test_a_worker_that_dies_is_lost_and_started_again(when: str) -> None:
    ray = MadeUpRay(**{when: RayError("worker process has died")})
    crew = crew_of(ray, [])
    crew.start(0)
    assert crew.answer() == (0, Lost("its process ended")) and crew.lost
    ray.errors.clear()
    crew.start(0)
    assert crew.answer() == (0, True) and len(ray.killed) == 1
    assert crew.processes == ({"process 1", "process 2"} if when == "receive" else {"process 2"})


def test_what_a_worker_raises_is_raised() -> None:
    for cause in (InputError("no such layer"), ZeroDivisionError("a fault")):
        ray = MadeUpRay(do=RayTaskError(cause))
        crew = crew_of(ray, [])
        crew.start(0)
        crew.answer()
        crew.ask(0, "run")
        with pytest.raises(type(cause) if isinstance(cause, InputError) else RayTaskError, match=str(cause)):
            crew.answer()


def test_it_is_said_that_the_cluster_has_no_worker_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    ray, said = MadeUpRay(), list[str]()
    waits = iter([([], []), ([], [])])
    monkeypatch.setattr(ray, "wait", lambda refs, **_: next(waits, (refs[:1], refs[1:])))
    crew = crew_of(ray, said)
    crew.start(0)
    assert crew.answer() == (0, True) and said == ["Waiting for the cluster to give a worker."]


def test_an_answer_that_nobody_was_asked_for_is_not_waited_for() -> None:
    with pytest.raises(RuntimeError, match="no worker is asked"):
        crew_of(MadeUpRay(), []).answer()


def test_what_has_come_is_told_when_a_run_ends_and_nothing_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ray = MadeUpRay()
    crew = crew_of(ray, [])
    assert [*crew.come()] == []
    for worker in (0, 1):
        crew.start(worker)
        crew.answer()
    for worker in (0, 1):
        crew.ask(worker, "run", f"tasks {worker}")
    waited: list[float] = []

    def wait(refs: list[Any], num_returns: int, timeout: float) -> Any:
        waited.append(timeout)
        return refs, []

    monkeypatch.setattr(ray, "wait", wait)
    get = ray.get

    def one_fails(ref: Any) -> Any:
        if "tasks 0" in ref.given:
            raise RayTaskError(ZeroDivisionError("a fault"))
        return get(ref)

    monkeypatch.setattr(ray, "get", one_fails)
    assert [*crew.come()] == [(1, ("run", "tasks 1"))] and waited == [0]


@pytest.mark.parametrize("kind", [ObjectStoreFullError, OutOfDiskError])
@pytest.mark.parametrize("where", ["job", "tasks", "answer"])
def test_no_room_for_objects_is_told(where: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any, **options: Any) -> Any:
        raise kind("the object store is full")

    ray = MadeUpRay(**({"do": RayTaskError(kind("full"))} if where == "answer" else {}))
    if where == "job":
        monkeypatch.setattr(ray, "put", full)
    crew = crew_of(ray, [])

    def steps() -> None:
        crew.start(0)
        crew.answer()
        if where == "tasks":
            crew._actors[0].do.remote = full
        crew.ask(0, "run")
        crew.answer()

    with pytest.raises(XaiCamError, match="Ray has no room left"):
        steps()


class RpcError(Exception):
    """As of gRPC, which Ray's client lets through."""


GONE = (ConnectionError("Client is shutting down."), RpcError("UNAVAILABLE"), Exception("Client Wait failed"))


@pytest.mark.parametrize("error", [*GONE, RayError("no answer of the head")])
@pytest.mark.parametrize("where", ["remote", "put", "wait", "get", "ask"])
def test_a_cluster_that_is_gone_is_told(
    where: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise error

    ray, asked = MadeUpRay(), list[str]()
    crew = crew_of(ray, [])

    def steps() -> Any:
        if where != "ask":
            monkeypatch.setattr(ray, where, gone)
        crew.start(0)
        if isinstance(found := crew.answer()[1], Lost):
            return found
        crew._actors[0].do.remote = gone
        crew.ask(0, "run")

    if where == "get" and isinstance(error, RayError):  # it may be the worker that is gone
        assert isinstance(steps(), Lost)
    else:
        with pytest.raises(XaiCamError, match="The connection to the Ray cluster is gone"):
            steps()
        for name in ("wait", "get", "kill"):  # each would start a cluster on this machine
            monkeypatch.setattr(ray, name, lambda *_, name=name, **__: asked.append(name))
        assert [*crew.come()] == [] and (crew.close(), asked) == (None, [])


def test_what_a_worker_raises_of_this_kind_is_its_fault() -> None:
    class TaskConnectionError(RayTaskError, ConnectionError):
        """As Ray makes them: of the kind of what was raised, too."""

    crew = crew_of(MadeUpRay(do=TaskConnectionError(ConnectionError("reset"))), [])
    crew.start(0)
    crew.answer()
    crew.ask(0, "run")
    with pytest.raises(TaskConnectionError):
        crew.answer()


@pytest.mark.parametrize("error", GONE)
def test_a_run_ends_in_order_when_the_cluster_is_gone(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise error

    ray = MadeUpRay()
    crew = crew_of(ray, [])
    crew.start(0)
    for name in ("wait", "get", "kill"):
        monkeypatch.setattr(ray, name, gone)
    assert [*crew.come()] == []
    crew.close()
