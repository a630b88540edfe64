"""Options that mean the same in every command, as decorators."""

from __future__ import annotations

from collections.abc import Callable

import click

from xai_cam.cli import groups
from xai_cam.cli.groups import F, group, section, together
from xai_cam.cli.input_options import image_input_option
from xai_cam.cli.sections import MODEL
from xai_cam.cli.shards import shard_option
from xai_cam.cli.values import MODEL_FILE, PLACE, Names, Size, check_limit, check_module, flat
from xai_cam.images.labels_beside import NAMES
from xai_cam.models.output.head import HEADS

MODEL_HELP = (
    "Whole model (.keras, .h5, SavedModel folder, TensorFlow.js model.json), or architecture JSON or YAML."
)
WEIGHTS_HELP = (
    "Weights of an architecture (.h5, .weights.json, TensorFlow checkpoint). Default: the only ones "
    "beside it."
)

inside_option = click.option(
    "--inside",
    metavar="GROUP",
    callback=lambda _, __, value: (value or "").strip("/") or None,
    help="Group of the HDF5 file that holds the model or its weights, if there are several models in it.",
)

_model_files = together(
    click.option(
        "-m",
        "--model",
        required=True,
        type=MODEL_FILE,
        help=MODEL_HELP,
    ),
    click.option(
        "-w",
        "--weights",
        type=MODEL_FILE,
        help=WEIGHTS_HELP,
    ),
    inside_option,
)

model_file_options = group("model", groups.ModelOptions, _model_files)

model_options = group(
    "model",
    groups.ModelOptions,
    _model_files,
    click.option("--size", type=Size(), metavar="HxW", help="Input size, if the model leaves it open."),
    click.option(
        "--head",
        type=click.Choice(HEADS),
        default=HEADS[0],
        show_default=True,
        help=(
            "What the output means: classes of which one is true (softmax), one unit for two classes "
            "(binary), independent classes (multilabel), values (regression), or classes at every place "
            "(segmentation). auto: concluded from the final activation, the shape and the loss."
        ),
    ),
    click.option(
        "--output-name",
        "output_names",
        multiple=True,
        type=Names(),
        callback=flat,
        metavar="NAME|INDEX",
        help=(
            "Output of the model, if it has several (see `xai-cam layers`). Default: the only one that "
            "classifies images. `explain` and `compare` take several: repeatable, or comma-separated."
        ),
    ),
    image_input_option,
)

trust_options = group(
    "trust",
    groups.TrustOptions,
    click.option(
        "--custom-objects",
        metavar="MODULE|FILE.py",
        callback=lambda _, __, value: check_module(value),
        help="Module or .py file that defines the model's custom layers and functions. It is executed.",
    ),
    click.option(
        "--allow-unsafe",
        is_flag=True,
        help="Load models that contain code (Lambda layers); loading runs it. Only if you trust the source.",
    ),
    click.option(
        "--limit",
        metavar="NAME=N,...",
        callback=lambda _, __, value: check_limit(value),
        help=(
            "What opening the model may cost: operations (calls of layers), bytes (of weights) and seconds. "
            "Default: operations=6000,bytes=64G,seconds=600."
        ),
    ),
)

_filters = together(
    click.option(
        "--include", multiple=True, metavar="GLOB", help="Use only images whose names match. Repeatable."
    ),
    click.option(
        "--exclude", multiple=True, metavar="GLOB", help="Skip images whose names match. Repeatable."
    ),
    click.option(
        "--from-file",
        metavar="FILE|-",
        help="Read more image paths from a file, one per line; - for standard input.",
    ),
    click.option(
        "--follow-links",
        is_flag=True,
        help="Follow links that lead out of a folder, too. Default: links in a tree are kept to that tree.",
    ),
)

_recursive = click.option("-r", "--recursive", is_flag=True, help="Search sub-folders too.")

name_options = group("source", groups.ImageOptions, _filters, shard_option)

image_options = group("source", groups.ImageOptions, _recursive, _filters)

run_image_options = group("source", groups.ImageOptions, _recursive, _filters, shard_option)
"""Those of a run that can be one of several, each over its shard of the images."""

labels_option = section(
    MODEL,
    click.option(
        "--labels",
        type=PLACE,
        metavar="FILE|none",
        help=(
            "Class names: a text file with one per line, or JSON (a list, {index: name}, "
            "class_index.json). Default: the first of these beside the model that names all classes: "
            f"{', '.join(NAMES)}."
        ),
    ),
)

only_options = group(
    "selection",
    groups.SelectionOptions,
    click.option(
        "--only",
        type=click.Choice(["wrong", "right", "unsure"]),
        help="Select only images that the model gets wrong, gets right, or is unsure about.",
    ),
    click.option(
        "--margin",
        type=click.FloatRange(0, 1),
        help="With --only unsure: the two highest probabilities differ by less than this.  [default: 0.2]",
    ),
)

_verbosity = together(
    click.option("-q", "--quiet", is_flag=True, help="Print only errors and the closing count."),
    click.option("-v", "--verbose", is_flag=True, help="Also show TensorFlow's messages."),
)

verbosity_options = group("verbosity", groups.VerbosityOptions, _verbosity)

run_options = group(
    "running",
    groups.RunOptions,
    click.option(
        "--overwrite",
        is_flag=True,
        help="Redo what is up to date, and replace files that xai-cam did not write.",
    ),
    click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails."),
    click.option("--dry-run", is_flag=True, help="Show what would be done, without doing it."),
    _verbosity,
)


def layers_option(verb: str, ending: str = "") -> Callable[[F], F]:
    """`--layer`, as often as one likes, for a command that does `verb` to the layers.

    `ending` ends the help: what becomes of several layers.
    """
    layer = click.option(
        "-l",
        "--layer",
        "layers",
        multiple=True,
        type=Names(),
        callback=flat,
        metavar="PATH",
        help=(
            f"Layer to {verb}: its name, or outer/inner; also an operation (see `xai-cam layers`). Default: "
            f"the last whose output is maps of the picture. Repeatable, or comma-separated{ending}."
        ),
    )
    return together(layer, _call, reshape_option)


_call = click.option(
    "--call",
    type=click.IntRange(1),
    metavar="N",
    help="Which call of a layer that the model calls several times. Default: the last.",
)

reshape_option = click.option(
    "--reshape",
    type=Size(),
    metavar="HxW",
    help="Rows and columns that the tokens of a transformer form, if the model does not tell.",
)
