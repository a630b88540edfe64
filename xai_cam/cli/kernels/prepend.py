"""`xai-cam kernels prepend`: a fixed filter as a model's first layer."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.commands import Command
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
from xai_cam.kernels.named_kernels import NAMED_KERNELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.models.input.feeding import Feeding
    from xai_cam.models.loading.model_files import ModelFiles


@click.command(cls=Command)
@click.argument("images", nargs=-1)
@model_options
@trust_options
@click.option(
    "--fir",
    "specs",
    multiple=True,
    required=True,
    metavar="KERNEL",
    help=(
        f"Filter to prepend: {', '.join(NAMED_KERNELS)}, with a number if it takes one (sharpen:5); or a "
        ".npy file of shape (h, w) or (planes, h, w). Give one for all planes, or one per plane by "
        "repeating the option."
    ),
)
@click.option(
    "--kernel-size",
    type=click.IntRange(1),
    metavar="N",
    help="Rows and columns of a named filter; an odd number.",
)
@new_model_options
@effect_options
def prepend(
    images: tuple[str, ...],
    specs: tuple[str, ...],
    kernel_size: int | None,
    options: EffectOptions,
) -> None:
    """Write a new model that filters its input first.

    The filter is a depthwise convolution that is not trained. Its input is that of the old model, the
    scaled pixels, with zeros around the image. If its weights sum to 1 (sharpen, box, gaussian), its
    effect is the same with any scaling, except at the border; the effect of other filters changes with a
    scaling that shifts the pixels, such as signed. All layers of the old model keep their names. With
    IMAGES, also shows how the filter changes their scores and classes.

    \b
    Examples:
        xai-cam kernels prepend -m model.json --fir sharpen:5 --kernel-size 5 -o new
        xai-cam kernels prepend -m model.json --fir box --fir delta --fir delta -o new photos/
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.requests import labels_in
    from xai_cam.errors import InputError
    from xai_cam.files.locks import held
    from xai_cam.kernels.editing.prepending import combine_kernels

    if options.output is None and not (images or options.source.from_file):
        raise InputError("Name a folder for the new model with --output, or IMAGES to measure the effect on.")
    if options.overwrite and options.output is None:
        raise InputError("--overwrite replaces a model in --output, but there is no --output. Leave it out.")
    kernels = combine_kernels(specs, kernel_size)
    labels = labels_in(options.labels, options.model.model)
    files = options.model.find(options.trust)
    found = find_effect_images(images, options, files)
    for option, given in (("--size", options.model.size), ("--head", options.model.head != "auto")):
        if given and found is None:
            raise InputError(f"{option} is for images, but none is named. Name some, or leave it out.")
    output = options.output
    outputs = check_new_model(files, output, options.overwrite) if output else None
    console = Console(options.verbosity.quiet)
    with listening(console), held(outputs[0] if outputs else None):
        sys.exit(run(files, specs, kernels, outputs, found, options, labels, console))


def run(
    files: ModelFiles,
    specs: tuple[str, ...],
    kernels: np.ndarray,
    outputs: list[Path] | None,
    found: Found | None,
    options: EffectOptions,
    labels: Sequence[str] | None,
    console: Console,
) -> int:
    """Make the new model, write it, compare it with the old one, and return the exit code."""
    model = options.open(files)
    from xai_cam.cam.classifier import Classifier
    from xai_cam.kernels.editing.prepending import prepend_filter
    from xai_cam.models.saving import made_from, save_checked

    custom = files.custom_objects
    new = prepend_filter(model, kernels, custom_objects=custom, allow_unsafe=options.trust.allow_unsafe)
    before = feeding_of(model, options, labels, found) if found else None
    after = feeding_of(new, options, before.labels, found) if found and before else None
    names = [Path(spec).name if spec.lower().endswith(".npy") else spec for spec in specs]
    content = hashlib.sha256(kernels.tobytes()).hexdigest()
    prepended = {"prepended": names, "kernels": list(kernels.shape), "kernels_sha256": content}
    provenance = made_from(files) | prepended
    first = next(layer for layer in new.layers if type(layer).__name__ != "InputLayer")
    height, width, planes, _ = first.kernel.shape
    shape = f"{height} x {width} x {planes}" + (" (the same on all)" if planes > len(kernels) else "")
    console.notice(f"First layer: {first.name} (DepthwiseConv2D, fixed), {shape}")
    if outputs:
        with waiting("Writing the new model"):
            saved = save_checked(new, outputs, custom, options.trust.allow_unsafe, provenance)
        for line in describe_saved(outputs, saved):
            console.notice(line)
    else:
        console.notice("No model written (no --output).")
    if found is None or before is None or after is None:
        return 0
    computing = options.computing.computing()
    old, changed = (Classifier(one.network, computing) for one in (before, after))
    return show_effects(console, before, old, changed.score, found, options)


def feeding_of(model: Any, options: EffectOptions, labels: Sequence[str] | None, found: Found) -> Feeding:
    """The preprocessing of a model's input by these options.

    Raises
    ------
    XaiCamError
        The model is none, or the options do not fit it.
    """
    from xai_cam.errors import InputError

    size, (height, width) = options.model.size, model.inputs[0].shape[1:3]
    if size is None and None in (height, width):
        raise InputError("The model takes images of any size. Choose one with --size HxW.")
    if size is not None and size != (height or size[0], width or size[1]):
        raise InputError(
            f"The model's input is fixed at {height} x {width}, so --size cannot change it. Leave it out."
        )
    return with_held(options.preprocessing.feeding(options.model, labels), found).open(model)
