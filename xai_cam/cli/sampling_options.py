"""Options of methods that make inputs of an image: how many, what is covered, by what seed."""

from __future__ import annotations

import click

from xai_cam.cli.groups import together

sampling_options = together(
    click.option(
        "--samples",
        type=click.IntRange(1),
        metavar="N",
        help=(
            "For methods that take a mean over inputs made of each image: how many of these. Default: the "
            "method's own, 50 of integrated-gradients and smooth-grad, 4000 random masks of rise."
        ),
    ),
    click.option(
        "--patch",
        type=click.IntRange(1),
        metavar="PIXELS",
        help=(
            "For occlusion: side of the patch that is covered, in pixels of the model's input. Default: an "
            "eighth of the input's shorter side."
        ),
    ),
    click.option(
        "--stride",
        type=click.IntRange(1),
        metavar="PIXELS",
        help="For occlusion: from one patch to the next. Default: half of the patch.",
    ),
    click.option(
        "--smooth",
        is_flag=True,
        help=(
            "Mean of six maps: of what the model takes and of its mirror image, each as it is, times 0.9 and "
            "times 1.1."
        ),
    ),
)

seed_option = click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of methods that draw inputs at random, as smooth-grad and rise.",
)
