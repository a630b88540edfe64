"""Threads work beside each other; the one that wants to be alone has all others out."""

from __future__ import annotations

import threading
import time

import pytest

from xai_cam.files.crowd import Crowd


def test_memory_that_others_held_is_there_the_second_time() -> None:
    """Of four at once each fails while another is inside; alone none does."""
    crowd, inside, lock, done, together = Crowd(), 0, threading.Lock(), [], threading.Barrier(4)

    def work(wait: bool) -> None:
        nonlocal inside
        with lock:
            inside += 1
            others = inside - 1
        if wait:
            together.wait(600)
        else:
            time.sleep(0.01)
        with lock:
            inside -= 1
        if wait or others:
            raise MemoryError
        done.append(threading.current_thread())

    threads = [
        threading.Thread(target=lambda: crowd.do(lambda: work(True), lambda: work(False))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    assert sorted(map(id, done)) == sorted(map(id, threads))


def test_what_fails_alone_too_has_failed() -> None:
    crowd, calls = Crowd(), []

    def work() -> None:
        calls.append("work")
        raise MemoryError("still")

    with pytest.raises(MemoryError, match="still"):
        crowd.do(work, work, lambda: calls.append("turn"))
    assert calls == ["work", "turn", "work"]
    crowd.do(lambda: calls.append("next"), work)  # nobody is inside or alone any more
    assert calls[-1] == "next"


def test_another_error_is_not_tried_again() -> None:
    with pytest.raises(ValueError, match="once"):
        Crowd().do(lambda: (_ for _ in ()).throw(ValueError("once")), lambda: pytest.fail("twice"))


def test_nobody_waits_for_one_that_stepped_out() -> None:
    crowd, waiting, go_on = Crowd(), threading.Event(), threading.Event()

    def work() -> None:
        with crowd.outside():
            waiting.set()
            assert go_on.wait(600)

    thread = threading.Thread(target=lambda: crowd.do(work, work))
    thread.start()
    assert waiting.wait(600)
    with crowd.alone():
        pass
    go_on.set()
    thread.join(600)
    assert not thread.is_alive()
