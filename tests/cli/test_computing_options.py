"""What is computed on, and in which portions: each command takes what it has a use for."""

from __future__ import annotations

import click

from xai_cam.cli import computing_options


def names_of(decorator: object) -> set[str]:
    @click.command()
    @decorator  # type: ignore[operator]
    def command(**given: object) -> None:
        pass

    return {name for param in command.params for name in param.opts if name.startswith("--")}


def test_each_has_the_options_of_its_commands() -> None:
    features = names_of(computing_options.features_options)
    classifier = names_of(computing_options.classifier_options)
    compute = names_of(computing_options.compute_options)
    engine = names_of(computing_options.engine_options)
    assert features == {"--device", "--engine", "--no-cache"}
    assert classifier == features | {"--batch-size", "--xla"}
    assert classifier < engine and compute < engine
    assert "--precision" in engine - compute and "--chunk-size" in compute
