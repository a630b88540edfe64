"""How a picture was taken out of a file that holds more than it: of several frames, or through a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FrameFacts:
    """Which frame of a file a picture is, and how its values became levels.

    Attributes
    ----------
    frame : int
        Counted from 1.
    window : str
        Values that became black and white, with a colon between them; or what took the place of a window.
    as_usual : bool
        Whether a window or a depth that was asked for does not concern the file.
    remarks : mapping
        What a user should know of it, as a clause behind "its name: "; by what is said of several such
        files, behind "3 images ".
    """

    frame: int = 1
    window: str = ""
    as_usual: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Any]:
        """What a row says of it; a window only where the file or the caller names one."""
        return {"frame": self.frame} | ({"window": self.window} if self.window else {})


def columns_of(facts: FrameFacts | None) -> dict[str, Any]:
    """What a row says of how a picture was taken out of its file; nothing of an ordinary one."""
    return {} if facts is None else facts.columns


@dataclass
class FrameWatch:
    """Watches the files of a run: a line on the first of each remark, and counts at the end."""

    _seen: int = 0
    _count: dict[str, int] = field(default_factory=dict)

    def see(self, name: str, facts: FrameFacts | None) -> list[str]:
        """Take in an image that was read; the lines to be said now."""
        self._seen += 1
        remarks = {} if facts is None else facts.remarks
        first = [f"{name}: {text}." for kind, text in remarks.items() if kind not in self._count]
        for kind in remarks:
            self._count[kind] = self._count.get(kind, 0) + 1
        return first

    def close(self) -> list[str]:
        """The lines to be said at the end."""
        return [
            f"{count:,} of {self._seen:,} images {kind}." for kind, count in self._count.items() if count > 1
        ]
