"""The page on stores names every option of a file, and says of each whether it takes a URL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click

from xai_cam.cli import main
from xai_cam.cli.settings.layout import READS, names_file
from xai_cam.cli.values import OnDisk, Place

PAGE = Path(__file__).parents[2] / "docs" / "stores.md"

ALSO_READ = {"custom_objects", "config", "from_file", "specs", "sets"}
"""Parameters that name what is read, besides those that settings files know of."""

TEXTS = {"config", "custom_objects", "extra", "from_file", "results", "sets", "specs"}
"""Options that are plain text to click: runs with URLs in them are in `tests/cli/test_stores*.py`."""

NO_FILE = {"command"}


def commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def takes_files(param: click.Parameter) -> bool:
    metavar = param.metavar or ""
    if isinstance(param, click.Argument):
        return param.name not in NO_FILE and not isinstance(param.type, click.Choice)
    return isinstance(param, click.Option) and (names_file(param) or "FILE" in metavar or "KERNEL" in metavar)


def is_read(param: click.Parameter) -> bool:
    option = max(param.opts, key=len).lstrip("-")
    return option in READS or str(param.name) in ALSO_READ or _is_argument(param)


def _is_argument(param: click.Parameter) -> bool:
    return isinstance(param, click.Argument)


def rows() -> list[str]:
    """The table as the options tell it."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for path, command in commands(main):
        for param in command.params:
            if takes_files(param):
                name = str(param.name).upper() if _is_argument(param) else max(param.opts, key=len)
                how = "read" if is_read(param) else "written"
                found[name, how, "no" if isinstance(param.type, OnDisk) else "yes"].append(path)
    return [
        f"| `{name}` | {', '.join(f'`{path}`' for path in paths)} | {how} | {takes} |"
        for (name, how, takes), paths in sorted(found.items())
    ]


def test_options_that_no_type_reads_are_those_that_are_tried() -> None:
    found = {
        str(param.name)
        for _, command in commands(main)
        for param in command.params
        if takes_files(param) and not isinstance(param.type, Place) and not _is_argument(param)
    }
    assert found == TEXTS


def test_the_table_is_that_of_the_options() -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    start = lines.index("| option | of | | a URL |") + 2
    assert lines[start : start + len(rows())] == rows() and not lines[start + len(rows())].startswith("|")
