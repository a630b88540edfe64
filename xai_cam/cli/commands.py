"""Commands as they are here: with settings, with --no-... for every flag, and with --help in sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from xai_cam.cli.completing import completer_of
from xai_cam.cli.printing import tell
from xai_cam.cli.sections import IMAGES, LOOKS, MACHINE, MODEL, OUTPUTS, RUN, key_of
from xai_cam.cli.settings.gather import Settings, gather_settings
from xai_cam.cli.settings.layout import options_of
from xai_cam.cli.settings.taken import describe_settings, idle_settings, is_quiet, is_set
from xai_cam.errors import XaiCamError

OF_ITS_OWN = ""
"""Stands for the section of a command's own options."""

SECTIONS = (MODEL, OF_ITS_OWN, IMAGES, OUTPUTS, LOOKS, MACHINE, RUN)
"""In the order of --help."""

ALONE = {
    **dict.fromkeys(("append", "charts", "json", "output", "report", "results"), OUTPUTS),
    **dict.fromkeys(("safe-csv", "sheet"), OUTPUTS),
    **dict.fromkeys(("config", "help", "overwrite", "profile", "quiet", "verbose"), RUN),
    "colormap": LOOKS,
    "scale": LOOKS,
}
"""Options that commands take outside of the groups, by key -> their section."""

RISKY = ("custom-objects", "allow-unsafe")
"""Options that --help lists last in their section."""

NO_MODEL = "Name a model, or write it down for good: `xai-cam init -m MODEL`."

FEW = 8
"""Options that need no headings."""

WIDEST = 30
"""Columns of names and metavars at most; longer ones have a line of their own."""

SHORT_ENOUGH = 1000
"""Letters of a summary; click cuts longer ones."""


def negation_of(option: click.Option) -> str:
    """What takes a flag back: `--no-recursive`, or `--cache` for `--no-cache`."""
    key = key_of(option)
    return f"--{key.removeprefix('no-')}" if key.startswith("no-") else f"--no-{key}"


class Command(click.Command):
    """A command that takes settings, and whose --help is in sections.

    Parameters
    ----------
    heading : str, optional
        Title of the section of its own options; default: `What to NAME`.
    settings : bool
        Whether it takes options from a settings file and the environment.
    """

    def __init__(self, *args: Any, heading: str | None = None, settings: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading = heading or f"What to {self.name}"
        self.settings = settings
        if settings:
            self.params += _settings_options()
        for param in self.params:
            param._custom_shell_complete = completer_of(param) or param._custom_shell_complete

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line, and take from the settings what it does not say."""
        if not self.settings:
            return super().parse_args(ctx, args)
        settings = self.settings_for(ctx, args)
        rest = self._parse(ctx, args, settings)
        if idle := idle_settings(ctx, settings):
            settings = settings.without(idle)
            ctx.params.clear()
            rest = self._parse(ctx, args, settings)
        if not ctx.resilient_parsing and not is_quiet(ctx, settings):
            for line in describe_settings(ctx, settings):
                tell(line)
        return rest

    def settings_for(self, ctx: click.Context, args: Sequence[str]) -> Settings:
        """The settings beside this command line.

        Raises
        ------
        InputError
            The settings file, or a variable, cannot be taken as it is.
        """
        given = self.make_parser(ctx).parse_args(args=list(args))[0]
        asks_for_help = self.get_help_option(ctx)
        if asks_for_help and given.get(str(asks_for_help.name)):
            return Settings()
        try:
            return gather_settings(ctx, given)
        except XaiCamError:
            if ctx.resilient_parsing:  # a shell completes a word: no place for errors
                return Settings()
            raise

    def _parse(self, ctx: click.Context, args: Sequence[str], settings: Settings) -> list[str]:
        ctx.default_map = {str(options_of(self)[key].name): one.value for key, one in settings.values.items()}
        try:
            return super().parse_args(ctx, list(args))
        except click.MissingParameter as error:
            if error.param is None or key_of(error.param) != "model":
                raise
            raise click.MissingParameter(NO_MODEL, error.ctx, error.param) from error
        except click.BadParameter as error:
            param = error.param
            if not isinstance(param, click.Option) or not is_set(ctx, param):
                raise
            raise click.UsageError(
                f"{settings.values[key_of(param)].origin}: {error.message}", ctx
            ) from error

    def make_parser(self, ctx: click.Context) -> Any:
        """The parser, which also knows how a flag is taken back that settings have turned on."""
        parser = super().make_parser(ctx)
        taken = {name for param in self.params for name in param.opts}
        for param in self.params:
            if isinstance(param, click.Option) and param.is_flag and param.expose_value:
                names = [name for name in [negation_of(param)] if name not in taken]
                parser.add_option(obj=param, dest=param.name, opts=names, action="store_const", const=False)
        return parser

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in sections whose columns are alike."""
        ctx.default_map = None  # --help tells the defaults of the command, not those of a settings file
        sections: dict[str, list[tuple[str, str]]] = {title: [] for title in SECTIONS}
        for param in sorted(self.get_params(ctx), key=lambda param: key_of(param) in RISKY):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                sections[section_of(param)].append(record)
        filled = {title: rows for title, rows in sections.items() if rows}
        if sum(map(len, filled.values())) <= FEW:
            filled = {"Options": [row for rows in filled.values() for row in rows]}
        write_sections(formatter, {title or self.heading: rows for title, rows in filled.items()})


class Group(click.Group):
    """A group whose commands --help lists in sections, with whole summaries.

    Parameters
    ----------
    sections : mapping
        Title -> names of commands; the others are listed as `Commands` at the end.
    """

    def __init__(
        self, *args: Any, sections: Mapping[str, Sequence[str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections or {}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in their sections."""
        named = [name for names in self.sections.values() for name in names]
        others = [name for name in self.list_commands(ctx) if name not in named]
        found: dict[str, list[tuple[str, str]]] = {}
        for title, names in {**self.sections, "Commands": others}.items():
            commands = {name: self.commands[name] for name in names if name in self.commands}
            rows = [(name, one.get_short_help_str(SHORT_ENOUGH)) for name, one in commands.items()]
            found |= {title: rows} if rows else {}
        write_sections(formatter, found)


def section_of(option: click.Option) -> str:
    """The section that lists an option: that of its group, or its own where it stands alone."""
    return vars(option).get("section") or ALONE.get(key_of(option), OF_ITS_OWN)


def write_sections(formatter: click.HelpFormatter, sections: Mapping[str, list[tuple[str, str]]]) -> None:
    """Write lists of terms below titles, all descriptions in one column."""
    terms = [len(term) for rows in sections.values() for term, _ in rows]
    column = min(max(terms), WIDEST)
    for title, rows in sections.items():
        with formatter.section(title):
            formatter.write_dl([(term.ljust(column), text) for term, text in rows])


def _settings_options() -> list[click.Parameter]:
    """`--config` and `--profile`, which are read before all others."""
    config = click.Option(
        ["--config"],
        expose_value=False,
        metavar="FILE|none",
        help="File of settings. Default: xai-cam.toml here or in a folder above (see `xai-cam config`).",
    )
    profile = click.Option(
        ["--profile"],
        expose_value=False,
        metavar="NAME|none",
        help="Profile in the file of settings. Default: that of the model, or else the file's default.",
    )
    return [config, profile]
