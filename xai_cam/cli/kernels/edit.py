"""`xai-cam kernels edit`: a new model with edited filters, and a ranking of the filters that matter."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import gather
from xai_cam.cli.input_options import with_held
from xai_cam.cli.kernels.effects import (
    EffectOptions,
    check_new_model,
    effect_options,
    find_effect_images,
    new_model_options,
    show_effects,
)
from xai_cam.cli.options import model_options, trust_options
from xai_cam.cli.status_line import waiting
from xai_cam.cli.text.saved_model import describe_saved
from xai_cam.files.rows import INPUT, ORIGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.kernels.editing.edits import Edit
    from xai_cam.kernels.editing.ranking import FilterLoss
    from xai_cam.models.input.inputs import Inputs
    from xai_cam.models.loading.model_files import ModelFiles

LOSSES = ("layer", "filter", "loss_probability", "loss_logit", "changed", "images")
RANKING = (*LOSSES, "preprocessing", *INPUT, *ORIGIN)
"""Columns of a ranking: what one filter is worth, and what made the row."""


@dataclass(frozen=True)
class RankOptions:
    """Whether to rank filters instead, of which layer, and by which score."""

    rank: bool
    layer: str | None
    score: str | None


@click.command(cls=Command)
@click.argument("images", nargs=-1)
@model_options
@trust_options
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="LAYER:FILTERS=KERNEL",
    help=(
        "Replace filters by a named kernel of the layer's size (see `prepend --fir`), or by a .npy file of "
        "shape (h, w) or (channels, h, w), with bias 0. A single kernel is used for every input channel, "
        "divided by their number. Repeatable."
    ),
)
@click.option(
    "--multiply",
    "factors",
    multiple=True,
    metavar="LAYER:FILTERS=FACTOR",
    help="Multiply kernels and biases by a factor. Repeatable.",
)
@click.option(
    "--zero",
    "zeros",
    multiple=True,
    metavar="LAYER:FILTERS",
    help="Set kernels and biases to 0; FILTERS as in 0-7,12. Repeatable.",
)
@click.option(
    "--rank",
    is_flag=True,
    help=(
        "Write no model: zero each filter of --layer in turn, and rank the filters by the loss of score on "
        "IMAGES."
    ),
)
@click.option("-l", "--layer", metavar="PATH", help="Layer for --rank. Default: the first convolution.")
@click.option(
    "--score",
    type=click.Choice(["probability", "logit"]),
    help="Score whose loss decides the order of --rank.  [default: probability]",
)
@gather("ranking", RankOptions)
@new_model_options
@effect_options
def edit(
    images: tuple[str, ...],
    sets: tuple[str, ...],
    factors: tuple[str, ...],
    zeros: tuple[str, ...],
    ranking: RankOptions,
    options: EffectOptions,
) -> None:
    """Write a new model with edited filters, and measure the effect.

    With IMAGES, shows how their scores and classes change. All --set are applied first, then all
    --multiply, then all --zero. Without --output no model is written; the effects are still measured and
    printed. The score is that of the class which the old model predicts: its probability, or the output
    of a model that gives no probabilities. Exit codes: 0 all done, 1 an image failed, 2 usage, 3 the
    model, 4 no image found, 130 interrupted.

    \b
    Examples:
        xai-cam kernels edit -m model.json --zero conv2d_1:0,3 --multiply conv2d_2:7=0.5 -o new
        xai-cam kernels edit -m model.json --set conv2d_1:5=sobel-x photos/
        xai-cam kernels edit -m model.json -l conv2d_1 --rank photos/
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.requests import labels_in
    from xai_cam.files.locks import held
    from xai_cam.kernels.editing.edits import parse_edits

    edits = parse_edits(sets, factors, zeros)
    check_together(edits, images, ranking, options)
    labels = labels_in(options.labels, options.model.model)
    files = options.model.find(options.trust)
    found = find_effect_images(images, options, files)
    output = options.output
    outputs = check_new_model(files, output, options.overwrite) if output else None
    console = Console(options.verbosity.quiet)
    with listening(console), held(outputs[0] if outputs else None):
        if found is not None and ranking.rank:
            sys.exit(rank(files, found, ranking, options, labels, console))
        sys.exit(run(files, edits, outputs, found, options, labels, console))


def check_together(
    edits: Sequence[Edit], images: tuple[str, ...], ranking: RankOptions, options: EffectOptions
) -> None:
    """Refuse options that make no sense together.

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError

    shown = bool(images or options.source.from_file)
    if options.overwrite and not options.output:
        raise InputError("--overwrite replaces a model in --output, but there is no --output. Leave it out.")
    if ranking.rank:
        if edits or options.output:
            raise InputError(
                "--rank measures the filters of the model as it is, and writes no model. Leave out --set, "
                "--multiply, --zero and --output."
            )
        if not shown:
            raise InputError("--rank needs images to measure on. Name files or folders.")
        return
    for name, value in (("layer", ranking.layer), ("score", ranking.score)):
        if value:
            raise InputError(f"--{name} is for --rank. Add --rank, or leave --{name} out.")
    if not edits:
        raise InputError(
            "Nothing to edit: pass --set, --multiply or --zero, or compare the filters first with --rank."
        )
    if not shown and not options.output:
        raise InputError("Name a folder for the new model with --output, or IMAGES to measure the effect on.")


def run(
    files: ModelFiles,
    edits: Sequence[Edit],
    outputs: list[Path] | None,
    found: Found | None,
    options: EffectOptions,
    labels: Sequence[str] | None,
    console: Console,
) -> int:
    """Write the edited model, compare it with the old one, and return the exit code."""
    model = options.open(files)
    from xai_cam.cam.classifier import Classifier
    from xai_cam.kernels.editing.temporary import edited
    from xai_cam.models.network import list_layers
    from xai_cam.models.saving import made_from, save_checked

    request = options.preprocessing.feeding(options.model, labels)
    feeding = with_held(request, found).open(model) if found else None
    layers = feeding.network.layers if feeding else list_layers(model)
    with edited(layers, edits):
        for change in edits:
            console.notice(change.describe())
        if outputs:
            custom = files.custom_objects
            provenance = made_from(files) | {"edits": [change.describe() for change in edits]}
            with waiting("Writing the new model"):
                saved = save_checked(model, outputs, custom, options.trust.allow_unsafe, provenance)
            for line in describe_saved(outputs, saved):
                console.notice(line)
    if found is None or feeding is None:
        return 0
    if not outputs:
        console.notice("No model written (no --output).")
    computing = options.computing.computing()
    before = Classifier(feeding.network, computing)
    changed = Classifier(feeding.network, computing)  # of its own: what an engine converts has its weights

    def after(images: Inputs) -> tuple[np.ndarray, np.ndarray]:
        with edited(layers, edits):
            return changed.score(images)

    return show_effects(console, feeding, before, after, found, options)


def rank(
    files: ModelFiles,
    found: Found,
    ranking: RankOptions,
    options: EffectOptions,
    labels: Sequence[str] | None,
    console: Console,
) -> int:
    """Print and write the ranking of a layer's filters, and return the exit code."""
    from xai_cam.cli.console import INTERRUPTED

    model = options.open(files)
    from xai_cam.cli.text.editing import describe_ranking, describe_work
    from xai_cam.files.results import open_results
    from xai_cam.kernels.editing.ranking import rank_filters
    from xai_cam.kernels.editing.temporary import filters_of
    from xai_cam.kernels.kernel_bank import find_convolution
    from xai_cam.runs.origin import origin_of
    from xai_cam.runs.tasks import tasks_of

    request = with_held(options.preprocessing.feeding(options.model, labels), found)
    feeding = request.open(model, options.computing.batch_size)
    target = find_convolution(feeding.network, ranking.layer)
    tasks = tasks_of(found.images)
    for line in found.notices:
        console.notice(line)
    console.notice(feeding.sentence)
    console.notice(describe_work(target, len(tasks), filters_of(target)))
    try:
        with open_results(options.results, RANKING, options.append, options.safe_csv) as writer:
            by, computing = ranking.score or "probability", options.computing.computing()
            losses, summary = rank_filters(feeding, target, tasks, console, by, found.failures, computing)
            if writer is not None:
                made = {"preprocessing": feeding.describe(), **feeding.facts(), **origin_of(files)}
                for loss in losses:
                    writer.write(row_of_loss(target.path, loss) | made)
    except KeyboardInterrupt:
        console.notice("Interrupted. No ranking is printed for only some of the images.")
        return INTERRUPTED
    say = console.notice if options.results == "-" else console.say
    for line in describe_ranking(losses, feeding.network.head):
        say(line)
    measured = len(tasks) + len(found.failures) - summary.failed
    console.close(f"{measured:,} measured, {summary.failed:,} failed")
    return 1 if summary.failed else 0


def row_of_loss(layer: str, loss: FilterLoss) -> dict[str, Any]:
    """The losses of one filter, as in `LOSSES`."""
    probability = None if math.isnan(loss.probability) else loss.probability
    values = layer, loss.filter, probability, loss.logit, loss.changed, loss.images
    return dict(zip(LOSSES, values, strict=True))
