"""`xai-cam convert`: an old model as a modern file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.options import EXISTING, trust_options, verbosity_options
from xai_cam.cli.text.saved_model import describe_saved

if TYPE_CHECKING:
    from xai_cam.models.convert import Conversion

MAX_NAMED = 3
BACKENDS = {"theano": "Theano", "tensorflow": "TensorFlow", "cntk": "CNTK"}


@click.command()
@click.argument("model", type=EXISTING)
@click.argument("weights", type=EXISTING, required=False)
@click.option("-o", "--output", type=EXISTING, required=True, help="The new file: NEW.keras.")
@click.option("--json", "as_json", is_flag=True, help="Write NEW.json and NEW.weights.h5 instead.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@trust_options
@verbosity_options
def convert(
    model: Path,
    weights: Path | None,
    output: Path,
    as_json: bool,
    overwrite: bool,
    custom_objects: str | None,
    allow_unsafe: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write an old MODEL with its WEIGHTS as a file of today's Keras.

    The new file is read back by Keras alone: every weight must be equal, and the outputs for random
    images must agree. Otherwise nothing is written.

    \b
    Examples:
        xai-cam convert model.json model.h5 -o model.keras
        xai-cam convert old.h5 -o new.json --json
    """
    from xai_cam.cli.process import bounded_memory, start_tensorflow
    from xai_cam.cli.startup import custom_objects_of
    from xai_cam.models.convert import outputs_of
    from xai_cam.models.loading.sniff import find_model_files
    from xai_cam.models.saving import check_outputs

    files = find_model_files(model, weights)
    check_outputs(files, outputs_of(output, as_json), overwrite)
    start_tensorflow(verbose)
    from xai_cam.models.convert import convert as write_converted

    custom = custom_objects_of(custom_objects)
    done = write_converted(files, output, as_json, overwrite, custom, allow_unsafe, bounded_memory)
    if not quiet:
        report(done)


def report(done: Conversion) -> None:
    """Say what was changed, written and compared."""
    loaded = done.loaded
    backend = f" on {BACKENDS.get(loaded.origin.backend)}" if loaded.origin.backend in BACKENDS else ""
    click.echo(f"Written by Keras {loaded.origin.keras_version}{backend}. Changed:")
    for what, names in loaded.changes.items():
        more = f", and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        click.echo(f"  {what}: {', '.join(names[:MAX_NAMED])}{more}")
    if not loaded.changes:
        click.echo("  nothing")
    for notice in loaded.notices:
        click.echo(notice)
    for line in describe_saved(done.written, done):
        click.echo(line)
