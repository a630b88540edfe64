"""A worker as an actor of Ray: goes to the folder of the run, gets the job, and is asked as any other."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.leftovers import sweep_temporary
from xai_cam.files.own_folders import PROCESS
from xai_cam.runs.executors.model_transport import Listed, arrived, as_they_are, copies, missing_of
from xai_cam.runs.executors.packing import unpack
from xai_cam.runs.executors.shared_folder import Shared
from xai_cam.runs.executors.standing import Told
from xai_cam.runs.executors.surroundings import surroundings
from xai_cam.runs.executors.worker import Worker

TELLING = "telling"
"""The thread of an actor that tells how far it is, beside the one that does all else."""

THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
"""Variables that say how many threads compute, read by TensorFlow, by OpenMP and for OpenVINO."""


class RayWorker:
    """Lies in a process of its own, on some machine.

    Parameters
    ----------
    folder : str
        The current folder of the command, below which relative names lie.
    threads : int
        That it may compute in.
    """

    def __init__(self, folder: str, threads: int) -> None:
        self.folder = folder
        os.environ.update(dict.fromkeys(THREADS, str(threads)))
        self._worker: Worker | None = None
        self._names: dict[str, str] = {}

    def introduce(self) -> dict[str, Any]:
        """The machine, the process, and the versions of what computes here.

        Of any version: nothing is given, and what comes back is of no class of this tool's.
        """
        return {"machine": platform.node(), "process": PROCESS, "versions": surroundings()}

    def lacking(self, sent: Sequence[Listed]) -> list[str]:
        """Paths of the files that have to be sent."""
        return missing_of(sent)

    def receive(
        self, data: bytes, sent: Sequence[Listed], content: Mapping[str, Any], shared: Shared
    ) -> XaiCamError | bool:
        """Take the job, and the files that were missing, by their paths, as references to what they hold."""
        import ray

        if Path(self.folder).is_dir():
            os.chdir(self.folder)
        else:
            return InputError(
                f"{self.folder}, where the command was started, is not on the machine {platform.node()}. "
                "Start it in a folder that all machines share, as pictures and outputs have to lie in one."
            )
        sweep_temporary()  # of workers that were killed on this machine, by this run or another
        lack = shared.lack()
        if lack is not None:
            return lack
        files = []
        for found in sent:
            here = found.are_here()
            files.append(as_they_are(found) if here else arrived(found, lambda path: ray.get(content[path])))
            self._names |= copies(found.files, files[-1])
        self._worker = Worker(unpack(data, files))
        return True

    def tell(self, seconds: float) -> Told | None:
        """How far the worker is with its block, after some seconds; None where it is at none by then."""
        time.sleep(seconds)
        return None if self._worker is None else self._worker.tally.told()

    # as `ray.method(concurrency_group=TELLING)` says it, of which nothing is imported here
    tell.__ray_concurrency_group__ = TELLING  # type: ignore[attr-defined]

    def do(self, what: str, *given: Any) -> Any:
        """What a method of `Worker` returns; errors name files as the command does, and not their copies."""
        answer = getattr(self._worker, what)(*given)
        for error in (answer, getattr(answer, "error", None)):
            if isinstance(error, XaiCamError):
                for copy, name in self._names.items():
                    error.message = error.message.replace(copy, name)
        return answer
