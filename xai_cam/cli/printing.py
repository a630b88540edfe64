"""The one way to standard output, and that to standard error: any console can show what is printed."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from xai_cam.cli.errors import with_options
from xai_cam.cli.status_line import status_line
from xai_cam.errors import OutputError
from xai_cam.files.visible import escaped_in_json, shortened, visible, visible_json

NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def say(line: str) -> None:
    """Print a line on standard output; what its encoding lacks, and what moves a cursor, is escaped.

    Raises
    ------
    OutputError
        Standard output is closed, or leads to a full disk.
    """
    encoding = _encoding()
    _print(visible(line).encode(encoding, "backslashreplace").decode(encoding))


def say_all(lines: Iterable[str]) -> None:
    """Print lines on standard output, as `say` does, with one call to the system.

    Raises
    ------
    OutputError
    """
    encoding = _encoding()
    text = "\n".join(map(visible, lines))
    _print(text.encode(encoding, "backslashreplace").decode(encoding))


def say_json(value: Any) -> None:
    """Print a value as JSON on standard output; it can be read back, whatever the encoding.

    Raises
    ------
    OutputError
    """
    encoding = _encoding()
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=1))
    _print(NOT_ASCII.sub(lambda match: _in_json(match, encoding), text))


def name_file(path: Path) -> None:
    """Print a file's name on standard output: to a later command as it is, byte for byte.

    Raises
    ------
    OutputError
    """
    if sys.stdout is not None and sys.stdout.isatty():
        say(str(path))
    else:
        _print(os.fsencode(str(path)))


def tell(text: str) -> None:
    """Print a line about the command on standard error; arguments of the library are shown as options."""
    with status_line().hidden():
        click.echo(shortened(visible(with_options(text))), err=True)


def _print(text: str | bytes) -> None:
    try:
        with status_line().hidden():
            click.echo(text)
    except OSError as error:
        raise OutputError(
            f"Cannot write to standard output: {error.strerror or error}. Redirect it elsewhere."
        ) from error


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"  # there is none where it was closed


def _in_json(match: re.Match[str], encoding: str) -> str:
    try:
        match[0].encode(encoding)
    except UnicodeEncodeError:
        return escaped_in_json(match)
    return match[0]
