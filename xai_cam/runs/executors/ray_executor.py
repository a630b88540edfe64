"""Carries out runs on the machines of a Ray cluster, or in several processes of this machine."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, cast

from xai_cam.errors import InputError, XaiCamError
from xai_cam.extras import require
from xai_cam.files.leftovers import sweep_temporary
from xai_cam.files.rows import Summary
from xai_cam.runs.executors.finished import left_of
from xai_cam.runs.executors.model_transport import listed
from xai_cam.runs.executors.packing import pack
from xai_cam.runs.executors.ray_crew import GRACE, RayCrew
from xai_cam.runs.executors.room import Machine, cores, lack, machines_of, shares
from xai_cam.runs.executors.shared_folder import Shared, check_visible, marked, shared_by
from xai_cam.runs.executors.spread_work import SpreadWork
from xai_cam.runs.executors.spreading import Spreading
from xai_cam.runs.executors.worker import Job
from xai_cam.runs.runner import Runner
from xai_cam.runs.task_list import folders_of

STORE = 256 * 2**20
"""Bytes of memory for objects that workers share on this machine: blocks of file names and rows are small."""

PATIENCE = 10.0
"""Seconds in which a cluster has to answer."""

MOMENT = 2.0
"""Seconds in which their locks have to be gone; those of other runs over the same folder stay."""

TOKEN = " If it asks for a token, as Ray says when it is started, export RAY_AUTH_MODE=token here, too."
"""Ray turns tokens on by itself where it finds one, but does not send it to a cluster that it joins."""

KNOWN = ("auto", "local")
"""Addresses that Ray knows by themselves."""

CLIENT = "ray://"
"""Begins an address of Ray's client, which needs no Ray on this machine besides."""

ATTEMPTS = 3
"""How often Ray is started on this machine: one that is busy takes longer than it waits."""

CLIENT_ATTEMPTS = 5
"""How often a client asks a cluster that answers: servers that Ray forks for clients die at times."""


@dataclass
class RayExecutor:
    """Carries out runs by workers, all those of one `with` block on the same cluster.

    Each is an actor that has the model, its graphs and its cache from its first block on. They are not those
    of Ray Data: there, blocks are cut before anybody knows what an image takes, one that kills its worker is
    tried for ever or costs the run, and no worker can be told what another has found out about engines.

    Parameters
    ----------
    workers : int, optional
        How many; None: as many as cores or GPUs allow.
    gpus_per_worker : float, optional
        None: one where the cluster has any and the device may be one.
    address : str, optional
        Of a cluster; None: one of this machine alone, which ends with the run.
    on_gpu : bool
        Whether the device asked for may be a GPU.
    quiet : callable
        Gives what holds back the words of native code while Ray starts and ends.
    """

    workers: int | None = None
    gpus_per_worker: float | None = None
    address: str | None = None
    on_gpu: bool = True
    quiet: Callable[[], AbstractContextManager[None]] = nullcontext
    _leaving: ExitStack = field(default_factory=ExitStack, init=False, repr=False)
    _ray: Any = field(default=None, init=False, repr=False)

    def __enter__(self) -> RayExecutor:
        """Begin; the cluster is started, or connected to, when a run has something to do."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the cluster; one of this machine ends."""
        self._ray = None
        self._leaving.close()

    def run(self, runner: Runner) -> Summary:
        """Take every image of a run through it; where all are up to date no cluster is started or joined.

        Raises
        ------
        XaiCamError
            What stops the whole run; or there is no Ray, no such cluster, or no worker. `fail_fast` is for
            one process.
        """
        if runner.fail_fast:
            raise InputError("`fail_fast` is for a run in one process: workers are at many images at a time.")
        reports, writes = runner.begin(), cast(SpreadWork, runner.work).writes
        if writes:
            runner = left_of(runner, reports)
        if runner.tasks:
            outputs = folders_of(runner.tasks) if writes else []
            check_visible(runner.tasks, outputs)
            ray = self._connected()
            with marked(outputs) as marks:
                shared = shared_by(runner.tasks, outputs, marks)
                crew, whole = self._crew(ray, runner, shared), False
                try:
                    Spreading(runner, crew, reports).run()
                    whole = not crew.lost
                finally:
                    crew.close()
                    until_done(lambda: not sweep_temporary(crew.processes))  # of a block that none ran, say
                    if not whole:
                        beside = cast(SpreadWork, runner.work).beside
                        until_done(lambda: not runner.tidy(crew.processes, beside))
                        until_done(lambda: runner.unclaim(beside), MOMENT)
        return runner.end(reports)

    def _crew(self, ray: Any, runner: Runner, shared: Shared) -> RayCrew:
        work = cast(SpreadWork, runner.work).for_worker()
        job, files = pack(Job(work, runner.batch_size, runner.at_once, runner.writers, runner.broken))
        machines = machines_of(ray.nodes())
        gpus = sum(one.gpus for one in machines) if self.on_gpu else 0.0
        each = self.gpus_per_worker if self.gpus_per_worker is not None else float(gpus >= 1)
        if each and not self.on_gpu:
            raise InputError("`gpus_per_worker` is for GPUs, and `device` names none. Leave one of them out.")
        if self.address is None and self.workers:  # Ray was told how many there will be, not the cores
            machines = [Machine(cores(), gpus)]
        batches = -(-len(runner.tasks) // runner.batch_size)
        workers, threads = shares(self.workers, machines, each, batches)
        self._check_room(lack(machines, each, workers), runner.reporter.notice)
        notice = runner.reporter.notice
        return RayCrew(ray, workers, each, threads, job, [listed(one) for one in files], notice, shared)

    def _check_room(self, lack: str | None, notice: Callable[[str], None]) -> None:
        """Say what a cluster has no room for, which may still come; a machine alone never gets it.

        Raises
        ------
        InputError
        """
        if lack is not None and self.address is None:
            raise InputError(
                f"This machine has room for {lack}. Change `workers` or `gpus_per_worker`, or name a cluster "
                "with `ray_address`."
            )
        if lack is not None:
            notice(f"The cluster has room for {lack}; the others wait for machines that may come.")

    def _connected(self) -> Any:
        """Ray, connected to the cluster until the block ends."""
        if self._ray is None:
            ray = require("ray")
            self._leaving.callback(self._disconnect, ray)  # also what was interrupted on its way
            with _own_signals(), self.quiet():
                self._connect(ray)
            self._ray = ray
        return self._ray

    def _disconnect(self, ray: Any) -> None:
        with _own_signals(), self.quiet(), suppress(Exception):  # the cluster may be gone already
            ray.shutdown()

    def _connect(self, ray: Any) -> None:
        if self.address is not None:
            check_reachable(self.address)
            error = _tried(ray, self.address)
            if error is not None:
                raise InputError(
                    f"This machine cannot join a Ray cluster at {self.address} ({_line_of(error)}). Check "
                    "`ray_address`, and run the command on a machine of the cluster, or name the port of its "
                    f"client server as ray://HOST:10001.{'' if 'RAY_AUTH_MODE' in os.environ else TOKEN}"
                ) from error
            return
        cores = {"num_cpus": self.workers} if self.workers else {}
        alone = {"include_dashboard": False, "object_store_memory": STORE, "_node_ip_address": "127.0.0.1"}
        error = _tried(ray, "local", **cores, **alone)
        if error is not None:
            raise XaiCamError(
                f"Ray cannot be started on this machine ({_line_of(error)}). Leave out `executor`, or start "
                "a cluster yourself and name it with `ray_address`."
            ) from error


def _tried(ray: Any, address: str, **options: Any) -> Exception | None:
    """Start Ray or join a cluster; the error of the last attempt.

    What starts a process of its own is tried again: this machine's cluster, and a connection of the client
    that was answered.
    """
    quiet = {"log_to_driver": False, "logging_level": "CRITICAL", "ignore_reinit_error": True}
    failure: Exception | None = None
    for _ in range(ATTEMPTS if address == "local" else CLIENT_ATTEMPTS):
        try:
            ray.init(address, **options, **quiet)
            return None
        except Exception as error:  # noqa: BLE001 - of any kind, and the caller raises
            failure = error
        ray.shutdown()
        if address != "local" and not isinstance(failure, ConnectionAbortedError):
            break
    return failure


def until_done(step: Callable[[], bool], seconds: float = GRACE) -> None:
    """Do something until it is done: Ray does not wait for processes to end on other machines."""
    until = time.monotonic() + seconds
    while not step() and time.monotonic() < until:
        time.sleep(0.1)


def check_reachable(address: str) -> None:
    """Refuse a cluster that nobody answers for, as Ray would try for minutes, and one without a port.

    Raises
    ------
    InputError
    """
    host, colon, port = address.removeprefix(CLIENT).rpartition(":")
    if not (colon or address.startswith(CLIENT) or address in KNOWN):
        raise InputError(
            f"`ray_address` is HOST:PORT, {CLIENT}HOST:PORT or auto, and {address} names no port. That of a "
            "cluster is 6379 unless it was started with another, that of its client server 10001."
        )
    if not (colon and port.isdigit() and "/" not in host):  # `auto`, or by another protocol
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"Nobody answers at {address} ({_line_of(error)}). Check `ray_address` and that the cluster runs."
        ) from error


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep this process's own handlers of signals, in the place of which Ray puts others."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _line_of(error: Exception) -> str:
    text = str(error).strip()
    if "Traceback" in text:  # what a server sends of its own errors; the last line says what is wrong
        text = text.splitlines()[-1]
    return " ".join(text.split())[:200].rstrip(".")
