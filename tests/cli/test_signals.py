"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.commands import counted, explain
from support.systems import posix
from xai_cam.cli import signals
from xai_cam.cli.signals import ended_as_by_ctrl_c
from xai_cam.runs.explain_run import ExplainWork
from xai_cam.runs.image_state import ImageState

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signals")

SIGNALS = [signal.SIGTERM, signal.SIGHUP] if os.name != "nt" else []


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Signals as a terminal lets a program have them: the tests themselves may run under `nohup`."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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


def test_a_second_one_at_once_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first has begun is not broken off; one that comes later breaks off that too."""
    monkeypatch.setattr(signals, "SECONDS_BETWEEN", 0.1)
    before, told = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), ended_as_by_ctrl_c():
        try:
            send(signal.SIGINT)
        except KeyboardInterrupt:
            send(signal.SIGINT)
            send(signal.SIGTERM)
            told.append("all")
            time.sleep(0.1)
            send(signal.SIGINT)
            told.append("never")
    assert told == ["all"] and signal.getsignal(signal.SIGINT) is before


def test_what_was_written_is_told_though_ctrl_c_is_pressed_twice(
    model_files: Callable[..., tuple[Path, Path]],
    make_photo: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for count in range(8):
        make_photo(tmp_path / "photos" / f"{count}.png", seed=count)
    write, pressed = ExplainWork.write, threading.Lock()

    def write_slowly(self: ExplainWork, state: ImageState) -> None:
        if pressed.acquire(blocking=False):
            time.sleep(0.1)  # until the others wait for this one
            for _ in range(2):
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                time.sleep(0.05)
        time.sleep(0.2)
        write(self, state)

    monkeypatch.setattr(ExplainWork, "write", write_slowly)
    rows = tmp_path / "rows.csv"
    result = explain(model_files(), tmp_path / "photos", "-o", tmp_path / "out", "-b", 4, "--results", rows)
    assert result.exit_code == 130 and "Traceback" not in result.output
    written = len(list((tmp_path / "out").iterdir()))
    assert 0 < written < 8 and counted(result, written)
    assert len(rows.read_text(encoding="utf-8").splitlines()) == 1 + written


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


# --- Native code that never ends ----------------------------------------------------------------------

BLOCKED = """
import ctypes, os, signal, sys
from xai_cam.cli import signals
signals.SECONDS_BETWEEN, signals.SECONDS_OF_GRACE, signals.SECONDS_TO_HEED = 0.2, 0.6, 0.1
signal.signal(signal.SIGTERM, signal.SIG_DFL)
native, (end, _) = ctypes.CDLL(None), os.pipe()
with signals.ended_as_by_ctrl_c():
    signal.siginterrupt(signal.SIGTERM, False)
    print("ready", flush=True)
    native.read(end, ctypes.create_string_buffer(1), 1)
"""
"""Waits for a byte that nobody writes, and goes on waiting after a signal: no handler of Python's is run."""


@posix
def test_a_second_one_ends_what_does_not_stop() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", BLOCKED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):  # the first has its time, and one at once is the same
            child.wait(1)
        child.send_signal(signal.SIGTERM)
        _, told = child.communicate(timeout=20)
        assert child.returncode == 130 and told == signals.AT_ONCE.decode()
    finally:
        child.kill()


def test_a_second_one_that_is_handled_ends_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python code is interrupted by each, however late; the thread that watches has nothing to do."""
    for name, seconds in (("BETWEEN", 0.1), ("OF_GRACE", 0.2), ("TO_HEED", 0.1)):
        monkeypatch.setattr(signals, f"SECONDS_{name}", seconds)
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    with ended_as_by_ctrl_c():
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                send(signal.SIGTERM)
            time.sleep(0.3)
    assert not ended and signal.set_wakeup_fd(-1) == -1
    time.sleep(0.1)
    assert not [one for one in threading.enumerate() if "_watch" in one.name]
