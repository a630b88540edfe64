"""What Windows refuses for a moment: files that a scanner for viruses, a viewer or a cloud's client has."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

REFUSED = (5, 32, 33)
"""Windows' numbers for that."""

PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
"""Seconds between tries: a second in all."""


def patiently(action: Callable[..., Any], *arguments: Any) -> None:
    """Do something to files; where Windows refuses, for a second more.

    Raises
    ------
    OSError
    """
    for pause in PAUSES:
        try:
            action(*arguments)
        except OSError as error:
            if getattr(error, "winerror", None) not in REFUSED:
                raise
            time.sleep(pause)
        else:
            return
    action(*arguments)


def discard(path: Path) -> None:
    """Delete a file that is of no more use; what is refused for longer stays, and hides no other error."""
    with suppress(OSError):
        patiently(path.unlink)
