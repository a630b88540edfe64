"""What the figures were taken on, without importing what is measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from beside.contenders import Contender


def processor() -> str:
    """The processor's name as far as the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def has_bf16() -> bool:
    """Whether the processor computes in bf16, as far as the system tells it."""
    told = Path("/proc/cpuinfo")
    words = told.read_text(encoding="utf-8").split() if told.exists() else []
    return bool({"avx512_bf16", "amx_bf16", "bf16"}.intersection(words))


def memory() -> float:
    """Physical memory, GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def describe() -> str:
    return (
        f"{os.cpu_count()} cores ({processor()}), {memory():.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def versions(contenders: Iterable[Contender]) -> dict[str, str]:
    """Versions of the contenders' packages; `missing` where one is not installed."""
    found = {}
    for package in [name for one in contenders for name in one.packages]:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found
