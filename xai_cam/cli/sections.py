"""The sections in which --help lists options, and the names that options go by."""

from __future__ import annotations

import click

MODEL, IMAGES, OUTPUTS, LOOKS, MACHINE, RUN = "Model", "Images", "Outputs", "Looks", "Machine", "Run"
"""Sections of --help besides that of a command's own options."""

SECTION_OF = {
    "model": MODEL,
    "trust": MODEL,
    "source": IMAGES,
    "preprocessing": IMAGES,
    "selection": IMAGES,
    "picture": OUTPUTS,
    "computing": MACHINE,
    "executing": MACHINE,
    "verbosity": RUN,
    "running": RUN,
}
"""Group of options -> the section of --help that lists them; others are the command's own."""


def key_of(param: click.Parameter) -> str:
    """The longest name of an option, without its dashes; that of an argument."""
    return max(param.opts, key=len).lstrip("-")
