"""Options that say on what and in which portions is computed."""

from __future__ import annotations

import click

from xai_cam.cam.engines.questions import ENGINES, PRECISIONS
from xai_cam.cli import groups
from xai_cam.cli.groups import group, together
from xai_cam.cli.values import AutoNumber

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
    "--device", metavar="auto|cpu|gpu[:N]", default="auto", show_default=True, help="Device to compute on."
)

_engine = click.option(
    "--engine",
    type=click.Choice(["auto", *ENGINES]),
    default="auto",
    show_default=True,
    help=(
        "What runs the model. auto: OpenVINO for scoring masked inputs, and for the images themselves as "
        "soon as that pays, if it is installed and no GPU is used; otherwise TensorFlow."
    ),
)

_xla = click.option(
    "--xla",
    is_flag=True,
    help="Compile the model by XLA, with TensorFlow. It pays in long runs on a GPU; processors get slower.",
)

_no_cache = click.option(
    "--no-cache",
    is_flag=True,
    help="Neither keep nor use what is known of the model from earlier runs (in ~/.cache/xai-cam).",
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
    _engine,
    _device,
    _xla,
)

_precise = together(
    click.option(
        "--precision",
        type=click.Choice(PRECISIONS),
        default=PRECISIONS[0],
        show_default=True,
        help=(
            "Precision for methods that score each channel, with OpenVINO. bf16 and f16 are faster and "
            "less exact, and need a processor that supports them. How much of the first channels' weight it "
            "moves is printed; more than a third is refused."
        ),
    ),
    _no_cache,
)

features_options = group("computing", groups.ComputeOptions, _engine, _device, _no_cache)

classifier_options = group("computing", groups.ComputeOptions, _batch, _engine, _device, _xla, _no_cache)

compute_options = group("computing", groups.ComputeOptions, _compute)

engine_options = group("computing", groups.ComputeOptions, _compute, _precise)
