"""Threads that ask a store with one connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from threading import Barrier, BrokenBarrierError

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from xai_cam.files.stores.one_by_one import SCHEMES, OneByOne
from xai_cam.files.stores.store import Store


class Connection:
    """A library that tells whether two threads are in it."""

    name = "one"

    def __init__(self) -> None:
        self.together, self.met = Barrier(2, timeout=0.2), 0

    def ask(self, number: int, more: int = 0) -> int:
        try:
            self.together.wait()
            self.met += 1
        except BrokenBarrierError:
            self.together.reset()
        return number + more


def test_one_thread_at_a_time() -> None:
    met = []
    for wrapped in (False, True):
        library = Connection()
        files = OneByOne(library) if wrapped else library
        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(lambda number, files=files: files.ask(number, more=1), range(2))) == [
                1,
                2,
            ]
        met.append(library.met)
    assert met == [2, 0], "two threads are in it together, but for their turns"


def test_all_else_is_as_it_was() -> None:
    files = OneByOne(Connection())
    assert files.name == "one" and list(signature(files.ask).parameters) == ["number", "more"]
    with pytest.raises(AttributeError):
        files.nothing  # noqa: B018


@pytest.mark.parametrize("scheme", [*sorted(SCHEMES), "memory", "hdfs"])
def test_which_stores_are_asked_so(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_: (MemoryFileSystem(), ""))
    assert isinstance(Store(scheme, "host")._files, OneByOne) == (scheme in SCHEMES)
