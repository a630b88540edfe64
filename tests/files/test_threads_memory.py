"""Threads where memory is short: fewer of them, and what is too heavy by itself."""

from __future__ import annotations

import threading

import pytest

from xai_cam.errors import XaiCamError
from xai_cam.files.threads import Reserve, prefetch


def test_with_little_memory_there_are_fewer_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that cannot be started costs no work: those that there are do it."""
    real, started = threading.Thread.start, []

    def start(thread: threading.Thread) -> None:
        if len(started) % 3 == 2:  # the third of every pool
            started.clear()
            raise RuntimeError("can't start new thread")
        started.append(thread)
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    found = list(prefetch(lambda item, _: (item, threading.current_thread().name), range(20), 4, 4))
    assert [item for item, _ in found] == list(range(20))
    monkeypatch.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("can't")))
    with pytest.raises(XaiCamError, match="too little memory"):
        list(prefetch(lambda item, _: item, range(3), 4, 4))


def test_one_that_is_too_heavy_waits_until_it_is_waited_for() -> None:
    """What was taken before it may still be in use: it is let in when the taker has come back."""
    begun = threading.Event()

    def work(item: int, reserve: Reserve) -> int:
        reserve(100 if item == 1 else 1)
        if item == 1:
            begun.set()
        return item

    results = prefetch(work, range(3), 3, 3, max_weight=10)
    assert next(results) == 0
    assert not begun.wait(0.2)
    assert list(results) == [1, 2] and begun.is_set()
