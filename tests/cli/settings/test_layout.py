"""Which settings hold where: no word of one command may reach another that means something else by it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import pytest

from support.settings import tool
from xai_cam.cli import main
from xai_cam.cli.settings.layout import (
    ELSEWHERE,
    PER_COMMAND,
    READS,
    RUNS_CODE,
    commands_of,
    holders_of,
    names_file,
    nearest,
    options_of,
    path_of,
    variables_of,
)
from xai_cam.cli.values import ChoiceList, Choices


def kind_of(option: click.Option) -> Any:
    """What tells an option from another of the same name."""
    choices: Any = ()
    if isinstance(option.type, click.Choice | Choices):
        choices = tuple(option.type.choices)
    if isinstance(option.type, ChoiceList):
        choices = tuple(option.type.choices)
    return type(option.type), choices, option.multiple, option.is_flag


def test_a_setting_for_all_is_the_same_for_all() -> None:
    """An option that differs from command to command stands in `PER_COMMAND` or `ELSEWHERE`."""
    kinds: dict[str, dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path, command in commands_of(main).items():
        for key, option in options_of(command).items():
            if key not in PER_COMMAND and key not in ELSEWHERE.get(path, ()):
                kinds[key][kind_of(option)].append(path)
    assert {key: dict(found) for key, found in kinds.items() if len(found) > 1} == {}


def test_the_lists_name_what_there_is() -> None:
    commands = commands_of(main)
    assert ELSEWHERE.keys() <= commands.keys()
    for path, keys in ELSEWHERE.items():
        assert keys <= options_of(commands[path]).keys(), path
    known = {key for command in commands.values() for key in options_of(command)}
    assert known >= READS | RUNS_CODE
    assert PER_COMMAND - known <= {"sheet"}


def test_every_file_that_a_command_reads_is_known_to_be_read() -> None:
    """What is not in `READS` counts as written, and may not lead out of the folder of a found file."""
    files = {
        key
        for command in commands_of(main).values()
        for key, option in options_of(command).items()
        if names_file(option) and key not in READS | RUNS_CODE | {"from-file"}
    }
    assert files <= {"charts", "files", "output", "report", "results", "sheet"}, "does it read or write?"


def test_commands_by_name() -> None:
    assert list(commands_of(tool)) == ["explain", "kernels show"]
    assert {"kernels apply", "explain", "demo"} <= commands_of(main).keys()
    assert not {"init", "config", "completion", "doctor"} & commands_of(main).keys()
    assert holders_of("layer", commands_of(tool)) == ["explain", "kernels show"]
    assert holders_of("config", commands_of(tool)) == []


def test_the_path_of_a_context() -> None:
    root = click.Context(main, info_name="xai-cam")
    kernels = click.Context(main.commands["kernels"], parent=root, info_name="kernels")
    assert (
        path_of(click.Context(main.commands["explain"], parent=kernels, info_name="show")) == "kernels show"
    )
    assert path_of(click.Context(main.commands["explain"])) == "explain"


def test_variables() -> None:
    assert variables_of("kernels show", "batch-size") == [
        "XAI_CAM_KERNELS_SHOW_BATCH_SIZE",
        "XAI_CAM_BATCH_SIZE",
    ]


@pytest.mark.parametrize(
    ("option", "is_one"),
    [
        (click.Option(["--a"], type=click.Path(path_type=Path)), True),
        (click.Option(["--a"], metavar="FILE|-"), True),
        (click.Option(["--a"], metavar="DIR"), True),
        (click.Option(["--a"], metavar="NAME"), False),
        (click.Option(["--a"]), False),
    ],
)
def test_options_that_name_files(option: click.Option, is_one: bool) -> None:
    assert names_file(option) is is_one


def test_the_nearest_word() -> None:
    assert nearest("explian", ["explain", "layers"]) == " Did you mean 'explain'?"
    assert nearest("zzz", ["explain"]) == ""
