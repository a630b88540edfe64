"""Commands under rules of Windows, on Linux: `python -m support.windows_rules`, in a process of its own.

- A file that this process has open or mapped, by Python or by a library, is neither deleted nor replaced.
- Now and then any other is not either, for a moment, since a scanner for viruses has it.
- `os.rename` replaces nothing, there are no symbolic links, no pipes with names, no rights, and no modules of
  POSIX; `:` and `?` are in no name, and `con` is a device. No folder can be opened.
- In a folder called `denied` nothing can be made.

Standard input has, as JSON, a list of commands, each with variables; standard output gets what came of each
(code, output, traceback), and what was refused.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import re
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

SHARING, DENIED, PRIVILEGE, EXISTS, INVALID = 32, 5, 1314, 183, 123
"""Windows' numbers of errors: somebody has it open, access, links, a name that is taken, one that is none."""

FORBIDDEN = re.compile(r'[<>:"|?*]')
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
LIBRARIES = ("tensorflow", "keras", "h5py", "cv2", "PIL.Image", "openvino", "platformdirs", "click", "jinja2")
ABSENT = ("fcntl", "grp", "pwd", "resource", "termios", "pty")
PROTECTED = "denied"
EVERY = 7
"""Of so many files that are free one is refused, three times in a row."""


class Rules:
    """The rules, as they are put on this process's `os`."""

    def __init__(self) -> None:
        self.free = self.held = 0
        self.refused: list[str] = []

    def error(self, number: int, kind: int, path: Any) -> OSError:
        error = OSError(kind, "The process cannot access the file", os.fspath(path))
        error.winerror = number  # type: ignore[attr-defined]
        self.refused.append(f"{number} {os.fspath(path)}")
        return error

    def check_free(self, path: Any) -> None:
        """Refuse a file that this process has open or mapped, and sometimes another.

        Raises
        ------
        OSError
        """
        if not os.path.lexists(path):
            return
        if in_use(os.path.realpath(path)):
            raise self.error(SHARING, errno.EACCES, path)
        if os.path.isdir(path):
            return
        if self.held:
            self.held -= 1
            raise self.error(SHARING, errno.EACCES, path)
        self.free += 1
        if self.free % EVERY == 0:
            self.held = 2
            raise self.error(SHARING, errno.EACCES, path)

    def check_name(self, path: Any) -> None:
        """Refuse names that are none on Windows.

        Raises
        ------
        OSError
        """
        if isinstance(path, int):
            return
        text = os.fsdecode(path)
        for part in Path(text).parts:
            if FORBIDDEN.search(part) or DEVICE.match(part):
                raise self.error(INVALID, errno.EINVAL, path)

    def check_denied(self, path: Any) -> None:
        """Refuse what would be made in the folder that is protected.

        Raises
        ------
        OSError
        """
        if not isinstance(path, int) and PROTECTED in Path(os.path.abspath(os.fsdecode(path))).parts[:-1]:
            raise self.error(DENIED, errno.EACCES, path)


def in_use(real: str) -> bool:
    """Whether this process has a file, or one in a folder, open or mapped."""
    return any(path == real or path.startswith(real + os.sep) for path in in_hand())


def in_hand() -> Iterator[str]:
    """All files that this process has open or mapped."""
    for handle in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # closed meanwhile: that of this very list
            yield os.readlink(f"/proc/self/fd/{handle}")
    with REAL_OPEN("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            yield line.rstrip("\n")[line.find("/") :] if "/" in line else ""


REAL_OPEN = io.open


def msvcrt() -> ModuleType:
    """The module that locks parts of files there, each open file by itself."""
    import fcntl

    module = ModuleType("msvcrt")
    module.LK_UNLCK, module.LK_LOCK, module.LK_NBLCK = 0, 1, 2  # type: ignore[attr-defined]

    def locking(handle: int, mode: int, count: int) -> None:
        kind = fcntl.F_WRLCK if mode else fcntl.F_UNLCK
        lock = struct.pack("hhqqi4x", kind, os.SEEK_CUR, 0, count, 0)
        try:
            fcntl.fcntl(handle, fcntl.F_OFD_SETLK, lock)
        except OSError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error

    module.locking = locking  # type: ignore[attr-defined]
    return module


def install(rules: Rules) -> None:
    """Put the rules on this process."""
    unlink, replace, mkdir, os_open = os.unlink, os.replace, os.mkdir, os.open

    def deleting(path: Any, **options: Any) -> None:
        if options.get("dir_fd") is None:
            rules.check_free(path)
        unlink(path, **options)

    def replacing(source: Any, target: Any, **options: Any) -> None:
        for path in (source, target):
            rules.check_free(path)
        rules.check_denied(target)
        replace(source, target, **options)

    def renaming(source: Any, target: Any, **options: Any) -> None:
        if os.path.lexists(target):
            raise rules.error(EXISTS, errno.EEXIST, target)
        replacing(source, target, **options)

    def making(path: Any, *arguments: Any, **options: Any) -> None:
        rules.check_name(path)
        rules.check_denied(path)
        mkdir(path, *arguments, **options)

    def opening(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        rules.check_name(path)
        nameless = flags & os.O_TMPFILE == os.O_TMPFILE  # Python's temporary files, which Windows has as well
        if not isinstance(path, int) and os.path.isdir(path) and not nameless:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        if flags & os.O_CREAT:
            rules.check_denied(path)
        return os_open(path, flags, *arguments, **options)

    def opening_file(path: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if not isinstance(path, int) and os.fsdecode(path).startswith("/proc/"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", os.fsdecode(path))
        rules.check_name(path)
        if not isinstance(path, int) and os.path.isdir(path) and "opener" not in options:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        if not isinstance(path, int) and set(mode) & set("wxa"):
            rules.check_denied(path)
        return REAL_OPEN(path, mode, *arguments, **options)

    def linking(source: Any, target: Any, *_: Any, **__: Any) -> None:
        raise rules.error(PRIVILEGE, errno.EPERM, target)

    wrapped: dict[str, Callable[..., Any]] = {
        "unlink": deleting,
        "remove": deleting,
        "replace": replacing,
        "rename": renaming,
        "mkdir": making,
        "open": opening,
        "symlink": linking,
    }
    for name, function in wrapped.items():
        setattr(os, name, function)
    for name in ("mkfifo", "geteuid", "getuid", "getgid", "sched_getaffinity", "fork", "killpg", "chown"):
        if hasattr(os, name):
            delattr(os, name)
    io.open = builtins.open = opening_file  # type: ignore[assignment]
    sys.modules["msvcrt"] = msvcrt()
    for name in ABSENT:
        sys.modules[name] = None  # type: ignore[assignment]


class PosixOs(ModuleType):
    """The module `os` as `pathlib` sees it: with the paths of this system after all."""

    name = "posix"

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def import_libraries() -> None:
    """Import what is not ours before the system has another name."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in (
        "tensorflow",
        "keras",
        "h5py",
        "cv2",
        "PIL.Image",
        "openvino",
        "platformdirs",
        "click",
        "jinja2",
    ):
        with suppress(ImportError):
            import_module(name)


def outcome(arguments: list[str], variables: dict[str, str]) -> tuple[int, str, str]:
    """Exit code, what was printed, and the traceback where there was one, of `xai-cam ARGUMENTS`."""
    from click.testing import CliRunner

    from xai_cam.cli import main as command

    result = CliRunner().invoke(command, arguments, env=variables)
    ended = result.exception is None or isinstance(result.exception, SystemExit)
    shown = "" if ended else "".join(traceback.format_exception(*result.exc_info))  # type: ignore[misc]
    return result.exit_code, result.output, shown


def main() -> None:
    """Run the commands under the rules."""
    import shutil

    commands = json.load(sys.stdin)
    import_libraries()
    shutil._use_fd_functions = False  # type: ignore[attr-defined] # by paths, as on Windows
    for name in ("pathlib", "pathlib._local"):
        if name in sys.modules:
            sys.modules[name].os = PosixOs("os")  # type: ignore[attr-defined]
    rules = Rules()
    install(rules)
    os.name = "nt"
    outcomes = [outcome(*command) for command in commands]
    print(json.dumps({"outcomes": outcomes, "refused": rules.refused}))


if __name__ == "__main__":
    main()
