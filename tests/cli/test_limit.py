"""`--limit` is looked at before anything is opened, and reaches what opens models."""

from __future__ import annotations

import click
from click.testing import CliRunner

from xai_cam.cli.groups import ModelOptions, TrustOptions
from xai_cam.cli.options import model_file_options, trust_options


@click.command()
@model_file_options
@trust_options
def command(model: ModelOptions, trust: TrustOptions) -> None:
    click.echo(f"{model.model} {model.weights} {trust.allow_unsafe} {trust.limit}")


def test_a_model_and_its_limits() -> None:
    result = CliRunner().invoke(command, ["-m", "a.json", "--limit", "bytes=8G,seconds=9"])
    assert result.output == "a.json None False bytes=8G,seconds=9\n"


def test_a_limit_that_is_none_is_a_usage_error() -> None:
    result = CliRunner().invoke(command, ["-m", "a.json", "--limit", "hours=1"])
    assert result.exit_code == 2 and "'hours=1' is no limit. Give --limit a number of" in result.output
    assert CliRunner().invoke(command, []).exit_code == 2, "no model"
