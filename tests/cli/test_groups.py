"""Options as records: what a decorator gathers, and what the records know."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from xai_cam.cli import main
from xai_cam.cli.groups import (
    ComputeOptions,
    ModelOptions,
    TrustOptions,
    gather,
    group,
    together,
)
from xai_cam.errors import InputError
from xai_cam.models.loading.model_files import ModelFiles


@dataclass(frozen=True)
class Size:
    height: int
    width: int = 7


@dataclass(frozen=True)
class Both:
    size: Size
    name: str


size_options = group("size", Size, click.option("--height", type=int), click.option("--width", type=int))


def test_fields_come_as_one_argument() -> None:
    @gather("size", Size)
    def function(size: Size, name: str) -> tuple[Size, str]:
        return size, name

    call: Any = function
    assert call(height=1, width=2, name="a") == (Size(1, 2), "a")
    assert call(height=1, name="a") == (Size(1, 7), "a"), "a field without an argument keeps its default"
    with pytest.raises(TypeError, match="height"):
        call(name="a")
    with pytest.raises(TypeError, match="depth"):
        call(height=1, name="a", depth=3)


def test_a_record_can_be_made_of_those_of_its_groups() -> None:
    @click.command()
    @size_options
    @click.option("--name")
    @gather("both", Both)
    def command(both: Both) -> None:
        click.echo(repr(both))

    result = CliRunner().invoke(command, ["--name", "a", "--height", "1", "--width", "2"])
    assert result.output == "Both(size=Size(height=1, width=2), name='a')\n"


def test_options_are_listed_in_their_order() -> None:
    @click.command()
    @together(click.option("--first"), size_options, click.option("--last"))
    def command(**_: Any) -> None: ...

    assert [param.name for param in command.params] == ["first", "height", "width", "last"]


def test_records_are_not_written_into() -> None:
    with pytest.raises(AttributeError):
        TrustOptions(None, False).allow_unsafe = True  # type: ignore[misc]


@pytest.mark.parametrize(("device", "plain"), [("auto", "auto"), ("cpu", "cpu"), ("gpu:1", "gpu")])
def test_what_computes(device: str, plain: str) -> None:
    options = ComputeOptions(device, chunk_size=9, engine="openvino", precision="bf16", no_cache=True)
    found = options.computing()
    assert (options.plain_device, found.device) == (plain, plain)
    assert (found.engine, found.precision, found.chunk_size, found.cache) == ("openvino", "bf16", 9, False)
    assert ComputeOptions(device).computing().cache
    with pytest.raises(InputError, match="TensorFlow computes in f32"):
        ComputeOptions(device, engine="tensorflow", precision="f16").computing()


def test_a_model_is_found_and_opened(
    tiny_files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ModelOptions(tiny_files[0], None).find(TrustOptions(None, False))
    assert files == ModelFiles(*tiny_files)
    asked: list[Any] = []
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *given: asked.extend(given))
    (tmp_path / "own.py").write_text("x = 1", encoding="utf-8")
    trust = TrustOptions(str(tmp_path / "own.py"), True, "seconds=9")
    trust.open(files, False, "cpu")
    assert asked == [files, False, "cpu", True, "seconds=9"]
    found = ModelOptions(tiny_files[0], None).find(trust)
    assert found.hashes == (*files.hashes, hashlib.sha256(b"x = 1").hexdigest())


def test_no_option_is_declared_twice() -> None:
    """A command's names would hide each other."""
    commands = [*main.commands.values(), *main.commands["kernels"].commands.values()]  # type: ignore[attr-defined]
    for command in commands:
        names = [param.name for param in command.params]
        assert len(set(names)) == len(names), command.name
