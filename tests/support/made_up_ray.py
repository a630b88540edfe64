"""A made-up Ray, whose actors answer at once and in this process; its errors are as Ray's."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from xai_cam.runs.executors.surroundings import surroundings


class RayError(Exception):
    """As Ray's."""


class RayTaskError(RayError):
    """As Ray's: what a worker raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause, self.ip = cause, "10.0.0.2"


class RaySystemError(RayError):
    """As Ray's: what came from a worker cannot be read."""


class ObjectStoreFullError(RayError):
    """As Ray's: no memory is left for objects, and no disk in its place."""


class OutOfDiskError(RayError):
    """As Ray's."""


@dataclass(eq=False)
class Reference:
    """To the answer of an actor."""

    name: str
    call: Any
    given: tuple[Any, ...]


class MadeUpRay:
    """Answers at once with what an actor of the given kind returns; `errors` by method come in its place."""

    exceptions = SimpleNamespace(
        RayError=RayError,
        RayTaskError=RayTaskError,
        RaySystemError=RaySystemError,
        ObjectStoreFullError=ObjectStoreFullError,
        OutOfDiskError=OutOfDiskError,
    )

    def __init__(self, **errors: Exception) -> None:
        self.errors, self.kept, self.killed, self.options = errors, list[Any](), list[Any](), dict[str, Any]()
        self.missing, self.versions, self.made = list[str](), surroundings(), list[str]()
        self.machine, self.groups, self.told = "one", dict[str, int](), list[Any]()

    def remote(self, kind: type | None = None, concurrency_groups: dict[str, int] | None = None) -> Any:
        if kind is None:
            self.groups = concurrency_groups or {}
            return self.remote
        assert kind.__name__ == "RayWorker"

        def made(folder: str, threads: int) -> Any:
            self.given = folder, threads
            self.made.append(folder)
            calls = {
                "introduce": self._introduction,
                "lacking": lambda sent: self.missing,
                "receive": lambda job, sent, content, shared: sorted(content) or shared.pictures or True,
                "do": lambda what, *given: (what, *given),
                "tell": lambda seconds: self.told.pop(0),
            }
            remotes = {
                name: SimpleNamespace(remote=self._deferred(name, call)) for name, call in calls.items()
            }
            return SimpleNamespace(**remotes)

        def options(**asked: Any) -> Any:
            self.options = asked
            return SimpleNamespace(remote=made)

        return SimpleNamespace(options=options)

    def _introduction(self) -> dict[str, Any]:
        return {"machine": self.machine, "process": f"process {len(self.made)}", "versions": self.versions}

    def _deferred(self, name: str, call: Any) -> Any:
        return lambda *given: Reference(name, call, given)

    def put(self, one: Any) -> Any:
        self.kept.append(one)
        return f"reference {len(self.kept)}"

    def wait(self, refs: list[Any], num_returns: int, timeout: float) -> Any:
        return refs[:1], refs[1:]

    def get(self, ref: Any) -> Any:
        name, call, given = ref.name, ref.call, ref.given
        if name in self.errors:
            raise self.errors[name]
        return call(*given)

    def kill(self, actor: Any, no_restart: bool) -> None:
        self.killed.append(actor)
