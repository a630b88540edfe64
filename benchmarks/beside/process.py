"""The other end of a worker's line: start it, ask it with a limit, and tell how it failed."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from beside.contenders import Contender

HERE = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "beside.worker")


class ContenderError(Exception):
    """A contender has failed; the text says how."""


class WorkerProcess:
    """A worker that runs beside this process. Every answer is waited for at most `patience` seconds."""

    def __init__(self, patience: float, command: Sequence[str] = COMMAND) -> None:
        self.patience = patience
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - until `end`
        path = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        self.answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")

    def send(self, told: dict[str, Any]) -> None:
        """Ask without waiting.

        Raises
        ------
        ContenderError
            The process is gone.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(told) + "\n")
            self.process.stdin.flush()
        except OSError:
            raise ContenderError(self._how_it_ended()) from None

    def receive(self) -> dict[str, Any]:
        """The next answer.

        Raises
        ------
        ContenderError
            The contender failed, its process ended, or no answer came in time.
        """
        try:
            line = self.answers.get(timeout=self.patience)
        except queue.Empty:
            self.end()
            raise ContenderError(f"no answer within {self.patience:g} s") from None
        if not line:
            raise ContenderError(self._how_it_ended())
        answer = json.loads(line)
        if "error" in answer:
            self.end()
            raise ContenderError(answer["error"])
        return answer

    def ask(self, told: dict[str, Any]) -> dict[str, Any]:
        """Send and receive."""
        self.send(told)
        return self.receive()

    def end(self) -> None:
        """End the process, if it still runs, and let go of what it needed."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with suppress(OSError):  # what was not yet sent cannot be sent any more
            if self.process.stdin is not None:
                self.process.stdin.close()
        self.log.close()

    def _how_it_ended(self) -> str:
        try:
            code = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.end()
            return "closed its line"
        self.log.seek(0)
        lines = [line.strip() for line in self.log.read().splitlines() if line.strip()]
        self.end()
        said = f": {lines[-1][:200]}" if lines else ""
        return (f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}") + said


def start(
    contender: Contender, case: str, method: str, batch: int, memory: float, patience: float
) -> WorkerProcess:
    """Start a worker on its way to loading; its first answer says whether it is ready."""
    worker = WorkerProcess(patience)
    told = {"contender": asdict(contender), "case": case, "method": method, "batch": batch, "memory": memory}
    worker.send(told)
    return worker
