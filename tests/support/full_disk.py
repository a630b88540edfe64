"""A folder whose disk has no room for anything new, as the system has one: `/dev/full`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from support.systems import device


def fill(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on new files below a folder take nothing: to write to them is refused."""
    full, plain = device("/dev/full"), os.open

    def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & os.O_CREAT and Path(os.fsdecode(path)).is_relative_to(folder):
            return plain(full, os.O_WRONLY)
        return plain(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", opened)
