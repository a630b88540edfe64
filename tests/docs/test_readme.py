"""The README tells all that the command line can do."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from xai_cam.cam.methods import METHODS
from xai_cam.cli import main
from xai_cam.kernels.named_kernels import NAMED_KERNELS

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def is_there(word: str) -> bool:
    """Whether the README has a command, option or method, not merely a longer one."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", README) is not None


def commands_of(group: click.Group, above: str = "") -> dict[str, click.Command]:
    """Every command that does something, by its name behind `xai-cam`."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands_of(command, f"{above}{name} ")
        else:
            found[above + name] = command
    return found


@pytest.mark.parametrize(("name", "command"), commands_of(main).items(), ids=commands_of(main))
def test_every_command_and_option_is_in_the_readme(name: str, command: click.Command) -> None:
    options = [o for p in command.params if isinstance(p, click.Option) for o in p.opts]
    missing = [word for word in (f"xai-cam {name}", *options) if not is_there(word)]
    assert not missing, f"not in README.md: {', '.join(missing)}"


def test_every_method_has_a_row_in_a_table_of_the_readme() -> None:
    rows = [line for line in README.splitlines() if line.startswith("|")]
    missing = [
        m.name for m in METHODS.values() if not any(f"`{m.name}`" in row.split("|")[1] for row in rows)
    ]
    assert not missing, f"no row in a table of README.md: {', '.join(missing)}"


def test_every_named_kernel_has_a_row_in_its_table() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "kernels.md").read_text(encoding="utf-8")
    named = [name for line in page.splitlines() if line.startswith("| `") for name in line.split("|")[1:2]]
    missing = [name for name in NAMED_KERNELS if not any(f"`{name}`" in cell for cell in named)]
    assert not missing, f"no row in docs/kernels.md: {', '.join(missing)}"
