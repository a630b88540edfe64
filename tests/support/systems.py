"""What not every system lets a test do: links, pipes with names, folders that refuse, bounds on memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name == "nt", reason="needs a shell and paths of POSIX")


def link(path: Path | str, target: Path | str) -> None:
    """Make `path` a symbolic link to `target`; where the system makes none, the test is skipped.

    Windows lets users make them only in its developer mode.
    """
    target = Path(target)
    at = target if target.is_absolute() else Path(path).parent / target
    try:
        Path(path).symlink_to(target, target_is_directory=at.is_dir())
    except (OSError, NotImplementedError) as error:
        pytest.skip(f"no symbolic links here ({error})")


def pipe(path: Path | str) -> None:
    """Make a pipe with a name, which nobody writes to; where there are none, the test is skipped."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    os.mkfifo(path)


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """A folder in which nothing can be made meanwhile; where one always can, the test is skipped."""
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("there are no rights here that would refuse")
    before = folder.stat().st_mode
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(before)


def unlistable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let folders of this name refuse to be listed, whoever runs the tests."""
    scandir = os.scandir

    def refuse(path: Path | str) -> os._ScandirIterator[str]:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def device(path: str) -> Path:
    """A device as `/dev/full`; where there is none, the test is skipped."""
    if not os.path.exists(path):
        pytest.skip(f"no {path} here")
    return Path(path)


def make_home(monkeypatch: pytest.MonkeyPatch, folder: Path | str) -> None:
    """Make a folder the user's home, by the names that systems have for it."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))


def peak_memory() -> float:
    """The largest memory of this process so far, in MB; 0 on Windows, which Python does not ask."""
    try:
        import resource
    except ImportError:
        return 0.0
    return in_megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def in_megabytes(told: int) -> float:
    """Memory as a system tells it: Linux in kilobytes, macOS in bytes."""
    return told / (1e6 if sys.platform == "darwin" else 1e3)
