"""Options of the commands that make maps: which maps, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable

import click

from xai_cam.cam.channel_limits import CHANNELS_BY
from xai_cam.cam.components import COMPONENTS
from xai_cam.cam.fusion import FUSIONS
from xai_cam.cam.map_sign import SIGNS
from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import METHOD_GROUPS, methods_named
from xai_cam.cam.threshold import SHARE
from xai_cam.cli.groups import F, MapOptions, PictureOptions, group, section, together
from xai_cam.cli.options import labels_option, layers_option
from xai_cam.cli.sampling_options import sampling_options, seed_option
from xai_cam.cli.sections import LOOKS
from xai_cam.cli.values import AutoNumber, ChoiceList, Choices, Share, ThresholdText, flat
from xai_cam.drawing.canvas import THEMES
from xai_cam.drawing.colormaps import COLORMAPS, DEFAULT_COLORMAP
from xai_cam.drawing.marks import MARKS
from xai_cam.drawing.overlay import BLENDS, OPACITIES
from xai_cam.files.animation import FORMATS
from xai_cam.runs.plan import SAVES

_layer = layers_option("explain")

_fuse = click.option(
    "--fuse",
    type=click.Choice(FUSIONS),
    help=(
        "Combine the maps of several layers into one: divide each by its maximum, then take their mean, "
        "maximum or product."
    ),
)


def flat_methods(
    ctx: click.Context, param: click.Parameter, values: tuple[tuple[str, ...], ...]
) -> tuple[str, ...]:
    """The methods that are named, in the order given, each once."""
    return tuple(methods_named(flat(ctx, param, values)))


def _method(*default: str) -> Callable[[F], F]:
    """`--method`, with its default."""
    return click.option(
        "--method",
        "methods",
        multiple=True,
        type=ChoiceList((*METHODS, *METHOD_GROUPS)),
        metavar=f"[{'|'.join((*METHODS, *METHOD_GROUPS))}]",
        callback=flat_methods,
        default=default,
        help="Method to explain with (see `xai-cam methods`). Repeatable, or comma-separated."
        f"  [default: {', '.join(default)}]",
    )


_classes = together(
    click.option(
        "-c",
        "--class",
        "classes",
        multiple=True,
        metavar="SPEC",
        default=("predicted",),
        help=(
            "Class to explain: predicted, topN, an index, a name from --labels, or folder (the class that "
            "the image's folder is named after); cat+lynx (several as one); above:0.5 (all labels that are "
            "more probable); of a regression up, down or NAME:down. Repeatable, or between commas.  "
            "[default: predicted]"
        ),
    ),
    labels_option,
)

_score = together(
    click.option(
        "--sign",
        type=click.Choice(SIGNS),
        default=SIGNS[0],
        show_default=True,
        help=(
            "What the map shows: positive (what speaks for the class), negative (what speaks against it), or "
            "both, in red and blue."
        ),
    ),
    click.option(
        "--score",
        type=click.Choice(["logit", "probability"]),
        help="Score to explain. Default: the method's own; the logit for gradient methods.",
    ),
    click.option(
        "--max-channels",
        type=click.IntRange(1),
        metavar="N",
        help=(
            "For methods that score each channel: score only N channels of an image, those that matter most "
            "to the map as far as can be told, and give the others the weight that is expected of them."
        ),
    ),
    click.option(
        "--tolerance",
        type=Share(),
        metavar="T",
        help=(
            "For methods that score each channel: stop scoring an image's channels when the map is off by no "
            "more than T of its maximum, as is expected; 0.02 or 2%. Default: exact, all channels."
        ),
    ),
    click.option(
        "--channels-by",
        type=click.Choice(CHANNELS_BY),
        default=CHANNELS_BY[0],
        show_default=True,
        help=(
            "Which channels --max-channels leaves: by the scores of those before them, or those that vary "
            "most, the others without any weight (Faster Score-CAM)."
        ),
    ),
)


def map_options(*methods: str) -> Callable[[F], F]:
    """Options for which maps to make, of one class or several, with the default methods."""
    return group(
        "maps", MapOptions, _layer, _fuse, _method(*methods), _classes, _score, sampling_options, seed_option
    )


def method_options(*methods: str) -> Callable[[F], F]:
    """The same options without `--class` and `--fuse`."""
    return group("maps", MapOptions, _layer, _method(*methods), _score, sampling_options, labels_option)


_drawing = section(
    LOOKS,
    click.option(
        "--colormap",
        type=click.Choice(COLORMAPS),
        default=DEFAULT_COLORMAP,
        show_default=True,
        help="Colours of the heat map; with --sign both it is red and blue.",
    ),
    click.option(
        "--blend",
        type=click.Choice(BLENDS),
        default=BLENDS[0],
        show_default=True,
        help=(
            "How the map is laid over the picture. alpha: as opaque as the map is high; constant: equally "
            "opaque everywhere; spotlight: no colours, the picture is dimmed and grey where the map is low."
        ),
    ),
    click.option(
        "--opacity",
        type=click.FloatRange(0, 1),
        help=(
            "Opacity of the heat map in the overlay, for alpha where the map is 1. Default: "
            f"{', '.join(f'{opacity:g} for {blend}' for blend, opacity in OPACITIES.items())}."
        ),
    ),
    click.option(
        "--outline/--no-outline",
        default=True,
        help=(
            "Draw the edge of the region that is explained, as of a segmentation, if there is one.  "
            "[default: outline]"
        ),
    ),
    click.option(
        "--enlarge",
        type=AutoNumber(),
        metavar="auto|N",
        default="auto",
        show_default=True,
        help=(
            "Draw each pixel of a picture as a square of N x N. auto: enlarge only pictures whose longer "
            "side is under 112 pixels, to at least 224; 1: never."
        ),
    ),
)

_threshold = click.option(
    "--threshold",
    type=ThresholdText(),
    default=f"{SHARE}",
    show_default=True,
    help=(
        "From where on a pixel is in a region, its mask and its box: a share of the map's maximum, otsu, or "
        "a percentile of the map, such as p80."
    ),
)

_components = click.option(
    "--components",
    type=click.Choice(COMPONENTS),
    default=COMPONENTS[0],
    show_default=True,
    help="Which connected parts of the map above --threshold are in masks and boxes.",
)

drawing_options = group("picture", PictureOptions, _drawing, _threshold)

picture_options = group(
    "picture",
    PictureOptions,
    click.option(
        "--save",
        "saves",
        type=Choices(SAVES),
        metavar=",".join(SAVES),
        default=("overlay",),
        help=(
            "What to write: overlay, figure (picture, map and overlay with caption and colour bar), "
            "animation (the picture turns into its overlay and back), heatmap (the colours alone), raw (the "
            "map as .npy), mask (white where the map is high, as .png), boxes (the same as boxes and "
            "polygons, a COCO .json). Comma-separated.  [default: overlay]"
        ),
    ),
    _threshold,
    _components,
    _drawing,
    section(
        LOOKS,
        click.option(
            "--grid",
            is_flag=True,
            help="Show the cells of the map in overlays, figures and animations: what the layer knows.",
        ),
        click.option(
            "--mark",
            "marks",
            type=Choices(MARKS),
            metavar=",".join(MARKS),
            default=(),
            help=(
                "Mark in figures: peak (a ring around the highest cell), box (around the largest part above "
                "--threshold), edge (of that part). Comma-separated."
            ),
        ),
        click.option(
            "--theme",
            type=click.Choice(list(THEMES)),
            default="light",
            show_default=True,
            help="Colours of a figure or a sheet around its pictures.",
        ),
        click.option(
            "--animation",
            type=click.Choice(FORMATS),
            default="webp",
            show_default=True,
            help="Kind of file of an animation; a GIF has fewer colours and frames.",
        ),
    ),
    click.option(
        "--format", "file_format", type=click.Choice(["png", "jpg"]), default="png", show_default=True
    ),
)
