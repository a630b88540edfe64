"""Names of options, and the sections of --help."""

from __future__ import annotations

import click
import pytest

from xai_cam.cli.sections import SECTION_OF, key_of


@pytest.mark.parametrize(
    ("param", "key"),
    [
        (click.Option(["-m", "--model", "model"]), "model"),
        (click.Option(["--save", "saves"]), "save"),
        (click.Option(["-q"]), "q"),
        (click.Argument(["images"]), "images"),
    ],
)
def test_an_option_goes_by_its_longest_name(param: click.Parameter, key: str) -> None:
    assert key_of(param) == key


def test_groups_of_options_stand_in_a_section() -> None:
    assert SECTION_OF["computing"] == "Machine" and "maps" not in SECTION_OF
