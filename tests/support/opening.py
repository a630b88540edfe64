"""Model files opened in a process of its own, so that a crash, a hang, time and memory can be told."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support import ROOT, TESTS
from support.commands import clean_environment

SECONDS, START = 120, 600
"""Of waiting for an answer, and for TensorFlow; CPU time is what tests judge, since machines are shared."""


@dataclass(frozen=True)
class Opened:
    """What came of a file: `loaded`, `refused` or what went wrong; the reason; seconds of CPU; peak in MB."""

    result: str
    reason: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


class Worker:
    """The process that opens; a new one after each crash. `first` are files that it opens to warm up."""

    def __init__(self, *first: Path | None) -> None:
        self.first = first
        self.process: subprocess.Popen[str] | None = None

    def ask(self, model: Path, weights: Path | None = None) -> Opened:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, str(TESTS / "support" / "fuzz_worker.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=clean_environment(PYTHONPATH=os.pathsep.join(map(str, (ROOT, TESTS)))),
            )
            self._send([str(path) if path else None for path in self.first], START)
        return self._send([str(model), str(weights) if weights else None], SECONDS)

    def _send(self, files: list[str | None], limit: float) -> Opened:
        assert self.process is not None and self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(files) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], limit)
        answer = self.process.stdout.readline() if ready else ""
        if answer:
            return Opened(*json.loads(answer))
        self.process.kill()
        status = self.process.wait()
        return Opened(f"no answer within {limit} s" if not ready else f"the process died ({status})")

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
