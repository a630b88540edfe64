"""Threads that ask a store with one connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from threading import Event, Lock, Semaphore

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from xai_cam.files.stores.one_by_one import SCHEMES, OneByOne
from xai_cam.files.stores.store import Store


class Connection:
    """A library in which a question lasts until `answer` is set."""

    name = "one"

    def __init__(self) -> None:
        self.asked, self.answer = Semaphore(0), Event()

    def ask(self, number: int, more: int = 0) -> int:
        self.asked.release()
        assert self.answer.wait(60)
        return number + more


@pytest.mark.parametrize("wrapped", [False, True])
def test_one_thread_at_a_time(wrapped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for its turn, while the first is asking."""
    waiting, library = Semaphore(0), Connection()

    class Turn:
        """A lock that tells when a thread wants it that is another's."""

        def __init__(self) -> None:
            self.lock = Lock()

        def __enter__(self) -> None:
            if not self.lock.acquire(blocking=False):
                waiting.release()
                self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    monkeypatch.setattr("xai_cam.files.stores.one_by_one.RLock", Turn)
    files = OneByOne(library) if wrapped else library
    with ThreadPoolExecutor(2) as threads:
        answers = threads.map(lambda number: files.ask(number, more=1), range(2))
        assert library.asked.acquire(timeout=60)
        assert (waiting if wrapped else library.asked).acquire(timeout=60)
        assert not library.asked.acquire(blocking=False)
        library.answer.set()
        assert [*answers] == [1, 2]


def test_all_else_is_as_it_was() -> None:
    files = OneByOne(Connection())
    assert files.name == "one" and list(signature(files.ask).parameters) == ["number", "more"]
    with pytest.raises(AttributeError):
        files.nothing  # noqa: B018


@pytest.mark.parametrize("scheme", [*sorted(SCHEMES), "memory", "hdfs"])
def test_which_stores_are_asked_so(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_: (MemoryFileSystem(), ""))
    assert isinstance(Store(scheme, "host")._files, OneByOne) == (scheme in SCHEMES)
