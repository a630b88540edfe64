"""`xai-cam kernels`: look at the kernels of a model's convolutions, apply them, and rewrite them."""

from __future__ import annotations

import click

from xai_cam.cli.commands import Group
from xai_cam.cli.lazily import Lazily

HOMES = {name: f"{__name__}.{name}" for name in ("apply", "edit", "prepend", "show")}


@click.group(cls=Group, commands=Lazily(HOMES))
def kernels() -> None:
    """Show convolution kernels, apply them to pictures, edit them."""
