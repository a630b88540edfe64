"""Settings as rows of a table, for `xai-cam config`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.settings.file import SettingsFile
from xai_cam.cli.settings.gather import gather_settings, open_named, unknown_variables
from xai_cam.cli.settings.layout import commands_of, nearest, options_of
from xai_cam.cli.settings.taken import is_set

COMMAND_LINE = "command line"
PASSED_OVER = "passed over, as it says nothing here"

Row = tuple[str, str, str]


def find_command(root: click.Context, words: Sequence[str]) -> tuple[click.Context, list[str]]:
    """A context for the command that the words begin with, and the arguments that follow.

    Raises
    ------
    UsageError
        There is no such command.
    """
    ctx, rest = root, list(words)
    while isinstance(ctx.command, click.Group):
        inner = ctx.command.commands.get(rest[0]) if rest else None
        if inner is None or not (isinstance(inner, click.Group) or getattr(inner, "settings", False)):
            word = rest[0] if rest else ""
            near = nearest(word, [path.partition(" ")[0] for path in commands_of(ctx.command)])
            raise click.UsageError(f"There are no settings of a command {word!r}.{near}", root)
        ctx = click.Context(inner, parent=ctx, info_name=rest.pop(0))
    return ctx, rest


def rows_of_command(ctx: click.Context, arguments: Sequence[str]) -> list[Row]:
    """Every option of a command that is set: its key, its value, and where that is from.

    Raises
    ------
    InputError, UsageError
        A setting cannot be taken.
    """
    command = ctx.command
    assert isinstance(command, Command)
    given = command.make_parser(ctx).parse_args(args=list(arguments))[0]
    settings = command.settings_for(ctx, arguments)
    parsed = command.make_context(ctx.info_name, list(arguments), parent=ctx.parent, resilient_parsing=True)
    rows = []
    for key, option in options_of(command).items():
        if option.name in given:
            rows.append((key, _shown(given[option.name]), COMMAND_LINE))
        elif key in settings.values:
            setting = settings.values[key]
            check_value(ctx, option, setting.value, setting.origin)
            note = "" if is_set(parsed, option) else f" ({PASSED_OVER})"
            rows.append((key, _shown(setting.value), f"{setting.origin.removesuffix(f': {key}')}{note}"))
    return rows


def rows_of_settings(root: click.Context, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """The file in force, what is in it, and the variables; all of it is checked for all commands.

    Raises
    ------
    InputError, UsageError
        Something in it cannot be taken.
    """
    file = open_named(named, root.command)
    check_all(root, named, file)
    rows = [("file", "none" if file is None else f"{file.path} ({'found' if file.found else 'named'})")]
    if file is not None:
        rows += [("for all commands", key_list(file.general))] if file.general else []
        rows += [(path, key_list(table)) for path, table in file.own.items()]
        for name, table in file.profiles.items():
            default = " (default)" if name == file.default_profile else ""
            rows.append((f"profile {name}{default}", key_list(table)))
    unknown = unknown_variables(root.command)
    for name in sorted(os.environ):
        if name.startswith("XAI_CAM_") and os.environ[name]:
            rows.append((name, f"{os.environ[name]}{' (sets no option)' if name in unknown else ''}"))
    return rows


def check_all(root: click.Context, named: Mapping[str, str], file: SettingsFile | None) -> None:
    """Refuse settings that a command could not take, whichever it is.

    Raises
    ------
    InputError, UsageError
    """
    profiles = [named["profile"]] if "profile" in named else ["none", *(file.profiles if file else ())]
    for path in commands_of(root.command):
        ctx, _ = find_command(root, path.split(" "))
        for profile in profiles:
            options, settings = options_of(ctx.command), gather_settings(ctx, {**named, "profile": profile})
            for key, setting in settings.values.items():
                check_value(ctx, options[key], setting.value, setting.origin)


def check_value(ctx: click.Context, option: click.Option, value: Any, origin: str) -> None:
    """Refuse a value that an option cannot take.

    Raises
    ------
    UsageError
    """
    try:
        option.type_cast_value(ctx, value)
    except click.BadParameter as error:
        raise click.UsageError(f"{origin}: {error.message}", ctx) from error


def key_list(table: Mapping[str, Any]) -> str:
    """`model = m.json, layer = conv`."""
    return ", ".join(f"{key} = {_shown(value)}" for key, value in table.items())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
