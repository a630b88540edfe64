"""What became of the settings: which of them an option took, which said nothing, and the line that tells."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.core import ParameterSource

from xai_cam.cli.settings.fitting import not_fitting
from xai_cam.cli.settings.gather import Settings, unknown_variables
from xai_cam.cli.settings.layout import options_of, path_of
from xai_cam.shell import quoted


def is_set(ctx: click.Context, option: click.Option) -> bool:
    """Whether an option has its value from the settings."""
    return ctx.get_parameter_source(str(option.name)) is ParameterSource.DEFAULT_MAP


def idle_settings(ctx: click.Context, settings: Settings) -> list[str]:
    """The settings that say nothing to what the command is asked for, once it is parsed."""
    idle, options = not_fitting(path_of(ctx), ctx.params), options_of(ctx.command)
    return [key for key in settings.values if options[key].name in idle and is_set(ctx, options[key])]


def is_quiet(ctx: click.Context, settings: Settings) -> bool:
    """Whether the user wants no lines about settings; a file cannot keep silent about itself."""
    by_file = "quiet" in settings.values and settings.values["quiet"].in_file
    return bool(ctx.params.get("quiet")) and not by_file


def describe_settings(ctx: click.Context, settings: Settings) -> Iterator[str]:
    """A line on the settings that change what the command does, and one on variables that set nothing."""
    options = options_of(ctx.command)
    by_source: dict[str, list[str]] = {}
    for key, setting in settings.values.items():
        if is_set(ctx, options[key]) and not is_default(options[key], setting.value):
            by_source.setdefault(setting.source, []).append(key)
    if by_source:
        parts = (f"{', '.join(keys)} from {source}" for source, keys in by_source.items())
        yield f"Settings: {'; '.join(parts)}."
    if unknown := unknown_variables(ctx.find_root().command):
        yield f"No option has the name of the variable {', '.join(unknown)}: nothing is set by it."
    for path in settings.ignored:
        named = quoted(str(path))
        yield f"Ignored {path}, which belongs to another user. To take it: --config {named}"


def is_default(option: click.Option, value: object) -> bool:
    """Whether a setting says what holds anyway."""
    default = option.default
    if option.is_flag:
        return bool(click.BOOL.convert(value, option, None)) == (default is True)
    if isinstance(value, list):
        return isinstance(default, list | tuple) and value == [str(one) for one in default]
    if isinstance(default, tuple):
        return str(value) == ",".join(map(str, default))
    return str(value) == str(default)
