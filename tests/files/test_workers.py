"""Threads that work, are called off, and keep nobody from ending."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import CancelledError

import pytest

import xai_cam.files.workers
from xai_cam.errors import XaiCamError
from xai_cam.files.workers import Workers, ends_in_time, result_of

HANGS = """
import os, signal, time
from xai_cam.files.threads import {call}
import xai_cam.files.threads as threads
threads.PATIENCE = 0.2
def hang(item, reserve=None):
    if item == 3:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1000)
    return item
try:
    for result in {call}(hang, {items}, 2, 5):
        print(result, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def pool() -> Workers:
    return Workers(2, "xai-cam")


def test_results_and_errors() -> None:
    workers = pool()
    futures = [workers.submit(divmod, 7, number) for number in (2, 3, 0)]
    assert [result_of(future) for future in futures[:2]] == [(3, 1), (2, 1)]
    with pytest.raises(ZeroDivisionError):
        result_of(futures[2])
    workers.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("xai-cam")]


def test_what_is_not_begun_is_called_off() -> None:
    workers, begun, end = pool(), threading.Semaphore(0), threading.Event()

    def work() -> bool:
        begun.release()
        return end.wait(600)

    futures = [workers.submit(work) for _ in range(5)]
    assert begun.acquire(timeout=600) and begun.acquire(timeout=600)
    workers.cancel()
    end.set()
    workers.close()
    assert [future.cancelled() for future in futures] == [False, False, True, True, True]
    with pytest.raises(CancelledError):
        result_of(futures[2])
    assert [ends_in_time(future, 600) for future in futures[1:3]] == [True, False]


def test_a_thread_that_hangs_is_waited_for_as_long_as_it_was_said() -> None:
    workers, begun, end = pool(), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        end.wait(600)

    future = workers.submit(hang)
    assert begun.wait(600)
    workers.patience = 0.1
    workers.close()
    assert not ends_in_time(future, 0.01), "it went on before that"
    end.set()
    assert ends_in_time(future, 600)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a process of its own")
@pytest.mark.parametrize(("call", "items"), [("prefetch", "range(9)"), ("postprocess", "[range(9)]")])
def test_ctrl_c_ends_a_program_whose_thread_hangs(call: str, items: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS.format(call=call, items=items)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.split()[-1] == "interrupted", done.stderr
    assert done.stdout.split()[:3] == ["0", "1", "2"]


def test_what_was_worked_on_is_let_go() -> None:
    """A thread that waits for more holds no picture."""

    class Picture: ...

    workers, picture = pool(), Picture()
    gone = weakref.ref(picture)
    assert result_of(workers.submit(id, picture)) == id(picture)
    del picture
    until = time.monotonic() + 600
    while gone() is not None and time.monotonic() < until:
        gc.collect()
        time.sleep(0.01)
    assert gone() is None
    workers.close()


def test_where_waiting_is_deaf_it_is_done_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.setattr(xai_cam.files.workers.os, "name", "nt")
    monkeypatch.setattr(xai_cam.files.workers, "SLICE", 0.01)
    workers = pool()
    started = time.monotonic()
    assert result_of(workers.submit(time.sleep, 0.05)) is None and time.monotonic() - started >= 0.05
    workers.close()


def test_without_memory_for_more_threads_those_that_there_are_do_it_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, room = threading.Thread.start, [True]

    def refuse(thread: threading.Thread) -> None:
        if not room:
            raise RuntimeError("can't start new thread")
        room.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    workers = pool()
    assert [result_of(workers.submit(int, number)) for number in range(3)] == [0, 1, 2]
    workers.close()
    with pytest.raises(XaiCamError, match="too little memory to work"):
        pool()
