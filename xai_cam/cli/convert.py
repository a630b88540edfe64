"""`xai-cam convert`: an old model as a modern file."""

from __future__ import annotations

from pathlib import Path

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.errors import with_options
from xai_cam.cli.groups import ModelOptions, TrustOptions, VerbosityOptions
from xai_cam.cli.options import model_file_options, trust_options, verbosity_options
from xai_cam.cli.printing import say
from xai_cam.cli.status_line import waiting
from xai_cam.cli.text.saved_model import describe_conversion
from xai_cam.cli.values import PLACE


@click.command(cls=Command)
@model_file_options
@click.option("-o", "--output", type=PLACE, required=True, help="File to write: NEW.keras.")
@click.option("--json", "as_json", is_flag=True, help="Write NEW.json and NEW.weights.h5 instead.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@trust_options
@verbosity_options
def convert(
    model: ModelOptions,
    output: Path,
    as_json: bool,
    overwrite: bool,
    trust: TrustOptions,
    verbosity: VerbosityOptions,
) -> None:
    """Convert an old model and its weights to a current Keras file.

    Plain Keras then reads the new file back: every weight must be equal, and the outputs for random
    images must agree. Otherwise nothing is written.

    \b
    Examples:
        xai-cam convert -m model.json -w model.h5 -o model.keras
        xai-cam convert -m old.h5 -o new.json --json
    """
    from xai_cam.cli.process import bounded_memory, start_tensorflow
    from xai_cam.models.convert import outputs_of
    from xai_cam.models.saving import check_outputs

    files = model.find(trust)
    overwrite = check_outputs(files, outputs_of(output, as_json), overwrite)
    start_tensorflow(verbosity.verbose)
    from xai_cam.models.convert import convert as write_converted

    custom = files.custom_objects
    with waiting(f"Converting {files.model.name}"):
        done = write_converted(
            files, output, as_json, overwrite, custom, trust.allow_unsafe, bounded_memory, trust.limit
        )
    if not verbosity.quiet:
        for line in describe_conversion(done):
            say(with_options(line))
