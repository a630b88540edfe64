"""The errors that the library raises on purpose."""

from __future__ import annotations

import ast
import inspect
import re
import sys

import pytest

from support.commands import fresh
from xai_cam import errors
from xai_cam.errors import ImageError, XaiCamError, causes_of, nearest, shortened, words_of


def kinds() -> list[type[XaiCamError]]:
    """The classes of the module, in its order."""
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    return sorted(
        (kind for kind in found if issubclass(kind, XaiCamError)), key=lambda k: inspect.getsourcelines(k)[1]
    )


def test_the_tree_of_the_docstring_is_that_of_the_classes() -> None:
    assert errors.__doc__
    drawn = re.findall(r"^    ((?:[|`] {3})*)([|`]-- )?(\w+)", errors.__doc__, re.MULTILINE)
    above: list[str] = []
    for (bars, branch, name), kind in zip(drawn, kinds(), strict=True):
        depth = len(bars) // 4 + bool(branch)
        above = [*above[:depth], name]
        assert name == kind.__name__
        assert kind.__base__ is not None
        assert kind.__base__.__name__ == (above[depth - 1] if depth else "Exception")


def test_each_says_what_it_is_for() -> None:
    told = [inspect.getdoc(kind) for kind in kinds()]
    assert all(told) and len(set(told)) == len(told)


@pytest.mark.parametrize("kind", kinds())
def test_an_error_is_its_message(kind: type[XaiCamError]) -> None:
    error = kind("It is wrong. Use `layer`.")
    assert str(error) == error.message == "It is wrong. Use `layer`."
    assert error.args == (error.message,)
    with pytest.raises(XaiCamError, match=r"It is wrong\. Use `layer`\."):
        raise error


def test_the_package_hands_out_the_base() -> None:
    import xai_cam

    assert xai_cam.XaiCamError is XaiCamError and issubclass(ImageError, xai_cam.XaiCamError)


def test_it_imports_the_standard_library_alone() -> None:
    tree = ast.parse(inspect.getsource(errors))
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    named += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names


def test_it_loads_no_command_line() -> None:
    code = "import sys, xai_cam.errors; print(sorted({'click', 'numpy', 'tensorflow'} & sys.modules.keys()))"
    assert fresh("-c", code).stdout == "[]\n"


def test_texts_are_cut_between_words() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two three", 12) == "one two ..."
    assert shortened("one two, three", 13) == "one two ..." and shortened("x" * 99, 10) == "xxxxxx ..."
    assert all(len(shortened("a bc def ghij " * 9, limit)) <= limit for limit in range(8, 99))


def test_words_of_others_are_a_line_without_backticks() -> None:
    said = ValueError("The `size`\n   argument is\twrong.")
    assert words_of(said) == "The 'size' argument is wrong."
    assert words_of(said, 16) == "The 'size' ..."


def test_nearest_names_come_first() -> None:
    assert nearest("conv_2", ["dense", "conv_1", "CONV_2"], 2) == ["CONV_2", "conv_1"]


def test_errors_that_cause_each_other_end() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert causes_of(one) == [one, other]
