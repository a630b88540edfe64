"""Kinds of values that options take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from xai_cam.cli.values import (
    AutoNumber,
    ChoiceList,
    Choices,
    Names,
    Share,
    Size,
    Window,
    check_limit,
    check_module,
    flat,
)

BAD_SHARES = ("0", "1", "100%", "2", "-1%", "nan", "%", "few")


def read(kind: click.ParamType, text: str) -> Any:
    return kind.convert(text, None, None)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Size(), "224x160", (224, 160)),
        (Size(), "8X9", (8, 9)),
        (Size(), "32x224x160", (32, 224, 160)),
        (Window(), "0:4095", (0, 4095)),
        (Window(), "-1000:400.5", (-1000, 400.5)),
        (Share(), "0.02", 0.02),
        (Share(), "2%", 0.02),
        (Share(), " 0.5 %", 0.005),
        (AutoNumber(), "auto", None),
        (AutoNumber(), "12", 12),
        (Choices(("overlay", "raw")), "raw, overlay", ("overlay", "raw")),
        (ChoiceList(["grad-cam", "score-cam"]), "score-cam, grad-cam", ("score-cam", "grad-cam")),
        (Names(), "conv1", ("conv1",)),
        (Names(), "conv1, outer/inner", ("conv1", "outer/inner")),
        (Names(), "", ("",)),
    ],
)
def test_what_is_read(kind: click.ParamType, text: str, value: Any) -> None:
    assert read(kind, text) == value
    assert read(kind, read(kind, text)) == value if isinstance(value, tuple) else True


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Size(), "224", "'224' is not a size"),
        (Size(), "1x2x3x4", "is not a size"),
        (Size(), "0x4", "'0x4' is not a size"),
        (Window(), "4095:0", "'4095:0' is not a window"),
        (Window(), "nan:1", "'nan:1' is not a window"),
        (Window(), "0:1:2", "'0:1:2' is not a window"),
        *((Share(), text, f"'{text}' is not between 0 and 1. Write 0.02 or 2%") for text in BAD_SHARES),
        (AutoNumber(), "0", "'0' is neither a number of at least 1 nor auto"),
        (Choices(("overlay", "raw")), "overlay,map", "'overlay,map' is not one of overlay, raw"),
        (Choices(("overlay", "raw")), ",", "',' is not one of overlay, raw"),
        (
            ChoiceList(["rise", "xgrad-cam", "occlusion", "grad-cam", "grad-cam++"]),
            "rise,gradcam",
            "'gradcam' is none of the choices. Nearest: grad-cam, xgrad-cam, grad-cam++; --help has all.",
        ),
        (ChoiceList(["grad-cam"]), "grad-cam,", "A name is missing between commas"),
        (ChoiceList(["grad-cam"]), "zzzq", "'zzzq' is none of the choices. --help lists them."),
        (Names(), "conv1,,conv2", "'conv1,,conv2' has an empty name beside a comma"),
    ],
)
def test_what_is_refused(kind: click.ParamType, text: str, message: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        read(kind, text)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("arguments", "layers"),
    [
        ([], []),
        (["-l", "a,b", "-l", "c"], ["a", "b", "c"]),
        (["-l", "a", "-l", "b, c"], ["a", "b", "c"]),
    ],
)
def test_commas_and_repetitions_add_up(arguments: list[str], layers: list[str]) -> None:
    @click.command()
    @click.option("-l", "layers", multiple=True, type=Names(), callback=flat)
    def command(layers: tuple[str, ...]) -> None:
        click.echo("|".join(layers))

    assert CliRunner().invoke(command, arguments).output.strip() == "|".join(layers)


def test_limits_are_looked_at_before_anything_is_opened() -> None:
    assert check_limit(None) is None and check_limit("seconds=9") == "seconds=9"
    with pytest.raises(click.UsageError, match="'minutes=9' is no limit"):
        check_limit("minutes=9")


def test_a_module_that_is_a_file_has_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "own.py").touch()
    assert check_module(None) is None and check_module("package.module") == "package.module"
    assert check_module(str(tmp_path / "own.py")) == str(tmp_path / "own.py")
    with pytest.raises(click.UsageError, match="There is no file"):
        check_module(str(tmp_path / "other.py"))
