"""Options that mean the same in every command: the records that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from xai_cam.cli import computing_options, groups, options, preprocessing
from xai_cam.cli.groups import F


def gathered(decorator: Callable[[F], F], *arguments: str) -> dict[str, Any]:
    """What a command with these options is called with."""
    seen: dict[str, Any] = {}

    @click.command()
    @decorator
    def command(**given: Any) -> None:
        seen.update(given)

    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    return seen


CASES = {
    "model": (
        options.model_options,
        ("-m", "a.json", "--size", "8x9"),
        {"model": groups.ModelOptions(Path("a.json"), None, (8, 9))},
    ),
    "model files": (
        options.model_file_options,
        ("-m", "a.json", "-w", "b.h5"),
        {"model": groups.ModelOptions(Path("a.json"), Path("b.h5"))},
    ),
    "trust": (
        options.trust_options,
        ("--custom-objects", "own.layers", "--allow-unsafe", "--limit", "seconds=9"),
        {"trust": groups.TrustOptions("own.layers", True, "seconds=9")},
    ),
    "images": (
        options.image_options,
        ("-r", "--include", "a*", "--include", "b*"),
        {"source": groups.ImageOptions(("a*", "b*"), (), None, recursive=True)},
    ),
    "not into sub-folders": (
        options.image_options,
        (),
        {"source": groups.ImageOptions((), (), None, recursive=False)},
    ),
    "always into sub-folders": (
        options.name_options,
        ("--from-file", "-"),
        {"source": groups.ImageOptions((), (), "-", recursive=True)},
    ),
    "preprocessing": (
        preprocessing.preprocessing_options,
        ("--preprocess", "caffe", "--fit", "crop"),
        {"preprocessing": groups.PreprocessingOptions("caffe", None, "crop")},
    ),
    "reading": (
        preprocessing.preprocessing_options,
        ("--resize-with", "area", "--window", "-1000:400.5"),
        {
            "preprocessing": groups.PreprocessingOptions(
                "auto", None, "stretch", resize_with="area", window=(-1000, 400.5)
            )
        },
    ),
    "device": (
        computing_options.features_options,
        ("--device", "gpu:1", "--engine", "openvino", "--no-cache"),
        {"computing": groups.ComputeOptions("gpu:1", engine="openvino", no_cache=True)},
    ),
    "classifier": (
        computing_options.classifier_options,
        ("-b", "4"),
        {"computing": groups.ComputeOptions("auto", 4)},
    ),
    "computing": (
        computing_options.compute_options,
        ("--chunk-size", "3", "--engine", "tensorflow"),
        {"computing": groups.ComputeOptions("auto", None, 3, "tensorflow")},
    ),
    "engine": (
        computing_options.engine_options,
        ("--precision", "bf16", "--no-cache"),
        {"computing": groups.ComputeOptions("auto", None, None, "auto", "bf16", True)},
    ),
    "selection": (
        options.only_options,
        ("--only", "unsure", "--margin", "0.5"),
        {"selection": groups.SelectionOptions("unsure", 0.5)},
    ),
    "verbosity": (
        options.verbosity_options,
        ("-v",),
        {"verbosity": groups.VerbosityOptions(False, True)},
    ),
    "run": (
        options.run_options,
        ("--dry-run", "-q"),
        {
            "running": groups.RunOptions(
                quiet=True, verbose=False, overwrite=False, fail_fast=False, dry_run=True
            )
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_options_come_as_records(name: str) -> None:
    decorator, arguments, expected = CASES[name]
    assert gathered(decorator, *arguments) == expected
