"""`xai-cam kernels`: look at the kernels of a model's convolutions, apply them, and rewrite them."""

from __future__ import annotations

import click

from xai_cam.cli.commands import Group
from xai_cam.cli.kernels.apply import apply
from xai_cam.cli.kernels.edit import edit
from xai_cam.cli.kernels.prepend import prepend
from xai_cam.cli.kernels.show import show


@click.group(cls=Group)
def kernels() -> None:
    """Show convolution kernels, apply them to pictures, edit them."""


kernels.add_command(apply)
kernels.add_command(edit)
kernels.add_command(prepend)
kernels.add_command(show)
