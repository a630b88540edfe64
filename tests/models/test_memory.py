"""How much memory there is: of the machine, a limit or a container."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xai_cam.models import memory


def test_the_memory_of_this_machine() -> None:
    total = memory.total_memory()
    assert 2**28 < total < 2**46
    assert memory.largest_tensor() == total // 4


def test_the_smallest_limit_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_container_limits", lambda: iter([tmp_path / "none", limit]))
    limit.write_text("123456789\n", encoding="utf-8")
    assert memory.total_memory() == 123_456_789
    limit.write_text("max\n", encoding="utf-8")
    assert memory.total_memory() > 2**28


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_limit_on_the_address_space(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (10**8, resource.RLIM_INFINITY))
    assert memory.total_memory() == 10**8


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0.0 kB"), (2500, "2.5 kB"), (3.1e6, "3.1 MB"), (2.62e9, "2.6 GB"), (1.5e15, "1,500.0 TB")],
)
def test_bytes_in_words(count: float, words: str) -> None:
    assert memory.in_words(count) == words
