"""How much memory there is for this process, and how much of it one tensor may take."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SHARE = 4
"""A tensor may take one part of so many: what it is made from, its gradient and copies take others."""


def largest_tensor() -> int:
    """How many bytes the largest tensor of a model may have: a quarter of the memory."""
    return total_memory() // SHARE


def most_at_once() -> int:
    """How many bytes all tensors of a model may have that are there at once: half of the memory."""
    return total_memory() // 2


def total_memory() -> int:
    """Bytes of memory that this process may take: of the machine, its container or its own limit."""
    return min(_limits(), default=sys.maxsize)


def in_words(count: float) -> str:
    """A number of bytes for a reader: `2.6 GB`."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1e3:.1f} kB"


def _limits() -> Iterator[int]:
    if sys.platform == "win32":
        yield _of_windows()
        return
    with suppress(OSError, ValueError):  # no such name here
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            yield soft
    for file in _container_limits():
        with suppress(OSError, ValueError):  # no such file, or it says `max`
            yield int(file.read_text(encoding="utf-8"))


def _container_limits() -> Iterator[Path]:
    """Files in which Linux says how much memory a container has."""
    groups = Path("/sys/fs/cgroup")
    yield from (groups / "memory.max", groups / "memory/memory.limit_in_bytes")
    with suppress(OSError, ValueError):
        own = Path("/proc/self/cgroup").read_text(encoding="utf-8").strip().rpartition("::/")[2]
        yield groups / own / "memory.max"


def _of_windows() -> int:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "pages", "a", "b", "c", "d")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = vars(ctypes)["windll"].kernel32  # there on Windows alone
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else sys.maxsize
