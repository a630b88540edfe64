"""A small command line whose settings are tried, and folders with settings files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from xai_cam.cli import Commands
from xai_cam.cli.commands import Command, Group
from xai_cam.cli.values import Choices, Size


@click.group(cls=Commands)
def tool() -> None:
    """Nothing."""


@tool.command(cls=Command)
@click.argument("images", nargs=-1)
@click.option("-m", "--model", type=click.Path(path_type=Path), required=True)
@click.option("-w", "--weights", type=click.Path(path_type=Path))
@click.option("--inside", metavar="GROUP")
@click.option("--labels", type=click.Path(path_type=Path))
@click.option("-l", "--layer", "layers", multiple=True)
@click.option("-c", "--class", "classes", multiple=True, default=("predicted",))
@click.option("--fit", type=click.Choice(["stretch", "crop"]), default="stretch")
@click.option("--size", type=Size())
@click.option("--opacity", type=click.FloatRange(0, 1), default=0.5)
@click.option("--save", "saves", type=Choices(("overlay", "raw")), default=("overlay",))
@click.option("-r", "--recursive", is_flag=True)
@click.option("--no-cache", is_flag=True)
@click.option("--overwrite", is_flag=True)
@click.option("--allow-unsafe", is_flag=True)
@click.option("--limit")
@click.option("--custom-objects", metavar="MODULE|FILE.py")
@click.option("--from-file", metavar="FILE|-")
@click.option("--follow-links", is_flag=True)
@click.option("-o", "--output", type=click.Path(path_type=Path))
@click.option("--results", metavar="FILE")
@click.option("-q", "--quiet", is_flag=True)
def explain(**given: Any) -> None:
    """Print what is asked for."""
    for name, value in given.items():
        if value not in (None, (), False):
            click.echo(f"{name} {' '.join(map(str, value)) if isinstance(value, tuple) else value}")


@tool.group(cls=Group)
def kernels() -> None:
    """Nothing."""


@kernels.command(cls=Command)
@click.option("-l", "--layer")
@click.option("--fit", type=click.Choice(["stretch", "crop"]))
@click.option("--save", "saves", type=Choices(("figure",)))
def show(layer: str | None, fit: str | None, saves: tuple[str, ...] | None) -> None:
    """Print what is asked for."""
    click.echo(f"layer {layer} fit {fit} saves {saves}")


def call(*arguments: object, **variables: str) -> Result:
    """The small command line with these variables, and no others that are settings."""
    others = {name: None for name in os.environ if name.startswith("XAI_CAM_")}
    runner = CliRunner(env={**others, **variables})
    return runner.invoke(tool, [str(a) for a in arguments], catch_exceptions=False)


def taken(*arguments: object, **variables: str) -> dict[str, str]:
    """The options that `explain` gets, as text."""
    result = call("explain", *arguments, **variables)
    assert result.exit_code == 0, result.stderr
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())


def refused(*arguments: object, **variables: str) -> str:
    """The message of a command that does not run."""
    result = call(*arguments, **variables)
    assert result.exit_code == 2, result.output
    return result.stderr.partition("Error: ")[2].strip()


@contextmanager
def going_to(folder: Path) -> Iterator[None]:
    """In another folder for a while."""
    folder.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
