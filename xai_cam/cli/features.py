"""`xai-cam features`: the activations of layers as pictures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.options import (
    device_option,
    labels_option,
    model_options,
    preprocessing_options,
    trust_options,
)
from xai_cam.cli.picture_command import drawing_run_options, find_tasks, run_pictures
from xai_cam.cli.values import Choices
from xai_cam.drawing.overlay import COLORMAPS
from xai_cam.features.request import ORDERS, SAVES, SCALES

if TYPE_CHECKING:
    from xai_cam.features.renderer import FeatureRenderer
    from xai_cam.features.request import FeatureRequest
    from xai_cam.models.loading.sniff import ModelFiles


@click.command()
@click.argument("images", nargs=-1)
@model_options
@trust_options
@click.option(
    "-l",
    "--layer",
    "layers",
    multiple=True,
    metavar="PATH",
    help="Layer to show: its name, or outer/inner. Default: the last one with maps larger than 1 x 1 before "
    "the head (see `xai-cam layers`). Repeatable: all in one figure.",
)
@click.option(
    "--top", type=click.IntRange(1), metavar="N", help="Only the first N channels by energy or weight."
)
@click.option(
    "--by",
    type=click.Choice(ORDERS),
    help="Order of the channels, largest first. energy: mean of the squares over the map; weight: "
    "Grad-CAM's, the mean over the map of the gradient of the class's logit. Default: weight with --class, "
    "energy with --top alone, else the channels' numbers.",
)
@click.option(
    "-c",
    "--class",
    "classes",
    multiple=True,
    metavar="SPEC",
    help="Class of the weights: predicted (the default of --by weight), top1, an index, a name from "
    "--labels, or folder.",
)
@labels_option
@preprocessing_options
@click.option(
    "--save",
    "saves",
    type=Choices(SAVES),
    metavar=",".join(SAVES),
    default=("grid",),
    help="What to write: grid (the figure), npy (all channels of a layer, height x width x channels, a file "
    "a layer). Both with a comma.  [default: grid]",
)
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default=SCALES[0],
    show_default=True,
    help="What a tile's colours span: its own range, or that of its layer.",
)
@click.option(
    "--colormap",
    type=click.Choice(COLORMAPS),
    default="viridis",
    show_default=True,
    help="Colours of layers without values below 0. Others are blue below 0, white at 0 and red above.",
)
@device_option
@drawing_run_options
def features(images: tuple[str, ...], **options: Any) -> None:
    """Draw what layers make of IMAGES: each channel's map as a tile with its number and range.

    Several layers stand side by side. As long as their channels are the same ones (a convolution, its
    activation, its pooling), each row shows one channel: the kernel, then map after map. --top chooses
    channels at the last of such layers. Dead channels, the same all over the map, are hatched.

    \b
    Examples:
        xai-cam features -m model.json -w weights.h5 -l conv1 -l relu1 -l pool1 cat.jpg
        xai-cam features -m model.keras -l conv5_block3_out --top 16 photos/
        xai-cam features -m model.keras --top 16 -c dog --labels labels.txt dog.jpg
        xai-cam features -m model.keras -l conv1 --save npy -o arrays photos/
    """
    from xai_cam.cli.console import Console
    from xai_cam.models.devices import check_device
    from xai_cam.models.loading.sniff import find_model_files

    check_device(options["device"])
    request = make_request(options)
    files = find_model_files(options["model"], options["weights"])
    tasks, found = find_tasks(images, options, request.stems)
    console = Console(options["quiet"])
    renderer = make_renderer(request, files, options)
    inputs = files.model, files.weights, options["labels"]
    sys.exit(run_pictures(tasks, found, renderer, options, inputs, console))


def make_request(options: dict[str, Any]) -> FeatureRequest:
    """The request, from those of the options that are a field of it.

    Raises
    ------
    InputError
        What is asked for cannot be meant.
    """
    from xai_cam.errors import InputError
    from xai_cam.features.request import FeatureRequest
    from xai_cam.images.labels import read_labels

    if len(options["classes"]) > 1:
        raise InputError("--class was given twice, and weights are of one class at a time. Name one.")
    labels = read_labels(options["labels"]) if options["labels"] else None
    fields = FeatureRequest.__dataclass_fields__.keys() - {"labels"}
    asked = {name: value for name, value in options.items() if name in fields}
    target = options["classes"][0] if options["classes"] else None
    return FeatureRequest(labels=labels, target=target, **asked).tidy()


def make_renderer(request: FeatureRequest, files: ModelFiles, options: dict[str, Any]) -> FeatureRenderer:
    """The renderer of a run; it loads the model when the first image needs it."""
    from xai_cam.cli.startup import open_model
    from xai_cam.features.renderer import FeatureRenderer

    def model() -> Any:
        trust = options["custom_objects"], options["allow_unsafe"]
        return open_model(files, options["verbose"], options["device"], *trust)

    device = "gpu" if options["device"].startswith("gpu:") else options["device"]
    return FeatureRenderer(request, files, model, device)
