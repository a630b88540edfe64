"""Commands in a process of their own, with what they cost: seconds of CPU and the largest memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.commands import clean_environment
from support.systems import in_megabytes

if TYPE_CHECKING:
    import resource


@dataclass(frozen=True)
class Cost:
    """How a command ended, what it wrote, and what it cost.

    `code` is that of the shell (negative: the signal that ended it), None if it did not end within
    the time it had.
    """

    code: int | None
    stdout: str
    stderr: str
    cpu_seconds: float
    megabytes: float


def cost_of(
    *arguments: object,
    cwd: Path | None = None,
    timeout: float = 120,
    before: str = "",
    redirections: str = "",
    **environment: str,
) -> Cost:
    """`xai-cam ARGUMENTS` in a process of its own.

    A shell runs `before` in the same process ahead of it, as `ulimit -v 2000000`, and applies
    `redirections`, as `2>&-`. Seconds are those of the processor, since machines that run tests are shared.
    """
    _check_system(before, redirections)
    line = f'{before or ":"} && exec "$@" {redirections}'  # without its bound, nothing is to run
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "xai_cam", *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        ended, usage, peak = _wait(process, timeout)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="backslashreplace"))
    code = os.waitstatus_to_exitcode(ended) if ended is not None else None
    return Cost(code, *texts, usage.ru_utime + usage.ru_stime, peak or in_megabytes(usage.ru_maxrss))


def _check_system(before: str, redirections: str) -> None:
    """Skip the test where the system cannot bound a process, or does not tell what it cost."""
    if not hasattr(os, "wait4"):
        pytest.skip("Windows has no such shell, and does not tell what a process cost")
    if "ulimit -v" in before and sys.platform == "darwin":
        pytest.skip("macOS does not bound address space")
    if "/dev/full" in redirections and not os.path.exists("/dev/full"):
        pytest.skip("no device here is always full")


def _wait(
    process: subprocess.Popen[bytes], timeout: float
) -> tuple[int | None, resource.struct_rusage, float]:
    """Status, usage and largest memory of a process; it is killed when its time is over."""
    ends, over, peak = time.monotonic() + timeout, False, 0.0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return (None if over else status), usage, peak
        peak = _peak_of(process.pid) or peak
        if not over and time.monotonic() > ends:
            over = True
            process.kill()
        time.sleep(0.01)


def _peak_of(number: int) -> float:
    """The largest memory of a process so far, in megabytes; 0 where the system does not tell.

    What the system tells at its end counts that of the process which began it, too.
    """
    try:
        lines = Path(f"/proc/{number}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:")), 0)
