"""`xai-cam config`: the settings in force, and where each is from."""

from __future__ import annotations

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.printing import say, say_json
from xai_cam.cli.text.tables import lines_of_table


@click.command(
    cls=Command,
    settings=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--config", metavar="FILE|none", help="File of settings, as other commands take it.")
@click.option("--profile", metavar="NAME|none", help="Profile in the file, as other commands take it.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def config(
    ctx: click.Context, config: str | None, profile: str | None, as_json: bool, command: tuple[str, ...]
) -> None:
    """Show which settings are in force, and where each one is from.

    Settings are options that the command line leaves out: from variables XAI_CAM_..., then from a file,
    xai-cam.toml in the current folder or in one above. Without COMMAND, shows the file and its profiles,
    and checks all of it. With COMMAND, shows every option of that command that is set, as it would run.

    \b
    Examples:
        xai-cam config
        xai-cam config explain
        xai-cam config explain -m other.keras --profile none
    """
    from xai_cam.cli.text.settings import find_command, rows_of_command, rows_of_settings

    given = {name: value for name, value in (("config", config), ("profile", profile)) if value}
    root = ctx.find_root()
    if not command:
        rows = rows_of_settings(root, given)
        if as_json:
            say_json(dict(rows))
            return
        for line in lines_of_table(rows):
            say(line)
        return
    inner, arguments = find_command(root, command)
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    found = rows_of_command(inner, [*options, *arguments])
    if as_json:
        keys = ("option", "value", "source")
        say_json([dict(zip(keys, row, strict=True)) for row in found])
        return
    for line in lines_of_table(found) if found else ["Nothing is set: all options are as `--help` says."]:
        say(line)
