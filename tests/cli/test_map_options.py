"""Options of the commands that make maps."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from xai_cam.cli.groups import MapOptions, PictureOptions
from xai_cam.cli.map_options import drawing_options, map_options, method_options, picture_options


def gathered(decorator: Any, *arguments: str) -> Any:
    """The one record that a command with these options is called with."""
    seen: dict[str, Any] = {}

    @click.command()
    @decorator
    def command(**given: Any) -> None:
        seen.update(given)

    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    (found,) = seen.values()
    return found


def test_what_is_taken_where_nothing_is_named() -> None:
    maps = (), ("grad-cam", "score-cam"), None, None, None, None, "scores", ("predicted",), None
    expected = MapOptions(*maps)
    assert gathered(map_options("grad-cam", "score-cam")) == expected
    assert gathered(method_options("grad-cam", "score-cam")) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--method", "score-cam,layer-cam", "-l", "a,b/c"],
        ["--method", "score-cam", "--method", "layer-cam", "-l", "a", "-l", "b/c"],
    ],
)
def test_commas_and_repetitions_are_the_same(arguments: list[str]) -> None:
    found = gathered(map_options("grad-cam"), *arguments)
    assert (found.methods, found.layers) == (("score-cam", "layer-cam"), ("a", "b/c"))


def test_a_class_may_have_a_comma_in_its_name() -> None:
    found = gathered(map_options("grad-cam"), "-c", "tabby, tabby cat", "-c", "top2")
    assert found.classes == ("tabby, tabby cat", "top2")


def test_pictures() -> None:
    assert gathered(drawing_options) == PictureOptions("glow", "alpha", None, None)
    found = gathered(
        picture_options, "--save", "raw,overlay", "--format", "jpg", "--enlarge", "4", "--blend", "spotlight"
    )
    assert found == PictureOptions("glow", "spotlight", None, 4, ("overlay", "raw"), "jpg")
