"""Options that mean the same in every command, as decorators."""

from __future__ import annotations

import click

from xai_cam.cam.engines.questions import ENGINES, PRECISIONS
from xai_cam.cli import groups
from xai_cam.cli.groups import group, together
from xai_cam.cli.values import EXISTING, AutoNumber, Size, check_module
from xai_cam.images.picture import FITS
from xai_cam.models.preprocessing import SCALINGS

_model_files = together(
    click.option(
        "-m",
        "--model",
        required=True,
        type=EXISTING,
        help="Architecture JSON, or a whole model (.h5, .hdf5, .keras).",
    ),
    click.option(
        "-w", "--weights", type=EXISTING, help="H5 weights. Default with a JSON: the one H5 file beside it."
    ),
)

model_file_options = group("model", groups.ModelOptions, _model_files)

model_options = group(
    "model",
    groups.ModelOptions,
    _model_files,
    click.option(
        "--size", type=Size(), metavar="HxW", help="Size of the input, where the model leaves it open."
    ),
)

trust_options = group(
    "trust",
    groups.TrustOptions,
    click.option(
        "--custom-objects",
        metavar="MODULE|FILE.py",
        callback=lambda _, __, value: check_module(value),
        help="Your own code that the model's layers are made of: a module, or a .py file. It is run.",
    ),
    click.option(
        "--allow-unsafe",
        is_flag=True,
        help="Open a model that holds code (Lambda layers), and so run it. Only if you trust its maker.",
    ),
)

_filters = together(
    click.option("--include", multiple=True, metavar="GLOB", help="Only images of such names. Repeatable."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="No images of such names. Repeatable."),
    click.option("--from-file", metavar="FILE|-", help="Read more image names from a file, one a line."),
)

name_options = group("source", groups.ImageOptions, _filters)

image_options = group(
    "source",
    groups.ImageOptions,
    click.option("-r", "--recursive", is_flag=True, help="Go into sub-folders."),
    _filters,
)

labels_option = click.option(
    "--labels",
    type=EXISTING,
    help="Class names: one a line, or JSON: a list, {index: name}, class_index.json.",
)

preprocessing_options = group(
    "preprocessing",
    groups.PreprocessingOptions,
    click.option(
        "--preprocess",
        type=click.Choice(["auto", *SCALINGS]),
        default="auto",
        show_default=True,
        help="Scaling that the model was trained with: raw 0 to 255, unit 0 to 1, signed -1 to 1, "
        "caffe (BGR, ImageNet means off), torch (ImageNet mean and deviation), standardize (each image).",
    ),
    click.option("--channel-order", type=click.Choice(["rgb", "bgr"]), help="Default: rgb; bgr with caffe."),
    click.option(
        "--fit",
        type=click.Choice(FITS),
        default=FITS[0],
        show_default=True,
        help="How a picture of another shape is brought to the input's.",
    ),
)

_batch = click.option(
    "-b",
    "--batch-size",
    type=AutoNumber(),
    metavar="auto|N",
    default="auto",
    show_default=True,
    help="Images per model call.",
)

_device = click.option(
    "--device", metavar="auto|cpu|gpu[:N]", default="auto", show_default=True, help="Where to compute."
)

_compute = together(
    _batch,
    click.option(
        "--chunk-size",
        type=AutoNumber(),
        metavar="auto|N",
        default="auto",
        show_default=True,
        help="Masked inputs per model call.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["auto", *ENGINES]),
        default="auto",
        show_default=True,
        help="What runs the model. auto: OpenVINO for scores of masked inputs, and for the images of a "
        "long run, if it is installed and no GPU is used.",
    ),
    _device,
)

_engine = together(
    click.option(
        "--precision",
        type=click.Choice(PRECISIONS),
        default=PRECISIONS[0],
        show_default=True,
        help="For methods that score each channel, by OpenVINO: faster and less exact than f32, where the "
        "processor has it. How far the first scores are off is said.",
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        help="Do not keep the model as OpenVINO takes it for the next run, in ~/.cache/xai-cam.",
    ),
)

device_option = group("computing", groups.ComputeOptions, _device)

classifier_options = group("computing", groups.ComputeOptions, _batch, _device)

compute_options = group("computing", groups.ComputeOptions, _compute)

engine_options = group("computing", groups.ComputeOptions, _compute, _engine)

only_options = group(
    "selection",
    groups.SelectionOptions,
    click.option(
        "--only",
        type=click.Choice(["wrong", "right", "unsure"]),
        help="Only images that the model gets wrong, gets right, or is unsure of.",
    ),
    click.option(
        "--margin",
        type=click.FloatRange(0, 1),
        help="Unsure: the two highest probabilities lie closer together than this.  [default: 0.2]",
    ),
)

_verbosity = together(
    click.option("-q", "--quiet", is_flag=True, help="Only errors and the closing count."),
    click.option("-v", "--verbose", is_flag=True, help="Also what TensorFlow has to say."),
)

verbosity_options = group("verbosity", groups.VerbosityOptions, _verbosity)

run_options = group(
    "running",
    groups.RunOptions,
    click.option("--overwrite", is_flag=True, help="Redo what is up to date, and replace files of others."),
    click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails."),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    _verbosity,
)
