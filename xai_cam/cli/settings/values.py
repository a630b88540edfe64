"""A setting as an option takes it: the text that one would have typed."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from xai_cam.cli.input_options import Extra
from xai_cam.cli.settings.layout import WORDS, names_file
from xai_cam.cli.values import ChoiceList, Choices, Names
from xai_cam.errors import InputError
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.urls import is_url
from xai_cam.images.extra_sources import file_in, split_extra

LISTS = (ChoiceList, Choices, Names)
"""Types whose values may be several, comma-separated."""


@dataclass(frozen=True)
class Setting:
    """What an option is set to, and where: a variable, or a key of a file."""

    value: Any
    origin: str
    source: str
    """The file, with the profile if it is one's, or the variable."""

    @property
    def in_file(self) -> bool:
        """Whether it is from a file, and not from a variable."""
        return self.origin != self.source


def from_variable(option: click.Option, text: str, name: str) -> Setting:
    """The setting in a variable of the environment; several values stand between commas."""
    value: Any = [part.strip() for part in text.split(",") if part.strip()] if option.multiple else text
    if isinstance(option.type, Extra):
        value = _whole(value)
    if names_file(option) and isinstance(value, str) and value not in WORDS and not is_url(value):
        value = os.path.expanduser(value)
    return Setting(value, name, name)


def from_table(option: click.Option, value: object, origin: str, source: str, folder: Path) -> Setting:
    """The setting in a table of a file in `folder`.

    Raises
    ------
    InputError
        It is of a type that no option takes, or not of this one's.
    """
    values = value if isinstance(value, list) else [value]
    if option.is_flag:
        if not isinstance(value, bool):
            raise InputError(f"{origin}: {value!r} is neither true nor false. Write one of them.")
        return Setting(value, origin, source)
    if not values or not all(isinstance(one, str | int | float) and one != "" for one in values):
        raise InputError(f"{origin}: {value!r} is no text and no number. Write one, or leave the key out.")
    if any(isinstance(one, bool) for one in values):
        raise InputError(f"{origin}: the option takes a value. Write that in place of true or false.")
    several = option.multiple or isinstance(option.type, LISTS)
    if isinstance(value, list) and not several:
        raise InputError(f"{origin}: the option takes one value. Write it without brackets.")
    texts = [_in_folder(option, str(one), folder) for one in values]
    return Setting(texts if option.multiple else ",".join(texts), origin, source)


def _whole(parts: Iterable[str]) -> list[str]:
    """`meta=1`, `2`, `age=63` -> `meta=1,2`, `age=63`: a part without a name belongs to the one before it."""
    found: list[str] = []
    for part in parts:
        if found and "=" not in part:
            found[-1] += f",{part}"
        else:
            found.append(part)
    return found


def _in_folder(option: click.Option, text: str, folder: Path) -> str:
    """The name of a file as seen from the current folder; URLs and other texts as they are."""
    if is_url(text):
        return text
    if isinstance(option.type, Extra):
        name, value = split_extra(text, folder)
        file = file_in(value)
        if file is None:
            return text
        return f"{name}={seen_from(folder, file)}{value[len(file) :]}"
    is_kernel = option.metavar == "KERNEL" and text.lower().endswith(".npy")
    is_module = option.metavar == "MODULE|FILE.py" and not text.endswith(".py")
    if text in WORDS or is_module or not (names_file(option) or is_kernel):
        return text
    return seen_from(folder, text)


def seen_from(folder: Path, name: str) -> str:
    """The name of a file that stands in a file of `folder`: URLs, and paths from the root on, as they are."""
    name = name if is_url(name) else os.path.expanduser(name)
    if is_url(name) or os.path.isabs(name):
        return name
    if isinstance(folder, StorePath):  # where `..` is a name as any other
        return str(StorePath(folder.parts[0], posixpath.normpath(f"{folder.key}/{name}")))
    return str(folder / name)
