"""`xai-cam kernels show`: the kernels of a convolution layer, in numbers and as pictures."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import ModelOptions, TrustOptions, VerbosityOptions, gather
from xai_cam.cli.options import model_file_options, trust_options, verbosity_options
from xai_cam.cli.printing import say_all, say_json
from xai_cam.cli.values import PLACE

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.files.provenance import Provenance
    from xai_cam.kernels.kernel_bank import KernelBank
    from xai_cam.kernels.layer_picture import Drawn
    from xai_cam.models.loading.model_files import ModelFiles

FORMATS = ("table", "brief", "csv", "npy")
PARTS = ("product", "depthwise", "pointwise")
COMBINES = ("sum", "rgb", "channels")

WIDTH = 100
"""Columns of a table that does not go to a terminal."""

BLOCK = 500  # lines per write: a large layer has a million


@dataclass(frozen=True)
class ShowOptions:
    """The options of `xai-cam kernels show`."""

    model: ModelOptions
    layer: str | None
    part: str | None
    filters: str | None
    combine: str
    channel_order: str | None
    file_format: str | None
    as_json: bool
    picture: bool
    response: bool
    output: Path | None
    overwrite: bool
    trust: TrustOptions
    verbosity: VerbosityOptions


@click.command(cls=Command)
@model_file_options
@click.option(
    "-l",
    "--layer",
    metavar="PATH",
    help="Convolution layer: its name, or outer/inner. Default: the first one. Conv2D (also in groups), "
    "DepthwiseConv2D, SeparableConv2D, Conv2DTranspose.",
)
@click.option(
    "--part",
    type=click.Choice(PARTS),
    help="For a SeparableConv2D: the product of its two steps, or one of them.  [default: product]",
)
@click.option("--filters", metavar="0-7,12", help="Show only these filters. Default: all.")
@click.option(
    "--combine",
    type=click.Choice(COMBINES),
    default=COMBINES[0],
    show_default=True,
    help="How to combine a filter's input channels, in pictures and descriptions. sum: add them up; "
    "channels: keep each by itself, one row of the picture per channel; rgb: three channels as colours "
    "(in the picture only; otherwise like sum).",
)
@click.option(
    "--channel-order",
    type=click.Choice(["rgb", "bgr"]),
    help="For --combine rgb: channel order that the model expects.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    help="table: all weights; brief: one line per filter, without weights; csv: one row per weight, on "
    "standard output; npy: LAYER_kernels.npy (filters, channels, h, w).  [default: table]",
)
@click.option("--json", "as_json", is_flag=True, help="Print what kind of filter each one is as JSON.")
@click.option("--picture", is_flag=True, help="Draw the kernels to LAYER_kernels.png.")
@click.option("--response", is_flag=True, help="Draw |H(u, v)| of each kernel in dB to LAYER_response.png.")
@click.option("-o", "--output", type=PLACE, help="Folder for the files. Default: the current folder.")
@click.option("--overwrite", is_flag=True, help="Redo what is up to date, and replace others' files too.")
@trust_options
@verbosity_options
@gather("options", ShowOptions)
def show(options: ShowOptions) -> None:
    """Show a layer's kernels, and what kind of filter each one is.

    Keras stores the kernels of a Conv2D as (height, width, input channels, filters), of a Conv2DTranspose
    as (height, width, filters, input channels), of a depthwise convolution as (height, width, input
    channels, filters of each). They are shown in the order (filters, input channels, height, width): a
    block for each filter, with its input channels side by side. Filters in groups read the channels of
    their group; the numbers above the kernels are the channels of the layer's input.

    The kind of filter (low-pass, high-pass, band-pass, edge, line, Laplacian-like, sharpening, identity)
    is printed with the numbers behind it, all taken from its frequency response H: the DC gain H(0, 0),
    which is the sum of the weights; the shares of its energy at low (below 1/6 cycle per pixel), middle
    (below 1/3) and high frequencies, and in horizontal, vertical and diagonal structures; and the
    correlation with the nearest standard kernel: box, Gaussian, delta, Sobel, Prewitt, Laplacian,
    sharpen, unsharp. A correlation below 0 means its negative. `mixed` filters are like none of them.

    \b
    Examples:
        xai-cam kernels show -m model.json
        xai-cam kernels show -m model.json -l conv2d_1 --filters 0-7,12
        xai-cam kernels show -m model.json --format brief --picture --combine rgb --response -o kernels
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.kernels.kernel_bank import parse_filters

    check_streams(options)
    check_combine_option(options)
    parse_filters(options.filters)
    files = options.model.find(options.trust)
    console = Console(options.verbosity.quiet)
    with listening(console):
        run(files, options, console)


def check_streams(options: ShowOptions) -> None:
    """Refuse two outputs on standard output, and file options if no file is written.

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError

    form, draws = options.file_format, options.picture or options.response
    if options.as_json and form not in (None, "npy"):
        raise InputError(f"--json and --format {form} both write to standard output. Use one of them.")
    if draws or form == "npy":
        return
    for name, value in (("output", options.output), ("overwrite", options.overwrite)):
        if value:
            raise InputError(f"--{name} is for files. Write some with --picture, --response or --format npy.")


def check_combine_option(options: ShowOptions) -> None:
    """Refuse a way to combine kernels that no output would show.

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError

    form = options.file_format
    if options.channel_order and (options.combine != "rgb" or not options.picture):
        raise InputError(
            "--channel-order chooses the colours of a picture. Use it with --picture --combine rgb."
        )
    if options.combine == "rgb" and not options.picture:
        raise InputError("--combine rgb is for pictures of kernels. Add --picture.")
    shows = options.picture or options.response or options.as_json or form not in ("csv", "npy")
    if options.combine != "sum" and not shows:
        raise InputError(f"--format {form} writes all channels. Leave --combine out.")


def run(files: ModelFiles, options: ShowOptions, console: Console) -> None:
    """Read the layer, write the requested files, and print it."""
    from xai_cam.cli.text.kernels import as_figures, lines_of
    from xai_cam.kernels.kernel_bank import parse_filters
    from xai_cam.kernels.layer_picture import check_combine

    model = options.trust.open(files, options.verbosity.verbose, "cpu")  # there is nothing to compute
    bank = read_layer(model, options, console)
    filters = parse_filters(options.filters, bank.filters)
    check_combine(bank, options.combine)
    write_files(files, bank, filters, options, console)
    if options.as_json:
        say_json(as_figures(bank, filters, options.combine))
    elif options.file_format != "npy":
        piped = sys.maxsize if options.file_format == "brief" else WIDTH  # a line a filter, for grep and awk
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else piped
        lines = lines_of(bank, filters, options.combine, options.file_format or "table", width)
        while block := list(islice(lines, BLOCK)):
            say_all(block)


def read_layer(model: Any, options: ShowOptions, console: Console) -> KernelBank:
    """The kernels of the named layer, or of the default, which is printed."""
    from xai_cam.errors import InputError
    from xai_cam.kernels.kernel_bank import kind_of, pick_convolution, read_bank
    from xai_cam.models.network import list_layers

    info = pick_convolution(list_layers(model), options.layer)
    if options.layer is None:
        console.notice(f"Layer {info.path}, the model's first convolution. Name another with --layer.")
    if options.part and kind_of(info.layer) != "SeparableConv2D":
        raise InputError(f"--part is for a SeparableConv2D, but {info.path} is a {info.kind}. Leave it out.")
    return read_bank(info, options.part or "product")


def write_files(
    files: ModelFiles, bank: KernelBank, filters: list[int], options: ShowOptions, console: Console
) -> None:
    """Write the requested pictures and array, unless they are up to date.

    Raises
    ------
    XaiCamError
        A file of others stands in the way, or cannot be written; nothing is written before all are looked at.
    """
    from xai_cam.files.current import is_current
    from xai_cam.files.names import safe_name
    from xai_cam.files.provenance import check_replaceable, digest
    from xai_cam.files.writing import check_not_input, check_writable, write_whole

    encoders = encoders_of(bank, filters, options, console)
    folder, stem = options.output or Path(), safe_name(bank.layer)
    if encoders:
        check_writable(folder)
    provenance = provenance_of(files, bank, filters, options)
    paths = {name: folder / f"{stem}_{name}" for name in encoders}
    for path in paths.values():
        check_not_input(path, files.parts)
        if not options.overwrite:
            check_replaceable(path)
    for name, path in paths.items():
        request = digest({**provenance, "kind": name})
        if not options.overwrite and is_current(path, request):
            console.notice(f"{path} is up to date.")
            continue
        write_whole(path, encoders[name]({**provenance, "request": request}), kept=True)
        console.notice(f"Wrote {path}.")


def provenance_of(
    files: ModelFiles, bank: KernelBank, filters: list[int], options: ShowOptions
) -> Provenance:
    """The provenance that each file records."""
    from xai_cam._version import __version__

    return {
        "tool": f"xai-cam {__version__}",
        **files.origin,
        "layer": bank.layer,
        "part": bank.part,
        "filters": filters,
        "combine": options.combine,
        "channel_order": options.channel_order or "rgb",
    }


def encoders_of(
    bank: KernelBank, filters: list[int], options: ShowOptions, console: Console
) -> dict[str, Callable[[Provenance], bytes]]:
    """Ending of a file name -> function from provenance to the file's bytes."""
    from xai_cam.files.provenance import encode_array
    from xai_cam.kernels.layer_picture import draw_kernels, draw_responses

    combine, order = options.combine, options.channel_order or "rgb"
    encoders: dict[str, Callable[[Provenance], bytes]] = {}
    if options.file_format == "npy":
        encoders["kernels.npy"] = lambda provenance: encode_array(bank.values[filters], provenance)
    if options.picture:
        encoders["kernels.png"] = picture_encoder(
            "picture", lambda: draw_kernels(bank, filters, combine, order), console
        )
    if options.response:
        encoders["response.png"] = picture_encoder(
            "response", lambda: draw_responses(bank, filters, combine), console
        )
    return encoders


def picture_encoder(what: str, draw: Callable[[], Drawn], console: Console) -> Callable[[Provenance], bytes]:
    """A function that draws a picture, and prints what it had no room for."""
    from xai_cam.files.provenance import encode_picture

    def encode(provenance: Provenance) -> bytes:
        drawn, full = draw(), f"The {what} has no room for"
        if drawn.filters:
            console.notice(f"{full} {drawn.filters} filters. Choose fewer with --filters.")
        if drawn.channels:
            advice = "Add them up with --combine sum."
            console.notice(f"{full} {drawn.channels} channels of each filter. {advice}")
        return encode_picture(drawn.pixels, provenance, "png")

    return encode
