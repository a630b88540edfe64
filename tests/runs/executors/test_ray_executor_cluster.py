"""One cluster for all runs of a command, however they end; a made-up Ray stands in."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.crews import NAMES, LocalCrew, SpreadStagedWork, all_are
from support.runs import Recorder
from support.works import outcomes, tasks
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.claims import Claims
from xai_cam.files.handle_locks import try_lock
from xai_cam.files.own_folders import MARK, MARKED
from xai_cam.files.stores.paths import StorePath
from xai_cam.runs.executors.executor import LocalExecutor
from xai_cam.runs.executors.ray_executor import RayExecutor, check_reachable
from xai_cam.runs.executors.worker import Job
from xai_cam.runs.runner import Runner


class EndingCrew(LocalCrew):
    """Workers of this process that can be ended as those of Ray."""

    lost, processes = False, frozenset[str]()

    def close(self) -> None:
        self.workers.clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of a Ray that is there by name alone."""
    said: list[str] = []

    def asked(name: str) -> Any:
        return lambda *args, **options: said.append(name)

    ray = SimpleNamespace(init=asked("init"), shutdown=asked("shutdown"))
    monkeypatch.setattr("xai_cam.runs.executors.ray_executor.require", lambda name: ray)

    def crew(self: RayExecutor, ray: Any, runner: Runner, marks: Any) -> EndingCrew:
        said.append(f"crew of {len(runner.tasks)}")
        return EndingCrew(2, Job(runner.work, runner.batch_size))  # type: ignore[arg-type]

    monkeypatch.setattr(RayExecutor, "_crew", crew)
    return said


def runner_of(count: int, written: set[str] | None = None) -> Runner:
    work = SpreadStagedWork(written)
    vars(work)["writes"], vars(work)["beside"] = True, ()
    return Runner(tasks(count), work, Recorder(), batch_size=3)


def test_two_runs_have_one_cluster(log: list[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = runner_of(40), runner_of(40)
    with RayExecutor() as executor:
        executor.run(first)
        executor.run(second)
        assert log == ["init", "crew of 40", "crew of 40"]
    assert log[3:] == ["shutdown"]
    for runner in (first, second):
        assert outcomes(runner.reporter) == all_are("written")  # type: ignore[arg-type]


def test_nothing_to_do_starts_none(log: list[str]) -> None:
    done = runner_of(40, {*NAMES})
    with RayExecutor() as executor:
        executor.run(runner_of(0))
        summary = executor.run(done)
    assert log == [] and str(summary) == "0 written, 40 up to date, 0 failed"
    assert outcomes(done.reporter) == all_are("up to date")  # type: ignore[arg-type]


def test_what_is_up_to_date_before_the_first_that_is_not_needs_no_worker(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = runner_of(40, {*NAMES[:8]})
    with RayExecutor() as executor:
        summary = executor.run(runner)
    assert log == ["init", "crew of 34", "shutdown"]
    assert str(summary) == "32 written, 8 up to date, 0 failed" and summary is runner.summary
    assert [name for name, _ in outcomes(runner.reporter)] == NAMES  # type: ignore[arg-type]


def test_what_writes_nothing_is_not_looked_up(log: list[str]) -> None:
    runner = runner_of(40, {*NAMES})
    vars(runner.work)["writes"] = False
    with RayExecutor() as executor:
        executor.run(runner)
    assert log == ["init", "crew of 40", "shutdown"] and runner.work.log[0] == ("finish", "00")  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("no cluster")])
def test_one_that_is_interrupted_on_its_way_ends_too(
    error: BaseException, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: RayExecutor, ray: Any) -> None:
        log.append("init")
        raise error

    monkeypatch.setattr(RayExecutor, "_connect", interrupted)
    with pytest.raises(type(error)), RayExecutor() as executor:
        executor.run(runner_of(3))
    assert log == ["init", "shutdown"]


def test_one_that_is_gone_when_it_is_left_changes_nothing(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise ConnectionError("Client is shutting down.")

    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="what ended the run"), RayExecutor() as executor:
        executor.run(runner_of(3))
        executor._ray.shutdown = gone
        raise InputError("what ended the run")


def test_one_block_behind_the_other_has_its_own(
    log: list[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    executor = RayExecutor()
    for _ in range(2):
        with executor:
            executor.run(runner_of(3))
    assert log == ["init", "crew of 3", "shutdown"] * 2


def test_a_local_one_is_used_alike() -> None:
    runner = runner_of(3)
    with pytest.raises(InputError, match="as usual"), LocalExecutor() as executor:
        executor.run(runner)
        raise InputError("as usual")
    assert runner.summary.written == 3


def test_to_stop_at_the_first_failure_is_for_one_process(log: list[str]) -> None:
    runner = runner_of(3)
    runner.fail_fast = True
    with pytest.raises(InputError, match="one process"), RayExecutor() as executor:
        executor.run(runner)
    assert log == []


def test_what_no_worker_could_see_is_refused_before_a_cluster_is_started(log: list[str]) -> None:
    runner = runner_of(2)
    runner = replace(
        runner, tasks=[replace(task, folder=StorePath("memory://maps")) for task in runner.tasks]
    )
    with pytest.raises(InputError, match="the memory of this process"), RayExecutor() as executor:
        executor.run(runner)
    assert log == []


def test_what_workers_had_fetched_goes_when_they_have_ended(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where none has died: one may have looked at a block that another carried out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(EndingCrew, "processes", {"0" * 8})
    for process in ("0" * 8, "1" * 8):
        place = tmp_path / f".xai-cam-{process}{'2' * 8}.tmp"
        place.mkdir()
        (place / MARK).write_bytes(MARKED)
        (place / "0.png").write_bytes(b"a picture")
    ending = os.open(tmp_path / f".xai-cam-{'0' * 8}{'2' * 8}.tmp" / MARK, os.O_RDWR)
    assert try_lock(ending) is not False
    monkeypatch.setattr("xai_cam.runs.executors.ray_executor.time.sleep", lambda _: os.close(ending))
    with RayExecutor() as executor:
        executor.run(runner_of(3))
    assert [path.name for path in tmp_path.glob(".xai-cam-*")] == [place.name], "others may go on"


def test_locks_of_workers_that_take_a_moment_to_end_go_too(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(EndingCrew, "lost", True)
    answers = iter([True, False, False, True])
    asked: list[Path] = []

    def tidy(claims: Claims, folder: Path) -> bool:
        asked.append(folder)
        return next(answers)

    monkeypatch.setattr(Claims, "tidy", tidy)
    with RayExecutor() as executor:
        executor.run(runner_of(3))
    assert asked == [Path()] * 4, "once as the run begins, and as long as it takes when it ends"


def test_an_address_without_a_port_is_told_what_lacks() -> None:
    for address in ("head", "10.0.0.2"):
        with pytest.raises(InputError, match=f"{address} names no port. That of a cluster is 6379"):
            check_reachable(address)
    for address in ("auto", "local", "ray://head", "other://head"):
        check_reachable(address)


@pytest.mark.parametrize("mode", [None, "token"])
def test_tokens_are_spoken_of_unless_it_is_said_that_they_are_on(
    mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.runs.executors.ray_executor.check_reachable", lambda _: None)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    if mode:
        monkeypatch.setenv("RAY_AUTH_MODE", mode)

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("no")

    with pytest.raises(InputError, match="cannot join a Ray cluster") as told:
        RayExecutor(address="head:1")._connect(SimpleNamespace(init=refuse, shutdown=lambda: None))
    assert ("export RAY_AUTH_MODE=token" in told.value.message) == (mode is None)


@pytest.mark.parametrize(
    ("address", "error", "tries"),
    [
        ("ray://head:1", ConnectionAbortedError("Traceback (most recent call last):\n  a\nE: no.\n"), 5),
        ("ray://head:1", ConnectionError("E: no."), 1),
        ("head:1", ConnectionAbortedError("E: no."), 5),
        ("auto", ConnectionError("E: no."), 1),
        (None, ConnectionError("E: no."), 3),
    ],
)
def test_what_starts_a_process_is_tried_again(
    address: str | None, error: Exception, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is busy takes longer to start one than Ray waits."""
    monkeypatch.setattr("xai_cam.runs.executors.ray_executor.check_reachable", lambda _: None)
    calls: list[str] = []

    class MadeUpRay:
        fails = 99

        def init(self, address: str, **_: object) -> None:
            calls.append(address)
            if len(calls) <= self.fails:
                raise error

        def shutdown(self) -> None:
            """Nothing was started."""

    with pytest.raises(XaiCamError, match=r"\(E: no\)"):
        RayExecutor(address=address)._connect(MadeUpRay())
    assert calls == [address or "local"] * tries
    if tries > 1:
        calls.clear()
        monkeypatch.setattr(MadeUpRay, "fails", 2)
        RayExecutor(address=address)._connect(MadeUpRay())
        assert len(calls) == 3
