"""A settings file: where it is, and what is in it."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import click

from xai_cam.cli.settings.layout import commands_of, holders_of, nearest, options_of
from xai_cam.cli.settings.trust import is_trusted
from xai_cam.errors import InputError
from xai_cam.files.regular import read_at_most
from xai_cam.files.stores.paths import as_path
from xai_cam.files.stores.urls import is_url

NAME = "xai-cam.toml"

REPOSITORIES = (".git", ".hg")
"""What lies in the root of a repository, above which no file is looked for."""

MAX_BYTES = 64_000

MAX_DOTS = 10
"""Dots between the parts of a key: reading TOML takes time that grows with their square."""

STRINGS = re.compile(
    r""""{3}(?:\\.|[^\\])*?(?:"{3,5}|\\?\Z)"""
    r"""|'{3}.*?(?:'{3,5}|\Z)"""
    r"""|"(?:\\.|[^"\\\n])*(?:"|\\?$)"""
    r"""|'[^'\n]*(?:'|$)"""
    r"|#[^\n]*",
    re.DOTALL | re.MULTILINE,
)
"""Strings and comments of TOML, closed or not; no part of a file is looked at twice."""

PROFILE, DEFAULT_PROFILE = "profile", "default-profile"

Table = dict[str, Any]


@dataclass(frozen=True)
class SettingsFile:
    """What a file says, its keys spelled as options are.

    Attributes
    ----------
    path : Path
        As it is shown.
    found : bool
        Whether it was found in a folder, and not named.
    general : dict
        What holds for all commands.
    own : dict
        Command -> what holds for it alone.
    profiles : dict
        Name -> what holds with one model.
    default_profile : str, optional
        The profile to take where no model is named.
    """

    path: Path
    found: bool = False
    general: Table = field(default_factory=dict)
    own: dict[str, Table] = field(default_factory=dict)
    profiles: dict[str, Table] = field(default_factory=dict)
    default_profile: str | None = None

    @property
    def folder(self) -> Path:
        """The folder that paths in the file are relative to."""
        return self.path.parent

    def profile(self, name: str) -> Table:
        """The profile of this name.

        Raises
        ------
        InputError
            There is none.
        """
        if name not in self.profiles:
            names = ", ".join(self.profiles) or "none"
            raise InputError(f"{self.path} has no profile {name!r}. There are: {names}.")
        return self.profiles[name]


def find_settings() -> Path | None:
    """The `xai-cam.toml` here or in a folder above, as far up as the repository's root or the home folder.

    One that belongs to another user is passed over.
    """
    return next(filter(is_trusted, _files_above()), None)


def strangers_files() -> list[Path]:
    """The files that are passed over, as they belong to another user."""
    return list(takewhile(lambda path: not is_trusted(path), _files_above()))


def _files_above() -> Iterator[Path]:
    try:
        here = Path.cwd()
    except OSError:  # it was removed
        return
    home, shown = Path(os.path.expanduser("~")), Path()
    for folder in (here, *here.parents):
        if os.path.isfile(folder / NAME):  # no error where a folder may not be looked into
            yield shown / NAME
        if folder == home or any(os.path.exists(folder / name) for name in REPOSITORIES):
            return
        shown /= ".."


def open_settings(named: str | None, root: click.Command) -> SettingsFile | None:
    """The settings file that was named, or else the one that is found; None for the name `none`.

    Raises
    ------
    InputError
        It cannot be read, or says what there is not.
    """
    if named == "none":
        return None
    path = _named(named) if named else find_settings()
    return None if path is None else read_settings(path, not named, root)


def _named(name: str) -> Path:
    return as_path(name if is_url(name) else os.path.expanduser(name))


def read_settings(path: Path, found: bool, root: click.Command) -> SettingsFile:
    """A settings file, all of whose keys are known to some command.

    Raises
    ------
    InputError
    """
    return _Reader(path, commands_of(root)).read(parse(path), found)


def parse(path: Path) -> Table:
    """The tables of a TOML file.

    Raises
    ------
    InputError
        It cannot be read, or is not valid TOML.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"The settings {path} are not a file. Name a file, or none.")
        content = read_at_most(path, MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"Cannot read the settings {path}: {error.strerror}. Check the path.") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"The settings {path} are larger than {MAX_BYTES // 1000} kB. Name another file.")
    return parse_text(content, path)


def parse_text(content: bytes, path: Path) -> Table:
    """The tables of TOML.

    Raises
    ------
    InputError
        It is not valid.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        text = content.decode("utf-8-sig")
        check_dots(text, path)
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of TOML, UTF-8 and numbers without end
        place = re.search(r"line \d+, column \d+", str(error))
        what = re.sub(r" \(at [^()]*\)$", "", str(error))
        where = f"{place[0]}: {what}" if place else what
        raise InputError(f"{path} is not valid TOML ({where}). Correct it there.") from error


def check_dots(text: str, path: Path) -> None:
    """Refuse keys of very many parts, before they are read.

    Raises
    ------
    InputError
    """
    bare = STRINGS.sub("", text)
    if any(part.count(".") > MAX_DOTS for part in re.split(r"[=,{}\n]", bare)):
        raise InputError(
            f"{path} has a key with more than {MAX_DOTS} dots, as no option has. Correct it there."
        )


@dataclass(frozen=True)
class _Reader:
    """Sorts the tables of a file, and refuses what no command knows."""

    path: Path
    commands: Mapping[str, click.Command]

    def read(self, tables: Table, found: bool) -> SettingsFile:
        plain = {key: value for key, value in tables.items() if not isinstance(value, dict)}
        default = plain.pop(DEFAULT_PROFILE, plain.pop("default_profile", None))
        own: dict[str, Table] = {}
        profiles: dict[str, Table] = {}
        for name, table in tables.items():
            self._check_name(name)
            if name == PROFILE and isinstance(table, dict):
                profiles = {one: self._profile(one, inner) for one, inner in table.items()}
            elif isinstance(table, dict):
                own |= {path: self._own(path, inner) for path, inner in self._tables(name, table)}
        general = self._keys(plain, self._known(), "")
        settings = SettingsFile(self.path, found, general, own, profiles, default)
        if default is not None:
            settings.profile(default if isinstance(default, str) else str(default))
        return settings

    def _check_name(self, name: str) -> None:
        if _has_controls(name):
            raise InputError(f"{self.path}: the name {name!r} has control characters. Rename it.")

    def _known(self) -> list[str]:
        return list(dict.fromkeys(key for one in self.commands.values() for key in options_of(one)))

    def _tables(self, name: str, table: Table) -> Iterator[tuple[str, Table]]:
        """The tables of commands in a table: `[kernels.apply]` is in `[kernels]`."""
        if name in self.commands:
            yield name, table
            return
        inner = [path for path in self.commands if path.startswith(f"{name} ")]
        if not inner:
            words = [*dict.fromkeys(path.partition(" ")[0] for path in self.commands), PROFILE]
            raise InputError(
                f"{self.path} has a table [{name}], but there is no such command.{nearest(name, words)}"
            )
        for key, value in table.items():
            if f"{name} {key}" not in inner or not isinstance(value, dict):
                tables = ", ".join(f"[{path.replace(' ', '.')}]" for path in inner)
                raise InputError(f"{self.path}, [{name}]: {key!r} is none of its tables. There are {tables}.")
            yield f"{name} {key}", value

    def _profile(self, name: str, table: object) -> Table:
        self._check_name(name)
        if not isinstance(table, dict):
            raise InputError(
                f"{self.path}: {name!r} in [profile] is no profile. Write a table [profile.{name}]."
            )
        return self._keys(table, self._known(), f"[profile.{name}]")

    def _own(self, path: str, table: Table) -> Table:
        return self._keys(table, list(options_of(self.commands[path])), f"[{path.replace(' ', '.')}]")

    def _keys(self, table: Table, known: list[str], where: str) -> Table:
        """The table with its keys spelled as options are."""
        found: Table = {}
        place = f"{self.path}, {where}" if where else str(self.path)
        for written, value in table.items():
            key = written.replace("_", "-")
            if key not in known:
                raise InputError(f"{place}: {written!r} is no option{self._advice(written, known)}")
            if key in found:
                raise InputError(f"{place}: {key!r} is set twice. Leave one out.")
            values = value if isinstance(value, list) else [value]
            if any(isinstance(one, str) and _has_controls(one) for one in values):
                raise InputError(f"{place}: {key!r} has a control character in it. Leave it out.")
            found[key] = value
        return found

    def _advice(self, written: str, known: list[str]) -> str:
        key = written.replace("_", "-")
        holders = holders_of(key, self.commands)
        if holders:
            return f" of this command. It is one of {', '.join(holders)}."
        close = nearest(key, known) or nearest(key, [*self._known(), DEFAULT_PROFILE])
        return f".{close}" if close else ". See `xai-cam explain --help` for those that there are."


def _has_controls(text: str) -> bool:
    """Whether a text would do something to a terminal; spaces of all kinds and joined letters do not."""
    return any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text)
