"""`xai-cam sanity`: do the maps depend on the model and on the class?"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.computing_options import compute_options
from xai_cam.cli.groups import (
    ComputeOptions,
    ImageOptions,
    MapOptions,
    ModelOptions,
    PreprocessingOptions,
    TrustOptions,
    VerbosityOptions,
    gather,
)
from xai_cam.cli.input_options import with_held
from xai_cam.cli.map_options import method_options
from xai_cam.cli.options import (
    image_options,
    model_options,
    trust_options,
    verbosity_options,
)
from xai_cam.cli.preprocessing import preprocessing_options
from xai_cam.cli.printing import say_json
from xai_cam.cli.target_options import TargetOptions, target_options
from xai_cam.cli.values import PLACE

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.files.provenance import Provenance
    from xai_cam.models.input.feeding import Feeding
    from xai_cam.sanity import Sanity
    from xai_cam.sanity.subject import Subject


@dataclass(frozen=True)
class SanityOptions:
    """The options of `xai-cam sanity`."""

    model: ModelOptions
    trust: TrustOptions
    maps: MapOptions
    target: TargetOptions
    preprocessing: PreprocessingOptions
    source: ImageOptions
    count: int
    draws: int
    others: int
    figure_image: Path | None
    output: Path
    as_json: bool
    computing: ComputeOptions
    overwrite: bool
    verbosity: VerbosityOptions


@click.command(cls=Command, heading="What to check")
@click.argument("images", nargs=-1)
@model_options
@trust_options
@method_options("grad-cam", "score-cam")
@target_options
@preprocessing_options
@image_options
@click.option(
    "--count",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    metavar="N",
    help=(
        "Largest number of images to use; from more, evenly spaced ones are chosen. Fewer than 5 give no "
        "verdict."
    ),
)
@click.option(
    "--draws",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    metavar="N",
    help="Number of times to draw random weights.",
)
@click.option(
    "--others",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    metavar="N",
    help="Number of other classes, next in rank, to compare the predicted one with.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all that is drawn."
)
@click.option(
    "--figure-image",
    type=PLACE,
    metavar="FILE",
    help="Image for the figure. Default: the first with maps.",
)
@click.option(
    "-o", "--output", type=PLACE, default="sanity", show_default=True, help="Folder for the report."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@compute_options
@click.option("--overwrite", is_flag=True, help="Replace files in --output that xai-cam did not write.")
@verbosity_options
@gather("options", SanityOptions)
def sanity(images: tuple[str, ...], options: SanityOptions) -> None:
    """Check whether heat maps depend on the weights and the class.

    The weights are replaced by random ones, in memory, from the head down to the layer (Adebayo et al.
    2018). After each step, the map of the predicted class is compared with the original; then the maps of
    the predicted class are compared with those of other classes. If the rank correlation is at least 0.9
    and the overlap of the top 10 % at least 0.82, the maps do not depend on what was changed; from 0.7
    and 0.33 on, hardly. These limits are xai-cam's own. The findings are printed; figure, curves, CSV and
    JSON go to --output.

    Exit codes: 0 all done, whatever the verdict, 1 an image failed, 2 usage, 3 the model, 4 no image
    found, 130 interrupted.

    \b
    Examples:
        xai-cam sanity -m model.json -w weights.h5 photos/
        xai-cam sanity -m model.keras --method grad-cam --method eigen-cam -l conv5_block3_out photos/
    """
    from xai_cam.cli.console import INTERRUPTED, Console, listening
    from xai_cam.files.locks import held
    from xai_cam.sanity.report import FIGURES_FILE

    subject = prepare(images, options)
    console = Console(options.verbosity.quiet)
    with listening(console):
        try:
            with held(options.output / FIGURES_FILE):
                code = run(subject, options, console)
        except KeyboardInterrupt:
            console.notice("Interrupted. Nothing was written, and the model's files are unchanged.")
            code = INTERRUPTED
    sys.exit(code)


def prepare(names: tuple[str, ...], options: SanityOptions) -> Subject:
    """Check everything that can be checked without TensorFlow, and return the subject."""
    from xai_cam.cli.image_arguments import check_named, end_without_images, find_pictures, leave_out_masks
    from xai_cam.cli.requests import check_computing, make_request
    from xai_cam.errors import InputError
    from xai_cam.files.stores.drafts import try_place
    from xai_cam.files.writing import check_not_input, check_writable
    from xai_cam.sanity.report import FIGURES_FILE, SANITY_FILES, check_folder
    from xai_cam.sanity.subject import Subject, same_file, spread

    options.model.one_output("a sanity check looks at one output at a time")
    request = make_request(
        options.model, options.maps, options.preprocessing, target=options.target, draws=True
    )
    check_computing(options.computing)
    check_named(names, options.source)
    files = options.model.find(options.trust)
    found = find_pictures(names, options.source)
    if request.masks:
        leave_out_masks(found, request.masks)
    end_without_images(found, options.verbosity.quiet)
    request = with_held(request, found)
    paths, wanted = [image.path for image in found.images], options.figure_image
    shown = None if wanted is None else same_file(paths, wanted)
    if wanted is not None and shown is None:
        raise InputError(f"--figure-image {wanted} is not one of the images. Name one of them.")
    subject = Subject(files, request, spread(paths, options.count, shown), shown)
    subject.failures |= found.failures
    if len(subject.paths) < len(paths):
        subject.notices.append(
            f"Using {len(subject.paths)} of {len(paths):,} images, evenly spaced (--count for more)."
        )
    subject.notices += found.notices
    read = [*files.parts, options.maps.labels, options.source.from_file, *paths, *request.files]
    for name in SANITY_FILES:
        check_not_input(options.output / name, read)
    check_folder(options.output, options.overwrite)
    check_writable(options.output)
    try_place(options.output / FIGURES_FILE, "`output`")
    return subject


def run(subject: Subject, options: SanityOptions, console: Console) -> int:
    """Check, print and write; the exit code."""
    model = options.trust.open(subject.files, options.verbosity.verbose, options.computing.device)
    feeding = subject.request.open(model, options.computing.batch_size)
    subject.request = replace(subject.request, labels=feeding.labels)  # those beside the model may not fit
    for notice in subject.notices:
        console.notice(notice)
    subject.read_images(feeding, console)
    if subject.read:
        check(subject, feeding, options, console)
    else:
        console.notice("There is nothing to check.")
    for path, reason in subject.failures.items():
        console.row({"image": path, "outcome": "failed", "message": reason})
    checked = len(set(subject.read) - subject.failures.keys())
    console.close(f"{checked:,} checked, {len(subject.failures):,} failed")
    return 1 if subject.failures else 0


def check(subject: Subject, feeding: Feeding, options: SanityOptions, console: Console) -> None:
    """Make the check on the images that could be read; print and write what it finds."""
    from xai_cam.extras import command_for, is_there
    from xai_cam.runs.target_options import arguments_of
    from xai_cam.sanity import sanity_check
    from xai_cam.sanity.report import write_sanity

    announce(subject, feeding, options.draws, console)
    request, computing = subject.request, options.computing.computing()
    found = sanity_check(
        feeding.network,
        subject.images,
        None if request.layers == (None,) else request.layers,
        request.methods,
        draws=options.draws,
        others=options.others,
        seed=request.seed,
        score=request.score,
        **vars(request.limits),
        sign=request.sign,
        samples=request.samples,
        patch=request.patch,
        stride=request.stride,
        smooth=request.smooth,
        **arguments_of(request, feeding),
        masks=subject.stacked_masks,
        batch_size=options.computing.batch_size,
        chunk_size=computing.chunk_size,
        engine=computing.engine,
        device=computing.device,
        xla=computing.xla,
        progress=console.progress,
    )
    for line in subject.take_in(found):
        console.notice(line)
    provenance = subject.provenance(feeding)
    shown = subject.to_show(found, feeding)
    try:  # to be written first: who reads the output may close it after the first line
        write_sanity(options.output, found, subject.describe_images(found), shown, provenance)
    finally:
        show(found, subject, provenance, options.as_json, console)
    curves = (
        "" if is_there("matplotlib") else f" (without curves; for those, run `{command_for('evaluate')}`)"
    )
    console.notice(f"Report: {options.output}{curves}")


def announce(subject: Subject, feeding: Feeding, draws: int, console: Console) -> None:
    """Print the model's input, the layers that will be randomised, and the cost."""
    from xai_cam.cli.text.sanity import describe_plan

    first = subject.values[0].images
    console.notice(f"{feeding.sentence} First image: input {first.min():.3g} to {first.max():.3g}.")
    if feeding.network.head.note:
        console.notice(feeding.network.head.note)
    for line in describe_plan(feeding.network, subject.request, len(subject.read), draws):
        console.notice(line)


def show(found: Sanity, subject: Subject, provenance: Provenance, as_json: bool, console: Console) -> None:
    """Print what was found."""
    from xai_cam.cli.text.sanity import describe_sanity
    from xai_cam.sanity.report import as_figures

    if as_json:
        say_json(as_figures(found, subject.describe_images(found), provenance))
        return
    for line in describe_sanity(found):
        console.say(line)
