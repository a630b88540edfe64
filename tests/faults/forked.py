"""Commands in forks of one process that has imported TensorFlow: it starts once for a whole campaign."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

CRASHED = 120
"""Exit code of a command that ended by an exception, as Python gives it where it cannot say more."""


def import_tensorflow() -> None:
    """Import what commands import, without running anything: threads do not outlive a fork."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    from xai_cam.cli.process import NOT_USED, missing

    with missing(NOT_USED):
        import keras
        import tensorflow  # noqa: F401

    import xai_cam.cli  # noqa: F401

    assert keras.backend.backend() == "tensorflow"


@dataclass(frozen=True)
class Ended:
    """How a command ended: the code as a shell has it, and what it wrote to standard error."""

    code: int
    stderr: str


@dataclass
class Running:
    """A command that runs in a fork."""

    pid: int
    errors: Any
    started: float

    def wait(self, until: float | None = None) -> Ended:
        """Wait for its end; it is killed when it is still there after `until` seconds since its start."""
        while until is not None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return self._ended(status)
            if time.monotonic() - self.started >= until:
                os.kill(self.pid, signal.SIGKILL)
                break
            time.sleep(0.002)
        _, status = os.waitpid(self.pid, 0)
        return self._ended(status)

    def _ended(self, status: int) -> Ended:
        with self.errors as file:
            file.seek(0)
            text = file.read().decode(errors="backslashreplace")
        return Ended(os.waitstatus_to_exitcode(status), text)


def start(arguments: Sequence[str], folder: Path, fault: Callable[[], None] = lambda: None) -> Running:
    """Start `xai-cam ARGUMENTS` in `folder`; `fault` is called in its process first."""
    errors = TemporaryFile()  # noqa: SIM115 - closed when the command has ended
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Running(pid, errors, time.monotonic())
    code = CRASHED
    try:
        code = _command(arguments, folder, fault, errors.fileno())
    except BaseException:  # noqa: BLE001 - nothing may reach what called the fork
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _command(arguments: Sequence[str], folder: Path, fault: Callable[[], None], errors: int) -> int:
    from xai_cam.cli import main

    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(errors, 2)
    sys.stderr = io.TextIOWrapper(
        io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", write_through=True
    )
    os.chdir(folder)
    fault()
    try:
        main(list(arguments), prog_name="xai-cam")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0
