"""The library speaks of its arguments; options are the command line's alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import xai_cam
from xai_cam.cli.errors import ARGUMENT, IN_WORDS, OPTIONS

PACKAGE = Path(xai_cam.__file__).parent
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "cli" not in p.relative_to(PACKAGE).parts)
ROOTS = ("__main__.py",)
"""What starts the command line, and may know of it."""

OF_OTHERS = {
    ("installation.py", "--upgrade"): "an option of pip",
    ("installation.py", "--python"): "an option of uv",
    ("installation.py", "--break-system-packages"): "an option of pip",
}
"""Strings that hold an option of something else, and what it is."""

NO_ARGUMENTS = {
    "training=True": "of a layer's call, in a model's code",
    "get_config": "a method that Keras asks of layers",
    "images": "what the command line takes as IMAGES",
    "prepare(model, images)": "a function of the library",
    "load_model": "a function of the library",
    "pixels": "an argument of `Explanation.overlay` alone",
    **dict.fromkeys(("what", "path"), "arguments of an `Explanation`'s methods"),
    **dict.fromkeys(("by", "chart"), "arguments of what `compare` and `evaluate` return"),
    **dict.fromkeys(("every", "folder"), "arguments of `Watch`"),
    "count": "an argument of `sample`",
    **dict.fromkeys(("Merge", "Model", "BatchNormalizationV1", "th", "tf", "axis"), "a word of Keras"),
    "hard_sigmoid": "a function of Keras",
}
"""What stands in backticks besides arguments."""


def constants(tree: ast.Module) -> Iterator[str]:
    """Texts of a module that are no docstrings, those of f-strings in pieces."""
    strings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in strings:
            yield node.value


def whole_texts(tree: ast.Module) -> Iterator[str]:
    """The same with f-strings in one piece, of which each value is a 0."""
    pieces = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces |= {id(value) for value in node.values}
            yield "".join(v.value if isinstance(v, ast.Constant) else "0" for v in node.values)  # type: ignore[misc]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.value


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_names_no_option(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    found = [text for text in constants(tree) if re.search(r"--[a-zA-Z]", text)]
    assert [text for text in found if (name_of(path), text) not in OF_OTHERS] == []


def test_the_exceptions_are_still_there() -> None:
    for name, text in OF_OTHERS:
        assert text in list(constants(ast.parse((PACKAGE / name).read_text("utf-8"))))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_knows_no_click(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    imported = [alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names]
    imported += [str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    assert "click" not in {name.partition(".")[0] for name in imported}
    if name_of(path) not in ROOTS:
        assert not [name for name in imported if name.startswith("xai_cam.cli")]


def messages_of(tree: ast.Module) -> Iterator[str]:
    """What is raised, logged or told: texts inside of a call, which docstrings are not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from whole_texts(ast.Module([ast.Expr(part) for part in node.args], []))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_command_line_has_an_option_for_every_argument_named(path: Path) -> None:
    for text in messages_of(ast.parse(path.read_text("utf-8"))):
        for match in ARGUMENT.finditer(text):
            said = match[0].strip("`")
            assert match["name"] in OPTIONS or said in IN_WORDS or said in NO_ARGUMENTS or said == "0", text
