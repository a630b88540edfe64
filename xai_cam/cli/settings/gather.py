"""The settings of a command: those of the environment before those of a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from xai_cam.cli.settings.file import SettingsFile, open_settings, strangers_files
from xai_cam.cli.settings.layout import (
    ELSEWHERE,
    PER_COMMAND,
    commands_of,
    options_of,
    path_of,
    variables_of,
)
from xai_cam.cli.settings.trust import check_found
from xai_cam.cli.settings.values import Setting, from_table, from_variable, seen_from
from xai_cam.errors import InputError
from xai_cam.files.names import real_path
from xai_cam.files.stores.urls import is_url

CONFIG, PROFILE = "XAI_CAM_CONFIG", "XAI_CAM_PROFILE"

Layer = dict[str, Setting]


@dataclass(frozen=True)
class Settings:
    """Settings of a command by the key of its option, the file they are from, and the profile taken."""

    values: Layer = field(default_factory=dict)
    file: SettingsFile | None = None
    profile: str | None = None
    ignored: Sequence[Path] = ()
    """Files that were found and belong to another user."""

    def without(self, keys: Iterable[str]) -> Settings:
        """The same without these."""
        left = {key: setting for key, setting in self.values.items() if key not in set(keys)}
        return replace(self, values=left)


def gather_settings(ctx: click.Context, given: Mapping[str, Any]) -> Settings:
    """The settings for a command, besides what was `given` on the command line.

    Raises
    ------
    InputError
        The file or a variable cannot be taken as it is.
    """
    root, path, options = ctx.find_root().command, path_of(ctx), options_of(ctx.command)
    file = open_named(given, root)
    layers = [_from_environment(path, options)]
    profile = None
    if file is not None:
        layers.append(_from_file(file, file.own.get(path, {}), options, _table_of(path)))
        profile = choose_profile(file, given, layers)
        if profile is not None:
            layers.append(_for_all(file, file.profile(profile), ctx, profile))
        layers.append(_for_all(file, file.general, ctx))
    elif (name := given.get("profile") or os.environ.get(PROFILE)) and name != "none":
        raise InputError(f"There is no profile {name!r} without a settings file. Name one with --config.")
    values = merge(layers, given)
    if file is not None and file.found:
        for key, setting in values.items():
            if options[key].name not in given and setting.in_file:
                check_found(options[key], setting, file.path)
    named = given.get("config") or os.environ.get(CONFIG)
    return Settings(values, file, profile, [] if named else strangers_files())


def open_named(given: Mapping[str, Any], root: click.Command) -> SettingsFile | None:
    """The settings file of --config, or else of XAI_CAM_CONFIG, or else the one that is found.

    A variable with a relative path names another file in every folder: that counts as found.

    Raises
    ------
    InputError
    """
    named, variable = given.get("config"), os.environ.get(CONFIG)
    file = open_settings(named or variable, root)
    whole = is_url(variable or "") or os.path.isabs(os.path.expanduser(variable or ""))
    if file is None or named or not variable or whole:
        return file
    return replace(file, found=True)


def merge(layers: list[Layer], given: Mapping[str, Any]) -> Layer:
    """One layer of several, the first of which wins; weights and group only with their model."""
    found: Layer = {}
    model = given.get("model")
    for layer in layers:
        beside = layer["model"].value if "model" in layer else None
        other = beside is not None and model is not None and real_path(model) != real_path(beside)
        model = model or beside
        for key, setting in layer.items():
            if not (key in ("weights", "inside") and other):
                found.setdefault(key, setting)
    return found


def choose_profile(file: SettingsFile, given: Mapping[str, Any], layers: list[Layer]) -> str | None:
    """The profile that was named, else that of the model named elsewhere, else the default of the file.

    Raises
    ------
    InputError
        There is no profile of the name.
    """
    name = given.get("profile") or os.environ.get(PROFILE)
    if name:
        if name != "none":
            file.profile(name)
        return None if name == "none" else name
    model = given.get("model") or next((one["model"].value for one in layers if "model" in one), None)
    if model is None:
        return file.default_profile
    fitting = [
        name
        for name, table in file.profiles.items()
        if isinstance(own := table.get("model"), str)
        and real_path(seen_from(file.folder, own)) == real_path(model)
        and given.get("inside") in (None, table.get("inside"))
    ]
    return file.default_profile if file.default_profile in fitting else next(iter(fitting), None)


def unknown_variables(root: click.Command) -> list[str]:
    """Variables of the environment that look like settings, and set no option."""
    named = {name for name in os.environ if name.startswith("XAI_CAM_")} - {CONFIG, PROFILE}
    if not named:  # else all commands are imported
        return []
    known = {
        name
        for path, command in commands_of(root).items()
        for key in options_of(command)
        for name in variables_of(path, key)
    }
    return sorted(named - known)


def _from_environment(path: str, options: Mapping[str, click.Option]) -> Layer:
    found: Layer = {}
    for key, option in options.items():
        own, general = variables_of(path, key)
        if os.environ.get(own):
            found[key] = from_variable(option, os.environ[own], own)
        elif os.environ.get(general) and key not in ELSEWHERE.get(path, ()):
            if key in PER_COMMAND:
                raise InputError(f"{general}: --{key} is another for each command. Set {own} instead.")
            found[key] = from_variable(option, os.environ[general], general)
    return found


def _for_all(
    file: SettingsFile, table: Mapping[str, Any], ctx: click.Context, profile: str | None = None
) -> Layer:
    """What a table says for all commands, and holds for this one."""
    path, options = path_of(ctx), options_of(ctx.command)
    where = f"[profile.{profile}]" if profile else ""
    wrong = next((key for key in table if key in PER_COMMAND and key in options), None)
    if wrong is not None:
        raise InputError(
            f"{_place(file, where)}: {wrong!r} is another for each command. Set it in a table such as "
            f"{_table_of(path)}."
        )
    kept = {key: value for key, value in table.items() if key not in ELSEWHERE.get(path, ())}
    return _from_file(file, kept, options, where, profile)


def _from_file(
    file: SettingsFile,
    table: Mapping[str, Any],
    options: Mapping[str, click.Option],
    where: str,
    profile: str | None = None,
) -> Layer:
    source = f"{file.path} (profile {profile})" if profile else str(file.path)
    return {
        key: from_table(options[key], value, f"{_place(file, where)}: {key}", source, file.folder)
        for key, value in table.items()
        if key in options
    }


def _place(file: SettingsFile, where: str) -> str:
    return f"{file.path}, {where}" if where else str(file.path)


def _table_of(path: str) -> str:
    return f"[{path.replace(' ', '.')}]"
