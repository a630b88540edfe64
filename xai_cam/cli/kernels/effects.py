"""What `edit` and `prepend` share: where a new model is written, and how it changes predictions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.computing_options import classifier_options
from xai_cam.cli.groups import (
    ComputeOptions,
    ImageOptions,
    ModelOptions,
    PreprocessingOptions,
    TrustOptions,
    VerbosityOptions,
    gather,
    together,
)
from xai_cam.cli.image_arguments import end_without_images, find_pictures
from xai_cam.cli.options import image_options, labels_option, verbosity_options
from xai_cam.cli.preprocessing import shrinking_options
from xai_cam.cli.results import check_results_file, results_options
from xai_cam.cli.values import PLACE

if TYPE_CHECKING:
    from xai_cam.cam.classifier import Classifier
    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.kernels.editing.effects import Score
    from xai_cam.models.input.feeding import Feeding
    from xai_cam.models.loading.model_files import ModelFiles


@dataclass(frozen=True)
class EffectOptions:
    """Which model becomes which new one, and the images that the effect is measured on."""

    model: ModelOptions
    trust: TrustOptions
    output: Path | None
    overwrite: bool
    source: ImageOptions
    preprocessing: PreprocessingOptions
    labels: Path | None
    results: str | None
    append: bool
    computing: ComputeOptions
    verbosity: VerbosityOptions
    safe_csv: bool = True

    def open(self, files: ModelFiles) -> Any:
        """The old model, loaded.

        Raises
        ------
        XaiCamError
        """
        return self.trust.open(files, self.verbosity.verbose, self.computing.device)


new_model_options = together(
    click.option(
        "-o", "--output", type=PLACE, metavar="DIR", help="Folder for model.json and model.weights.h5."
    ),
    click.option("--overwrite", is_flag=True, help="Replace a model in --output."),
)

effect_options = together(
    image_options,
    shrinking_options,
    labels_option,
    results_options("all rows"),
    classifier_options,
    verbosity_options,
    gather("options", EffectOptions),
)


def check_new_model(files: ModelFiles, folder: Path, overwrite: bool) -> list[Path]:
    """The files of a new model in `folder`; nothing there may be lost.

    Raises
    ------
    InputError
        The folder is the old model's, or files are there already.
    OutputError
        It cannot be written to.
    """
    from xai_cam.errors import InputError
    from xai_cam.files.names import real_path
    from xai_cam.files.stores.fetched import origin_of
    from xai_cam.files.writing import check_writable
    from xai_cam.models.saving import check_outputs

    old = {real_path(origin_of(path).parent) for path in files.parts}
    if real_path(folder) in old:
        raise InputError(f"{folder} is the folder of the old model. Name another with --output.")
    outputs = [folder / "model.json", folder / "model.weights.h5"]
    check_outputs(files, outputs, overwrite)
    check_writable(folder)
    return outputs


def find_effect_images(images: tuple[str, ...], options: EffectOptions, files: ModelFiles) -> Found | None:
    """The images that were named, or None.

    Raises
    ------
    XaiCamError
        Images were named and none is found, or an option makes no sense here.
    """
    from xai_cam.cli.requests import check_computing
    from xai_cam.errors import InputError
    from xai_cam.images.extra_sources import files_in

    check_computing(options.computing)
    check_results_file(options.results, options.append, [])
    if not images and not options.source.from_file:
        if options.results:
            raise InputError(
                "--results writes a row per image, but no image is named. Name files or folders."
            )
        return None
    found = find_pictures(images, options.source)
    if not options.output and not options.results:
        end_without_images(found, options.verbosity.quiet)
    read = [*files.parts, options.labels, options.source.from_file, *files_in(options.preprocessing.extra)]
    check_results_file(options.results, options.append, chain(read, (image.path for image in found.images)))
    return found


def show_effects(
    console: Console, feeding: Feeding, before: Classifier, after: Score, found: Found, options: EffectOptions
) -> int:
    """Measure the effect on every image, print and write it, and return the exit code."""
    from xai_cam.cli.console import INTERRUPTED
    from xai_cam.cli.text.editing import describe_effects
    from xai_cam.files.results import open_results
    from xai_cam.kernels.editing.effects import COLUMNS, EffectWork
    from xai_cam.runs.origin import origin_of
    from xai_cam.runs.runner import Runner
    from xai_cam.runs.tasks import tasks_of

    for line in found.notices:
        console.notice(line)
    head = feeding.network.head
    console.notice(f"{feeding.sentence}{f' {head.note}' if head.note else ''}")
    work = EffectWork(feeding, before, after, origin_of(options.model.find(options.trust)))
    size, ahead = before.batch_size, before.computing.ahead
    runner = Runner(tasks_of(found.images), work, console, found.failures, size, ahead=ahead)
    with open_results(options.results, COLUMNS, options.append, options.safe_csv) as writer:
        console.writer = writer
        try:
            failed = runner.run().failed
        except KeyboardInterrupt:
            console.notice("Interrupted. A model that was already written is kept.")
            return INTERRUPTED
    say = console.notice if options.results == "-" else console.say
    for line in describe_effects(work.effects, feeding.labels, head):
        say(line)
    changed = sum(effect.changed for effect in work.effects)
    of_class = "" if head.is_regression else f"{changed:,} changed class, "
    console.close(f"{len(work.effects):,} compared, {of_class}{failed:,} failed")
    return 1 if failed else 0
