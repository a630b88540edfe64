"""Settings as rows: a command found by its words, and values as the command line has them."""

from __future__ import annotations

import click
import pytest

from support.settings import tool
from xai_cam.cli.settings.layout import options_of
from xai_cam.cli.text.settings import check_value, find_command, key_list


def test_a_command_is_found_by_its_words() -> None:
    root = click.Context(tool, info_name="tool")
    ctx, rest = find_command(root, ["kernels", "show", "-l", "a"])
    assert (ctx.command.name, ctx.info_name, rest) == ("show", "show", ["-l", "a"])
    assert ctx.command_path == "tool kernels show"
    with pytest.raises(click.UsageError, match=r"a command 'shw'\. Did you mean 'show'"):
        find_command(root, ["kernels", "shw"])


def test_values_are_checked() -> None:
    ctx, _ = find_command(click.Context(tool, info_name="tool"), ["explain"])
    option = options_of(ctx.command)["opacity"]
    check_value(ctx, option, "0.5", "here")
    with pytest.raises(click.UsageError, match=r"here: 2\.0 is not in the range"):
        check_value(ctx, option, "2", "here")


def test_keys_and_values() -> None:
    assert key_list({"a": True, "b": [1, "x"], "c": 0.5}) == "a = true, b = 1,x, c = 0.5"
