"""Which settings there are, for which commands each holds, and what a file that nobody named may not say."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import click

from xai_cam.cli.sections import key_of

NO_SETTINGS = frozenset({"config", "profile", "help", "version"})
"""Options that say which settings to take, or what to do besides the command."""

PER_COMMAND = frozenset({"count", "format", "json", "report", "results", "save", "scale", "seed", "sheet"})
"""Options that mean something else from command to command, or name the file of one: never set for all."""

ELSEWHERE: dict[str, frozenset[str]] = {
    "convert": frozenset({"output"}),
    "demo": frozenset({"output"}),
    "kernels apply": frozenset({"channel-order", "layer"}),
    "kernels edit": frozenset({"layer", "output", "score"}),
    "kernels prepend": frozenset({"output"}),
    "kernels show": frozenset({"channel-order", "layer", "output"}),
    "merge": frozenset({"output"}),
    "sanity": frozenset({"output"}),
}
"""Options of a command that mean something else than they do to others: a setting for all passes them by."""

RUNS_CODE = frozenset({"allow-unsafe", "custom-objects"})

READS = frozenset({"boxes", "extra", "figure-image", "labels", "like", "masks", "model", "truth", "weights"})
"""Options that name files to read; all others that name files write them, or name more images."""

READS_WITHIN = frozenset({"boxes", "extra", "like", "masks"})
"""Those of them of which a part comes out again, in tables and pictures: numbers, names, places."""

WORDS = {"-", "none"}
"""What may stand in the place of a file's name."""


def commands_of(root: click.Command, above: str = "") -> dict[str, click.Command]:
    """Every command that takes settings, by its name behind `xai-cam`."""
    if not isinstance(root, click.Group):
        return {above.strip() or str(root.name): root} if getattr(root, "settings", False) else {}
    found: dict[str, click.Command] = {}
    for name, command in root.commands.items():
        found |= commands_of(command, f"{above}{name} ")
    return found


def path_of(ctx: click.Context) -> str:
    """The name of a context's command behind `xai-cam`: `kernels apply`."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, str(ctx.info_name))
        ctx = ctx.parent
    return " ".join(names) or str(ctx.command.name)


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command that can be set, by key."""
    found = {key_of(param): param for param in command.params if isinstance(param, click.Option)}
    return {key: option for key, option in found.items() if key not in NO_SETTINGS}


def holders_of(key: str, commands: Mapping[str, click.Command]) -> list[str]:
    """The commands that have an option of this key."""
    return [path for path, command in commands.items() if key in options_of(command)]


def names_file(option: click.Option) -> bool:
    """Whether the value of an option is the name of a file or folder."""
    metavar = option.metavar or ""
    return isinstance(option.type, click.Path) or metavar.startswith(("FILE", "DIR", "MODULE|FILE"))


def variables_of(path: str, key: str) -> list[str]:
    """The variables of the environment that set an option of a command, its own first."""
    own, general = f"{path}_{key}", key
    return [f"XAI_CAM_{name.upper().replace(' ', '_').replace('-', '_')}" for name in (own, general)]


def nearest(word: str, known: Mapping[str, object] | list[str]) -> str:
    """A question that ends a message, with the nearest of the known words, or nothing."""
    close = get_close_matches(word, list(known), 1)
    return f" Did you mean {close[0]!r}?" if close else ""
