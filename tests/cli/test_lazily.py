"""A group's commands are imported when they are asked for."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from xai_cam.cli.lazily import Lazily

NAMES = {"layers": "xai_cam.cli.inspect", "methods": "xai_cam.cli.inspect", "gone": "xai_cam.cli.gone"}


def test_a_command_is_what_its_module_calls_so() -> None:
    from xai_cam.cli.inspect import layers

    commands = Lazily(NAMES)
    assert list(commands) == list(NAMES) and len(commands) == 3 and "gone" in commands
    assert commands["layers"] is layers is commands.get("layers")
    assert commands.get("other") is None and "other" not in commands
    with pytest.raises(ModuleNotFoundError):
        commands["gone"]


def test_commands_can_be_added_and_taken_away() -> None:
    commands, own = Lazily(NAMES), click.Command("own")
    commands["own"] = own
    assert commands["own"] is own and list(commands)[-1] == "own"
    del commands["own"], commands["gone"]
    assert sorted(commands) == ["layers", "methods"]


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [
        (["--version"], set()),
        (["methods"], {"inspect"}),
        (["kernels", "edit", "--help"], {"kernels", "kernels.edit"}),
        (["nothing"], set()),
    ],
)
def test_a_command_waits_for_no_other(arguments: list[str], imported: set[str]) -> None:
    code = (
        "import sys\nfrom xai_cam.cli import HOMES, main\nfrom xai_cam.cli.kernels import HOMES as INNER\n"
        if arguments[0] == "kernels"
        else "import sys\nfrom xai_cam.cli import HOMES, main\nINNER = {}\n"
    )
    code += (
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "found = [one for one in {*HOMES.values(), *INNER.values()} if one in sys.modules]\n"
        "print('imported', *found)\n"
    )
    command = [sys.executable, "-c", code, *arguments]
    found = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    names = found.splitlines()[-1].split()
    assert names[0] == "imported"
    assert {name.removeprefix("xai_cam.cli.") for name in names[1:]} == imported
