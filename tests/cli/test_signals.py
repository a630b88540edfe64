"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from support.commands import counted, explain
from support.systems import posix
from xai_cam.cli import signals
from xai_cam.cli.signals import ended_as_by_ctrl_c
from xai_cam.files.workers import ends_in_time
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


class Clock:
    """A clock that a test sets; who would wait by it waits for `over`."""

    def __init__(self) -> None:
        self.now, self.over = 100.0, threading.Event()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0 and self.over.wait(600)

    def end(self) -> None:
        """Let all go on; nobody watches for more signals."""
        self.over.set()
        for thread in threading.enumerate():
            if "_watch" in thread.name:
                thread.join(600)
                assert not thread.is_alive()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """That of the signals; in the end nobody watches for more of them."""
    found = Clock()
    monkeypatch.setattr(signals, "time", found)
    yield found
    found.end()


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


def test_a_second_one_at_once_is_the_same(clock: Clock) -> None:
    """What the first has begun is not broken off; one that comes later breaks off that too."""
    before, told = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), ended_as_by_ctrl_c():
        try:
            send(signal.SIGINT)
        except KeyboardInterrupt:
            send(signal.SIGINT)
            clock.now += signals.SECONDS_BETWEEN - 0.01
            send(signal.SIGTERM)
            told.append("all")
            clock.now += 0.02
            send(signal.SIGINT)
            told.append("never")
    assert told == ["all"] and signal.getsignal(signal.SIGINT) is before


def test_what_was_written_is_told_though_ctrl_c_is_pressed_twice(
    model_files: Callable[..., tuple[Path, Path]],
    make_photo: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
) -> None:
    """Once while the images of a batch are written, and while those are waited for that were begun."""
    for count in range(8):
        make_photo(tmp_path / "photos" / f"{count}.png", seed=count)
    write, pressed, waited_for = ExplainWork.write, threading.Lock(), threading.Event()

    def press() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def wait_for_it(self: ExplainWork, state: ImageState) -> None:
        if pressed.acquire(blocking=False):
            press()
            while not waited_for.wait(0.05):  # Python does not hear what comes as it is about to wait
                press()
            press()
        assert waited_for.wait(600)
        write(self, state)

    def ends(future: Future[object], seconds: float) -> bool:
        waited_for.set()
        return ends_in_time(future, 600)

    monkeypatch.setattr(ExplainWork, "write", wait_for_it)
    monkeypatch.setattr("xai_cam.files.threads.ends_in_time", ends)
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
import ctypes, os, signal, sys, threading
from xai_cam.cli import signals

class Clock:
    now = 100.0

    def monotonic(self):
        now = self.now  # which is set anew as soon as it is known that this was heard
        os.write(1, b"heard\\n")
        return now

    def sleep(self, seconds):
        os.write(1, f"waits {seconds:g}\\n".encode())

signals.SECONDS_BETWEEN, signals.SECONDS_OF_GRACE, signals.time = 2, 6, Clock()
signal.signal(signal.SIGTERM, signal.SIG_DFL)
native, (end, _) = ctypes.CDLL(None), os.pipe()

def set_clock():
    for line in sys.stdin:
        Clock.now = float(line)
        os.write(1, b"set\\n")

threading.Thread(target=set_clock, daemon=True).start()
with signals.ended_as_by_ctrl_c():
    signal.siginterrupt(signal.SIGTERM, False)
    os.set_inheritable(end, True)
    native.system(f"echo ready; cat <&{end} >/dev/null".encode())
"""
"""Waits in native code, which says so itself, and goes on after a signal: no handler of Python's is run."""


@posix
def test_a_second_one_ends_what_does_not_stop() -> None:
    """The first has its time, and one at once is the same."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = subprocess.Popen([sys.executable, "-c", BLOCKED], **pipes, encoding="utf-8")  # type: ignore[call-overload]
    try:
        assert sorted(child.stdout.readline() for _ in range(2)) == ["heard\n", "ready\n"]
        for now in (101, 102.5, 104):
            child.stdin.write(f"{now}\n")
            child.stdin.flush()
            assert child.stdout.readline() == "set\n"
            child.send_signal(signal.SIGTERM)
            assert child.stdout.readline() == "heard\n"
        assert child.stdout.readline() == "waits 3\n"
        _, told = child.communicate(timeout=600)
        assert (told, child.returncode) == (signals.AT_ONCE.decode(), 130)
    finally:
        child.kill()


def test_a_second_one_that_is_handled_ends_nothing_else(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python code is interrupted by each, however late; the thread that watches has nothing to do."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    with ended_as_by_ctrl_c():
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                send(signal.SIGTERM)
            clock.now += signals.SECONDS_OF_GRACE
    clock.end()
    assert not ended and signal.set_wakeup_fd(-1) == -1
