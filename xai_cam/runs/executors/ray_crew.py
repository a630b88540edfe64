"""Workers that are actors of Ray, on the machines of a cluster or on this one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xai_cam._version import __version__
from xai_cam.errors import XaiCamError
from xai_cam.runs.executors.crew import Lost
from xai_cam.runs.executors.model_transport import Listed
from xai_cam.runs.executors.ray_errors import (
    GONE,
    NO_ROOM,
    NO_ROOM_ERRORS,
    is_of_client,
    not_understood,
    reason_of,
    stranger_in,
    without_frames,
)
from xai_cam.runs.executors.ray_worker import TELLING, RayWorker
from xai_cam.runs.executors.room import cores
from xai_cam.runs.executors.shared_folder import Shared
from xai_cam.runs.executors.standing import Told
from xai_cam.runs.executors.surroundings import differences, surroundings

PATIENCE = 20.0
"""Seconds without any worker after which it is said that the cluster has none to give."""

GRACE = 10.0
"""Seconds in which workers that are killed have to be gone."""


TELLS = 1.0
"""Seconds after which a worker that computes tells how far it is."""

MOST_TOLD = 32
"""Workers of a large crew that do so within a second."""


@dataclass
class RayCrew:
    """Workers of a cluster that is connected already.

    Parameters
    ----------
    ray : module
    size : int
    gpus : float
        Of each worker.
    threads : int
        In which each computes.
    job : bytes
        As of `pack`.
    sent : sequence of Listed
        The files of the model.
    notice : callable
        Gets what the user should know of the workers.
    shared : Shared, optional
        What all machines have to see.

    Attributes
    ----------
    lost : bool
        Whether any has died.
    processes : set of str
        In which workers were, as `files.own_folders` calls them.
    """

    ray: Any
    size: int
    gpus: float
    threads: int
    job: bytes
    sent: Sequence[Listed]
    notice: Callable[[str], None]
    shared: Shared = field(default_factory=Shared)
    _actors: dict[int, Any] = field(default_factory=dict)
    _asked: dict[Any, tuple[int, str]] = field(default_factory=dict)
    _told: dict[Any, int] = field(default_factory=dict)
    _content: dict[str, Any] = field(default_factory=dict)
    _job: Any = None
    _said: set[str] = field(default_factory=set)
    _versions: list[Mapping[str, str]] = field(default_factory=list)
    _strangers: dict[int | None, str] = field(default_factory=dict)
    lost: bool = False
    processes: set[str] = field(default_factory=set)
    _came: bool = False
    _gone: bool = False

    def start(self, worker: int) -> None:
        """Begin to start a worker; first it tells what it has."""
        self._end(worker)
        options: dict[str, Any] = {"num_cpus": 1, "num_gpus": self.gpus, "max_restarts": 0}
        options |= {"scheduling_strategy": "SPREAD", "runtime_env": {"env_vars": as_here()}}
        with self._reached():
            kind = self.ray.remote(concurrency_groups={TELLING: 1})(RayWorker)
            actor = kind.options(**options).remote(os.getcwd(), self.threads)
            self._actors[worker] = actor
            self._asked[actor.introduce.remote()] = worker, "introduce"

    def ask(self, worker: int, what: str, *given: Any) -> None:
        """Begin to ask a worker."""
        with self._reached():
            self._asked[self._actors[worker].do.remote(what, *given)] = worker, what
        if what == "run":
            self._listen(worker)

    def _listen(self, worker: int) -> None:
        """Have a worker that computes tell how far it is, unless it is to already."""
        if worker not in self._told.values():
            seconds = max(TELLS, self.size / MOST_TOLD)
            with self._reached():
                self._told[self._actors[worker].tell.remote(seconds)] = worker

    def answer(self) -> tuple[int, Any]:
        """The next answer of a worker, or what one tells that computes.

        Raises
        ------
        RuntimeError
            None is asked anything, so that none would ever come.
        XaiCamError
            The cluster is gone.
        """
        while True:
            if not self._asked:
                raise RuntimeError("no worker is asked anything")
            with self._reached():
                ready, _ = self.ray.wait([*self._asked, *self._told], num_returns=1, timeout=PATIENCE)
            if not ready and not self._came:
                self._say("Waiting for the cluster to give a worker.")
            for ref in ready:
                if ref in self._told:
                    worker, told = self._told.pop(ref), self._result(ref)
                    if (worker, "run") in self._asked.values():
                        self._listen(worker)
                        if isinstance(told, Told):
                            return worker, told
                    continue
                worker, what = self._asked.pop(ref)
                found = self._result(ref, worker, what)
                if isinstance(found, Lost) or what not in ("introduce", "lacking"):
                    return worker, found
                self._came = True
                if what == "introduce":
                    self._meet(worker, **found)
                else:
                    self._send_job(worker, found)

    def come(self) -> Iterator[tuple[int, Any]]:
        """Answers that are there already; none where the cluster is gone."""
        for ref in self._ready(0):
            worker, _ = self._asked.pop(ref)
            with suppress(Exception):
                yield worker, self._result(ref)

    def close(self) -> None:
        """End all workers, whatever they are at, and wait until they have."""
        for worker in [*self._actors]:
            self._end(worker)
        self._ready(GRACE)
        self._asked.clear()

    def _ready(self, timeout: float) -> list[Any]:
        """What is answered when a run ends, or within some seconds."""
        refs = [] if self._gone else [*self._asked]
        with suppress(Exception):  # the cluster may be why it ends
            return [*self.ray.wait(refs, num_returns=len(refs), timeout=timeout)[0]] if refs else []
        return []

    def _meet(self, worker: int, machine: str, process: str, versions: Mapping[str, str]) -> None:
        """Take in who has come, name versions that differ, and ask which files it lacks."""
        self.processes.add(process)
        if versions not in self._versions:  # of machines that are alike the first is named
            self._versions.append(versions)
            self._say(differences(surroundings(), versions, machine))
        if versions["xai-cam"] != __version__:
            self._strangers[worker] = machine
        with self._reached():
            self._asked[self._actors[worker].lacking.remote(self.sent)] = worker, "lacking"

    def _send_job(self, worker: int, missing: Sequence[str]) -> None:
        """Give a worker the job, and files that it lacks; each goes to the store once."""
        with self._reached():
            if self._job is None:
                self._job = self.ray.put(self.job)
            for path in missing:
                if path not in self._content:
                    self._content[path] = self.ray.put(_content(self.sent, path))
            content = {path: self._content[path] for path in missing}
            ref = self._actors[worker].receive.remote(self._job, self.sent, content, self.shared.here())
        self._asked[ref] = worker, "receive"

    def _result(self, ref: Any, worker: int | None = None, what: str = "") -> Any:
        """What a worker has answered; `Lost` where it died, or was never there."""
        errors = self.ray.exceptions
        try:
            return self.ray.get(ref)
        except errors.RayTaskError as error:
            stranger = error.ip if what == "introduce" else self._strangers.get(worker)
            with self._stored():
                raise without_frames(error, stranger) from error
        except errors.RayError as error:
            unread = isinstance(error, errors.RaySystemError)
            stranger = self._strangers.get(worker) if unread else stranger_in(error)
            if stranger is not None:
                raise not_understood(stranger) from error
            self.lost = True
            return Lost(reason_of(error))
        except Exception:
            with self._reached():
                raise

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Say so where the cluster is gone, or has no room for what it is sent."""
        try:
            with self._stored():
                yield
        except Exception as error:
            of_ray = isinstance(error, (ConnectionError, self.ray.exceptions.RayError))
            if not of_ray and not is_of_client(error):
                raise
            self._gone = True  # to ask for anything more would start a cluster on this machine
            raise XaiCamError(GONE.format(reason_of(error).rstrip("."))) from error

    @contextmanager
    def _stored(self) -> Iterator[None]:
        """Say what helps where Ray has no room for what is sent, here or on a worker."""
        kinds = tuple(getattr(self.ray.exceptions, name) for name in NO_ROOM_ERRORS)
        try:
            yield
        except kinds as error:
            raise XaiCamError(NO_ROOM.format(reason_of(error))) from error

    def _end(self, worker: int) -> None:
        actor = self._actors.pop(worker, None)
        self._told = {ref: one for ref, one in self._told.items() if one != worker}
        if actor is not None and not self._gone:
            with suppress(Exception):  # it may be gone already
                self.ray.kill(actor, no_restart=True)

    def _say(self, line: str | None) -> None:
        if line and line not in self._said:
            self._said.add(line)
            self.notice(line)


def as_here() -> dict[str, str]:
    """Variables by which NumPy multiplies in as many threads as here: the last digit of sums depends on that.

    They have to be there before it is imported, and Ray asks for a single thread otherwise.
    """
    general = os.environ.get("OMP_NUM_THREADS", str(cores()))
    return {name: os.environ.get(name, general) for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def _content(sent: Sequence[Listed], path: str) -> bytes:
    code = [found.files.code.files for found in sent if found.files.code is not None]
    return next((files[path] for files in code if path in files), None) or Path(path).read_bytes()
