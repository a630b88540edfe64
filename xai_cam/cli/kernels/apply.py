"""`xai-cam kernels apply`: pictures filtered by a kernel."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import ModelOptions, TrustOptions, gather, section
from xai_cam.cli.options import MODEL_HELP, WEIGHTS_HELP, inside_option, trust_options
from xai_cam.cli.picture_command import DrawingRunOptions, drawing_run_options, find_tasks, run_pictures
from xai_cam.cli.preprocessing import reading_options
from xai_cam.cli.sections import IMAGES
from xai_cam.cli.values import MODEL_FILE, Choices
from xai_cam.images.reading import Reading
from xai_cam.kernels.apply_run import ENDINGS
from xai_cam.kernels.filtering import BORDERS, SCALES
from xai_cam.kernels.kernel_bank import PARTS
from xai_cam.kernels.named_kernels import NAMED_KERNELS
from xai_cam.kernels.picture_filter import COMBINES

if TYPE_CHECKING:
    from xai_cam.kernels.sources import Kernels

SAVES = tuple(ENDINGS)


@dataclass(frozen=True)
class ApplyOptions:
    """The options of `xai-cam kernels apply`."""

    model: Path | None
    weights: Path | None
    inside: str | None
    trust: TrustOptions
    layer: str | None
    filters: str | None
    part: str | None
    channel_order: str | None
    specs: tuple[str, ...]
    kernel_size: int | None
    border: str
    planes: str
    scale: str
    saves: tuple[str, ...] | None
    window: tuple[float, float] | None
    depth: int | None
    frame: int | None
    max_pixels: int
    show_bands: tuple[int, ...] | None
    drawing: DrawingRunOptions

    @property
    def reading(self) -> Reading:
        """How files are read.

        Raises
        ------
        InputError
            What is asked for makes no sense.
        """
        reading = Reading(self.window, self.depth, self.max_pixels, None, self.show_bands, self.frame)
        reading.check()
        return reading

    @property
    def of_a_layer(self) -> dict[str, object]:
        """Options that need --filters, by name."""
        return {
            "--model": self.model,
            "--weights": self.weights,
            "--inside": self.inside,
            "--layer": self.layer,
            "--part": self.part,
            "--channel-order": self.channel_order,
            "--custom-objects": self.trust.custom_objects,
            "--allow-unsafe": self.trust.allow_unsafe,
            "--limit": self.trust.limit,
        }


@click.command(cls=Command)
@click.argument("images", nargs=-1)
@click.option(
    "-m",
    "--model",
    type=MODEL_FILE,
    help=f"{MODEL_HELP} Not needed with --fir.",
)
@click.option(
    "-w",
    "--weights",
    type=MODEL_FILE,
    help=WEIGHTS_HELP,
)
@inside_option
@trust_options
@click.option("-l", "--layer", metavar="PATH", help="Convolution layer: its name, or outer/inner.")
@click.option("--filters", metavar="0-7,12", help="Filters of the layer to apply.")
@click.option(
    "--part",
    type=click.Choice(PARTS),
    help="For a SeparableConv2D: which kernels to apply.  [default: product]",
)
@click.option(
    "--channel-order",
    type=click.Choice(["rgb", "bgr"]),
    help="Channel order that the model expects. Default: rgb.",
)
@click.option(
    "--fir",
    "specs",
    multiple=True,
    metavar="KERNEL",
    help=(
        f"Kernel to apply instead of a layer's filter: {', '.join(NAMED_KERNELS)}, with a number if it "
        "takes one (sharpen:1, gaussian:1.5); or a .npy file of shape (h, w) or (planes, h, w). Repeatable."
    ),
)
@click.option(
    "--kernel-size",
    type=click.IntRange(1),
    metavar="N",
    help="Rows and columns of a named kernel; an odd number.",
)
@click.option(
    "--border",
    type=click.Choice(BORDERS),
    default=BORDERS[0],
    show_default=True,
    help=(
        "How to extend the picture beyond its edges: mirrored (as cv2.filter2D), with zeros (as a CNN with "
        "`same` padding), or by repeating its outermost pixels."
    ),
)
@click.option(
    "--planes",
    type=click.Choice(["auto", *COMBINES]),
    default="auto",
    show_default=True,
    help=(
        "How to combine the filtered planes: into their sum, or a colour picture. auto: colour for one "
        "kernel on all planes that sums to 1 (sharpen, box, gaussian), otherwise sum."
    ),
)
@click.option(
    "--scale",
    type=click.Choice(["auto", *SCALES]),
    default="auto",
    show_default=True,
    help=(
        "How to display values. clip: 0 to 1 unchanged; symmetric: 0 is mid grey, the largest magnitude "
        "black or white; stretch: lowest to highest. auto: clip if the kernels sum to 1, symmetric if they "
        "sum to 0; otherwise symmetric too, or stretch if values on one side of 0 reach less than a "
        "quarter as far as on the other."
    ),
)
@click.option(
    "--save",
    "saves",
    type=Choices(SAVES),
    metavar=",".join(SAVES),
    help=(
        "What to write: picture (the result at the picture's size), figure (picture, kernel, result and "
        "each plane, with captions), raw (the result's values as .npy). Comma-separated.  [default: "
        "picture; with --filters also figure]"
    ),
)
@section(IMAGES, *reading_options)
@drawing_run_options
@gather("options", ApplyOptions)
def apply(images: tuple[str, ...], options: ApplyOptions) -> None:
    """Filter IMAGES with a kernel.

    IMAGES are files, folders or quoted globs. The kernel is applied at its own size to each plane of the
    picture, with pixels from 0 to 1, by correlation, as cv2.filter2D and a CNN do it. The filtered planes
    are summed, without the layer's bias, activation and strides. A layer that reads 3 channels filters
    red, green and blue; one that reads 1 channel filters grey; a deeper layer gets the grey picture in
    place of each feature map.

    \b
    Examples:
        xai-cam kernels apply --fir sharpen:1 photos/
        xai-cam kernels apply --fir sobel-x --kernel-size 5 cat.jpg
        xai-cam kernels apply -m model.json -l conv1 --filters 0-7 --save picture,figure cat.jpg
    """
    check_kernel_options(options)
    kernels, inputs = choose_kernels(options)
    from xai_cam.kernels.apply_run import KernelRenderer

    saves = options.saves or (("picture",) if options.specs else ("picture", "figure"))
    renderer = KernelRenderer(kernels, options.border, options.scale, options.planes, saves, options.reading)
    tasks, found = find_tasks(images, options.drawing, renderer.stems)
    sys.exit(run_pictures(tasks, found, renderer, options.drawing, inputs))


def check_kernel_options(options: ApplyOptions) -> None:
    """Refuse options that name no kernel, or two.

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError

    if not options.specs and options.filters is None:
        raise InputError(
            "No kernel named. Use --fir, such as --fir sharpen:1, or a model's filters with --model, "
            "--layer and --filters."
        )
    if not options.specs:
        missing = [name for name in ("model", "layer") if getattr(options, name) is None]
        if missing:
            raise InputError(
                f"--filters needs --{' and --'.join(missing)}. Name the layer that has the filters, as in "
                "-m model.json -l conv1 --filters 3."
            )
        if options.kernel_size is not None:
            raise InputError(
                "--kernel-size is for the named kernels of --fir. Leave it out: a layer's kernels have a "
                "size of their own."
            )
        return
    if options.filters is not None:
        raise InputError("--fir and --filters both name kernels. Use one of them.")
    given = [option for option, value in options.of_a_layer.items() if value]
    if given:
        raise InputError(f"{given[0]} is for a layer's filter, but --fir is given. Leave one of them out.")


def choose_kernels(options: ApplyOptions) -> tuple[Kernels, tuple[Any, ...]]:
    """The kernels, and the files they are read from.

    Raises
    ------
    XaiCamError
        There is no such kernel, or no such model.
    """

    from xai_cam.kernels.sources import LayerKernels, NamedKernels

    if options.model is None or options.layer is None or options.filters is None:
        named = NamedKernels(options.specs, options.kernel_size)
        return named, tuple(named.paths)
    files = ModelOptions(options.model, options.weights, inside=options.inside).find(options.trust)

    @cache
    def model() -> Any:
        verbose = options.drawing.running.verbose
        return options.trust.open(files, verbose, "cpu")  # its weights are read, and no more

    kernels = LayerKernels(files, model, options.layer, options.filters, options.part, options.channel_order)
    return kernels, files.parts
