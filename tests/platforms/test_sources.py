"""What the sources may not take for granted, since some system lacks it: read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import ROOT

FOLDERS = ("xai_cam", "tests", "benchmarks", "sample_models", "docs", "release")
FOUND = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
FAULTS = ROOT / "tests" / "faults"
"""A campaign that is run as a command, on Linux and macOS."""

FILES = [path for path in FOUND if path.parent != FAULTS or path.name.startswith("test_")]
GUARDS = {ROOT / "tests" / "support" / "systems.py", ROOT / "tests" / "conftest.py"}
"""Where links, pipes and rights are tried, and what to do without them is decided."""

ON_LINUX = {ROOT / "tests" / "faults" / name for name in ("forked.py", "injected.py")}
"""What runs on Linux alone, in a process of its own."""

POSIX = frozenset(
    ("crypt", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
)
WINDOWS = frozenset(("_winapi", "msvcrt", "winreg", "winsound"))
GUARDED = frozenset(("symlink_to", "symlink", "mkfifo"))
"""Calls for which tests use `support.systems`."""

MISSING = frozenset(
    ("chown", "fork", "geteuid", "getuid", "getgid", "killpg", "mkfifo", "sched_getaffinity", "wait4")
)
"""Of the module `os`, what Windows lacks."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


# --- Rules --------------------------------------------------------------------------------------------


def imports_at_once(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Modules that not every system has, imported when the file is and outside of `try`."""
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.partition(".")[0] in POSIX | WINDOWS:
                yield node.lineno, f"imports {name}"


def opens_without_an_encoding(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Text read or written in whatever encoding the system has; ruff knows of paths by their types alone."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        keywords = {keyword.arg for keyword in call.keywords}
        name = _called(call)
        given = len(call.args)
        whole = (name == "read_text" and given == 0) or (name == "write_text" and given == 1)
        if "encoding" not in keywords and None not in keywords and (whole or _opens_text(call)):
            yield call.lineno, f"{name} without encoding"


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _opens_text(call: ast.Call) -> bool:
    """Whether it is `open(path, "w")` or `path.open("w")`; `Image.open(path)` is none."""
    if _called(call) != "open":
        return False
    by_name = isinstance(call.func, ast.Name)
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    given += call.args[by_name : by_name + 1]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else None
    if not given:
        return by_name or (not call.args and not call.keywords and not isinstance(call.func.value, ast.Name))  # type: ignore[attr-defined]
    return isinstance(mode, str) and bool(mode) and set(mode) <= set("rwaxt+")


def makes_what_may_be_refused(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if _called(call) in GUARDED:
            yield call.lineno, f"{_called(call)}: use support.systems"


def takes_one_home(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Tests that move the user's home by one of its two names, within one function."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        texts = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
        set_here = any(
            isinstance(node, ast.Call) and _called(node) == "setenv" and _first(node) == "HOME"
            for node in ast.walk(function)
        )
        if set_here and "USERPROFILE" not in texts:
            yield function.lineno, "sets HOME and not USERPROFILE: use support.systems"


def _first(call: ast.Call) -> object:
    return call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None


def asks_what_windows_lacks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """`os.geteuid` and the like where neither the file looks for it nor the function asks for the system."""
    whole = ast.unparse(tree)
    for part in tree.body:
        knows = "os.name ==" in ast.unparse(part) or "sys.platform" in ast.unparse(part)
        for node in () if knows else ast.walk(part):
            if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != "os":
                continue
            if node.attr in MISSING and f"hasattr(os, '{node.attr}')" not in whole:
                yield node.lineno, f"os.{node.attr}"


RULES = (
    (imports_at_once, [path for path in FILES if path not in ON_LINUX]),
    (opens_without_an_encoding, FILES),
    (makes_what_may_be_refused, [path for path in FILES if "tests" in path.parts and path not in GUARDS]),
    (takes_one_home, [path for path in FILES if "tests" in path.parts]),
    (asks_what_windows_lacks, [path for path in FILES if path not in ON_LINUX]),
)


@pytest.mark.parametrize(("rule", "files"), RULES, ids=lambda value: getattr(value, "__name__", ""))
def test_nothing_is_taken_for_granted(rule, files: list[Path]) -> None:
    problems = [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {what}"
        for path in files
        for line, what in rule(parsed(path))
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (imports_at_once, "import resource"),
        (imports_at_once, "from fcntl import flock"),
        (opens_without_an_encoding, "path.read_text()"),
        (opens_without_an_encoding, "open(name)"),
        (opens_without_an_encoding, "open(name, 'w')"),
        (opens_without_an_encoding, "(folder / 'a').open(mode='a')"),
        (makes_what_may_be_refused, "path.symlink_to('a')"),
        (takes_one_home, "def f(patch):\n    patch.setenv('HOME', 'a')"),
        (asks_what_windows_lacks, "def f():\n    return os.geteuid()"),
    ],
)
def test_the_rules_find_what_they_are_for(rule, source: str) -> None:
    assert list(rule(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import resource\nexcept ImportError:\n    pass",
        "def f():\n    import fcntl",
        "open(name, 'rb')",
        "path.open('w', encoding='utf-8')",
        "Image.open(path)",
        "os.open(path, 0)",
        "archive.open('name in it')",
    ],
)
def test_the_rules_leave_the_rest_alone(source: str) -> None:
    assert [found for rule, _ in RULES for found in rule(ast.parse(source))] == []


def test_extras_are_quoted_as_every_shell_takes_them() -> None:
    """The command prompt of Windows hands single quotes on to pip, which takes them for part of the name."""
    pages = [ROOT / "README.md", ROOT / "README.ja.md", *(ROOT / "docs").glob("*.md")]
    single = [
        f"{path.name}: {line}"
        for path in (*pages, *(ROOT / "xai_cam").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "'.[" in line or "'xai-cam[" in line
    ]
    assert not single, "\n".join(single)
