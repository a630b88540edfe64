"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, explain
from xai_cam.cli.signals import ended_as_by_ctrl_c
from xai_cam.runs.explain_run import ExplainWork
from xai_cam.runs.image_state import ImageState

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signals")

SIGNALS = [signal.SIGTERM, signal.SIGHUP] if os.name != "nt" else []


def send(number: int) -> None:
    """Send this process a signal, and wait until it was handled."""
    os.kill(os.getpid(), number)
    time.sleep(0.01)


@pytest.mark.parametrize("number", SIGNALS)
def test_they_interrupt(number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), ended_as_by_ctrl_c():
        send(number)
    assert signal.getsignal(number) is before


def test_one_that_is_ignored_stays_so() -> None:
    """As under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_as_by_ctrl_c():
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_program_that_runs_commands_in_a_thread() -> None:
    """It has its own ways with signals."""
    seen: list[object] = []

    def look() -> None:
        with ended_as_by_ctrl_c():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_ends_in_order(
    number: int,
    model_files: Callable[..., tuple[Path, Path]],
    make_photo: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was finished is told and stays, and nothing is left under a temporary name."""
    for count in range(6):
        make_photo(tmp_path / "photos" / f"{count}.png", seed=count)
    finish = ExplainWork.finish

    def stop(self: ExplainWork, state: ImageState) -> None:
        finish(self, state)
        send(number)

    monkeypatch.setattr(ExplainWork, "finish", stop)
    result = explain(model_files(), tmp_path / "photos", "-o", tmp_path / "out", "-b", 1)
    assert result.exit_code == 130 and "Interrupted. Finished work is kept" in result.stderr
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert 0 < len(files) < 6 and all(name.endswith("_grad-cam.png") for name in files)
    monkeypatch.undo()
    again = explain(model_files(), tmp_path / "photos", "-o", tmp_path / "out")
    assert again.exit_code == 0 and counted(again, 6 - len(files), up_to_date=len(files))
