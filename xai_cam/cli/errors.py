"""Errors of the library as the command line shows them: options by name, and an exit code each."""

from __future__ import annotations

import re

import click

from xai_cam.errors import InputError, ModelError, NoImagesError, XaiCamError

EXIT_CODES: dict[type[XaiCamError], int] = {InputError: 2, ModelError: 3, NoImagesError: 4}
"""Of a command that an error ends; 1 for any other error."""

OPTIONS = {
    "batch_size": "--batch-size",
    "chunk_size": "--chunk-size",
    "device": "--device",
    "engine": "--engine",
    "layer": "--layer",
    "method": "--method",
}
"""Arguments of the library -> the options that carry them."""

_ARGUMENT = re.compile(r"`(?P<name>\w+)(?:=(?P<value>[^`]*))?`")


def as_click(error: XaiCamError) -> click.ClickException:
    """The same error as click prints it: `Error: ...`, without a traceback."""

    class Shown(click.ClickException):
        exit_code = exit_code_of(type(error))

    return Shown(with_options(error.message))


def exit_code_of(kind: type[XaiCamError]) -> int:
    """What a command ends with that such an error ended."""
    return next((code for known, code in EXIT_CODES.items() if issubclass(kind, known)), 1)


def with_options(message: str) -> str:
    """A message with `` `device="cpu"` `` written as `--device cpu`; what is no option stays as it is."""

    def option(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        if name not in OPTIONS:
            return match[0]
        return OPTIONS[name] if value is None else f"{OPTIONS[name]} {value.strip(chr(34))}"

    return _ARGUMENT.sub(option, message)
