"""`xai-cam features`: the activations of layers as pictures."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.computing_options import features_options
from xai_cam.cli.executor_options import ExecutorOptions, executor_options
from xai_cam.cli.groups import (
    ComputeOptions,
    ModelOptions,
    PreprocessingOptions,
    TrustOptions,
    gather,
)
from xai_cam.cli.input_options import leave_out_views
from xai_cam.cli.options import (
    labels_option,
    layers_option,
    model_options,
    trust_options,
)
from xai_cam.cli.picture_command import DrawingRunOptions, drawing_run_options, find_tasks, run_pictures
from xai_cam.cli.preprocessing import preprocessing_options
from xai_cam.cli.target_options import TargetOptions, target_options
from xai_cam.cli.values import Choices
from xai_cam.drawing.colormaps import COLORMAPS
from xai_cam.features.request import ORDERS, SAVES, SCALES

if TYPE_CHECKING:
    from xai_cam.features.renderer import FeatureRenderer
    from xai_cam.features.request import FeatureRequest
    from xai_cam.models.loading.model_files import ModelFiles


@dataclass(frozen=True)
class FeaturesOptions:
    """The options of `xai-cam features`."""

    model: ModelOptions
    trust: TrustOptions
    layers: tuple[str, ...]
    top: int | None
    by: str | None
    classes: tuple[str, ...]
    target: TargetOptions
    labels: Path | None
    preprocessing: PreprocessingOptions
    saves: tuple[str, ...]
    scale: str
    colormap: str
    computing: ComputeOptions
    drawing: DrawingRunOptions
    call: int | None = None
    reshape: tuple[int, int] | None = None
    executing: ExecutorOptions = field(default_factory=ExecutorOptions)


@click.command(cls=Command, heading="What to draw")
@click.argument("images", nargs=-1)
@model_options
@trust_options
@layers_option("show", ": all in one figure")
@click.option(
    "--top",
    type=click.IntRange(1),
    metavar="N",
    help="Show only the N channels with the largest energy or weight.",
)
@click.option(
    "--by",
    type=click.Choice(ORDERS),
    help=(
        "Order of the channels, largest first. energy: mean square of the map; weight: Grad-CAM's weight, "
        "the mean over the map of the gradient of the class's logit. Default: weight with --class, energy "
        "with --top alone, otherwise channel number."
    ),
)
@click.option(
    "-c",
    "--class",
    "classes",
    multiple=True,
    metavar="SPEC",
    help="Class for the weights: predicted (the default of --by weight), top1, an index, a name from "
    "--labels, or folder; cat+lynx (several as one); of a regression up, down or NAME:down.",
)
@target_options
@labels_option
@preprocessing_options
@click.option(
    "--save",
    "saves",
    type=Choices(SAVES),
    metavar=",".join(SAVES),
    default=("grid",),
    help=(
        "What to write: grid (the figure), npy (all channels as height x width x channels, one file per "
        "layer). Comma-separated.  [default: grid]"
    ),
)
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default=SCALES[0],
    show_default=True,
    help="Range of a tile's colours: its own, or that of its layer.",
)
@click.option(
    "--colormap",
    type=click.Choice(COLORMAPS),
    default="viridis",
    show_default=True,
    help="Colours for layers without negative values. Others are blue below 0, white at 0 and red above.",
)
@features_options
@executor_options
@drawing_run_options
@gather("options", FeaturesOptions)
def features(images: tuple[str, ...], options: FeaturesOptions) -> None:
    """Draw what layers make of IMAGES, one tile per channel.

    Each tile has the channel's number and range. Several layers stand side by side. As long as their
    channels correspond (a convolution, its activation, its pooling), each row shows one channel: the
    kernel, then map after map. --top chooses channels by the last of such layers. Dead channels, constant
    over the whole map, are hatched.

    \b
    Examples:
        xai-cam features -m model.json -w weights.h5 -l conv1 -l relu1 -l pool1 cat.jpg
        xai-cam features -m model.keras -l conv5_block3_out --top 16 photos/
        xai-cam features -m model.keras --top 16 -c dog --labels labels.txt dog.jpg
        xai-cam features -m model.keras -l conv1 --save npy -o arrays photos/
    """
    from xai_cam.cli.requests import broken_images, check_computing

    check_computing(options.computing)
    options.executing.check(options.computing, options.drawing.running.fail_fast)
    request = make_request(options)
    files = options.model.find(options.trust, options.computing)
    tasks, found = find_tasks(images, options.drawing, request.stems, partial(leave_out_views, request))
    request = request.with_images(found.images)
    renderer = make_renderer(request, files, options)
    inputs = *files.parts, options.labels, *request.files
    broken = broken_images(request, options.drawing.running)
    executor = options.executing.make(options.computing)
    sys.exit(run_pictures(tasks, found, renderer, options.drawing, inputs, broken, executor))


def make_request(options: FeaturesOptions) -> FeatureRequest:
    """The request, checked.

    Raises
    ------
    InputError
        The options make no sense.
    """
    from xai_cam.cli.requests import labels_in
    from xai_cam.errors import InputError
    from xai_cam.features.request import FeatureRequest

    if len(options.classes) > 1:
        raise InputError("--class was given twice, but weights belong to one class at a time. Name one.")
    return FeatureRequest(
        layers=options.layers,
        top=options.top,
        by=options.by,
        target=options.classes[0] if options.classes else None,
        labels=labels_in(options.labels, options.model.model),
        size=options.model.size,
        head=options.model.head,
        output_names=options.model.one_output("weights belong to one output at a time"),
        **vars(options.target),
        image_input=options.model.image_input,
        reshape=options.reshape,
        call=options.call,
        saves=options.saves,
        colormap=options.colormap,
        scale=options.scale,
        **vars(options.preprocessing),
    ).tidy()


def make_renderer(request: FeatureRequest, files: ModelFiles, options: FeaturesOptions) -> FeatureRenderer:
    """The renderer of a run; it loads the model when the first image needs it."""
    from xai_cam.features.renderer import FeatureRenderer

    model = partial(options.trust.stored, files, options.drawing.running.verbose, options.computing)
    return FeatureRenderer(request, files, model, options.computing.computing())
