"""`xai-cam evaluate`: is the model right, before anyone explains it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.computing_options import classifier_options
from xai_cam.cli.executor_options import ExecutorOptions, executor_options
from xai_cam.cli.groups import (
    ComputeOptions,
    ImageOptions,
    ModelOptions,
    PreprocessingOptions,
    SelectionOptions,
    TrustOptions,
    VerbosityOptions,
    gather,
)
from xai_cam.cli.input_options import with_held
from xai_cam.cli.options import (
    labels_option,
    model_options,
    name_options,
    only_options,
    trust_options,
    verbosity_options,
)
from xai_cam.cli.preprocessing import shrinking_options
from xai_cam.cli.printing import say_json
from xai_cam.cli.results import check_results_file, results_options
from xai_cam.cli.shards import labelled_in, open_rows
from xai_cam.cli.values import PLACE

if TYPE_CHECKING:
    from xai_cam.cam.classifier import Classifier
    from xai_cam.cli.console import Console
    from xai_cam.evaluation.labelled_images import Labelled
    from xai_cam.models.input.feeding import Feeding, FeedingRequest

STDOUT_OPTIONS = ("--json", "--only", "--results -")


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of `xai-cam evaluate`."""

    model: ModelOptions
    trust: TrustOptions
    labels: Path | None
    truth: Path | None
    preprocessing: PreprocessingOptions
    try_preprocess: bool
    source: ImageOptions
    selection: SelectionOptions
    results: str | None
    append: bool
    safe_csv: bool
    charts: Path | None
    as_json: bool
    overwrite: bool
    computing: ComputeOptions
    verbosity: VerbosityOptions
    executing: ExecutorOptions = field(default_factory=ExecutorOptions)


@click.command(cls=Command)
@click.argument("folders", nargs=-1)
@model_options
@trust_options
@labels_option
@click.option(
    "--truth",
    type=PLACE,
    metavar="FILE.csv",
    help="Table of images and their classes. Default: an image's class is the name of its folder.",
)
@shrinking_options
@click.option(
    "--try-preprocess",
    is_flag=True,
    help="Only find out which scaling fits: try each one on up to 200 of the images.",
)
@name_options
@only_options
@results_options("one row per image")
@click.option(
    "--charts",
    type=PLACE,
    metavar="DIR",
    help="Write charts as PNG and all figures as JSON to this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@click.option("--overwrite", is_flag=True, help="Replace files in --charts that xai-cam did not write.")
@classifier_options
@executor_options
@verbosity_options
@gather("options", EvaluateOptions)
def evaluate(folders: tuple[str, ...], options: EvaluateOptions) -> None:
    """Measure how accurate the model is on labelled images in FOLDERS.

    Each sub-folder holds the images of one class and is named after it. Without --labels, folders whose
    names are not numbers are taken in alphabetical order, as Keras does. Exit codes: 0 all done, 1 an
    image failed, 2 usage, 3 the model, 4 no image found, 130 interrupted.

    \b
    Examples:
        xai-cam evaluate -m model.json -w weights.h5 --labels labels.txt test/
        xai-cam evaluate -m model.keras --charts charts --results rows.csv test/
        xai-cam evaluate -m model.keras --only wrong test/ | xai-cam explain -m model.keras --from-file -
        xai-cam evaluate -m model.keras --try-preprocess test/
    """
    from xai_cam.cli.console import INTERRUPTED, Console, listening
    from xai_cam.evaluation.charts import FIGURES_FILE
    from xai_cam.files.locks import held

    labelled, request = prepare(folders, options)
    console = Console(options.verbosity.quiet)
    with listening(console):
        try:
            with held(options.charts and options.charts / FIGURES_FILE, "`charts`"):
                carry_out = search if options.try_preprocess else run
                code = carry_out(labelled, request, options, console)
        except KeyboardInterrupt:
            console.notice("Interrupted. No figures are printed for only some of the images.")
            code = INTERRUPTED
    sys.exit(code)


def prepare(folders: tuple[str, ...], options: EvaluateOptions) -> tuple[Labelled, FeedingRequest]:
    """Check everything that can be checked without TensorFlow; the images with their classes, and feeding."""
    from xai_cam.cli.image_arguments import end_without_images, find_pictures
    from xai_cam.cli.requests import check_computing, labels_in
    from xai_cam.evaluation.charts import FIGURES_FILE, REPORT_FILES, check_report
    from xai_cam.evaluation.labelled_images import label_images
    from xai_cam.extras import check_extra
    from xai_cam.files.stores.drafts import try_place
    from xai_cam.files.writing import check_none_is_input, check_writable
    from xai_cam.images.ground_truth import path_beside, read_truth
    from xai_cam.runs.selection import make_selection

    check_together(options)
    make_selection(options.selection.only, options.selection.margin)
    check_computing(options.computing)
    options.executing.check(options.computing)
    check_results_file(options.results, options.append, [])
    if not options.try_preprocess:
        check_extra("sklearn")
    labels = labels_in(options.labels, options.model.model)
    files = options.model.find(options.trust, options.computing)
    table = read_truth(options.truth) if options.truth else None
    names = list(folders)
    if not names and not options.source.from_file:
        if table is None or options.truth is None:
            raise click.UsageError(
                "Missing argument 'FOLDERS...'. Name the folder whose sub-folders are classes."
            )
        names = [str(path_beside(options.truth, name)) for name in table]
    found = find_pictures(names, options.source)
    end_without_images(found, options.verbosity.quiet)
    request = with_held(options.preprocessing.feeding(options.model, labels), found)
    labelled = label_images(files, found, labels, table, options.truth)
    options_read = (options.labels, options.truth, options.source.from_file)

    def read() -> Iterator[Path | str | None]:
        yield from (*files.parts, *options_read, *request.files)
        yield from (image.path for image in found.images)

    check_results_file(options.results, options.append, read())
    if options.charts:
        check_extra("matplotlib")
        check_none_is_input((options.charts / name for name in REPORT_FILES), read())
        check_report(options.charts, options.overwrite)
        check_writable(options.charts, "`charts`")
        try_place(options.charts / FIGURES_FILE, "`charts`")
    return labelled, request


def check_together(options: EvaluateOptions) -> None:
    """Refuse options that contradict each other."""
    from xai_cam.errors import InputError

    printing = [options.as_json, options.selection.only, options.results == "-"]
    used = [name for name, there in zip(STDOUT_OPTIONS, printing, strict=True) if there]
    if len(used) > 1:
        raise InputError(f"{' and '.join(used)} both write to standard output. Use one of them.")
    if options.try_preprocess:
        if options.executing.executor != "local":
            raise InputError(
                "--try-preprocess looks at 200 images at most, in this process. Leave out --executor."
            )
        given = {
            "only": options.selection.only,
            "results": options.results,
            "charts": options.charts,
            "shard": options.source.shard,
            "overwrite": options.overwrite,
        }
        others = [name for name, value in given.items() if value]
        if others:
            raise InputError(
                f"--try-preprocess does nothing else, so --{others[0]} would have no effect. Run it by "
                "itself first."
            )


def start(
    labelled: Labelled, request: FeedingRequest, options: EvaluateOptions
) -> tuple[Labelled, Feeding, Classifier]:
    """The images with their classes as indices, the preprocessing and the classifier."""
    from xai_cam.cam.classifier import Classifier

    computing = options.executing.here(options.computing)
    model = options.trust.stored(labelled.files, options.verbosity.verbose, computing)
    feeding = replace(request, labels=labelled.labels).open(model, computing.batch_size)
    feeding.network.head.check_classes("An evaluation")
    if labelled.unnamed is not None and feeding.labels is None:
        labelled = labelled.unnamed
    labelled.settle(feeding.network.head.classes)
    return labelled, feeding, Classifier(feeding.network, computing.computing())


def run(labelled: Labelled, request: FeedingRequest, options: EvaluateOptions, console: Console) -> int:
    """Predict every image, print and write the figures, and return the exit code."""
    from functools import partial

    from xai_cam.cli.text.evaluation import describe_evaluation
    from xai_cam.evaluation.figures import as_figures
    from xai_cam.evaluation.labelled_images import columns_of
    from xai_cam.runs.evaluation_run import judge_images
    from xai_cam.runs.prediction_run import Opening
    from xai_cam.runs.selection import make_selection

    labelled, feeding, classifier = start(labelled, request, options)
    labelled, share = labelled_in(labelled, options.source.shard)
    selection = make_selection(options.selection.only, options.selection.margin)
    if selection:
        selection.check_head(feeding.network.head)
    for notice in labelled.notices:
        console.notice(notice)
    columns = columns_of(labelled.names)
    model = partial(options.trust.stored, labelled.files, options.verbosity.verbose, options.computing)
    opening = Opening(replace(request, labels=feeding.labels), model, options.computing.computing())
    executor = options.executing.make(options.computing)
    rows = open_rows(share, options.results, columns, options.append, options.safe_csv)
    with rows as writer, executor:
        console.writer = writer
        where = console, selection, console.name, executor, opening, console.watch
        predictions = judge_images(labelled, feeding, classifier, *where)
    if predictions.truth:
        evaluation = predictions.evaluate(feeding.network.head)
        if labelled.order_guessed and evaluation.accuracy < 1 / len(labelled.names):
            console.notice(
                "Fewer images are right than guessing would give: the model's classes may be in another "
                "order. Give --labels."
            )
        if options.charts:
            predictions.write_report(options.charts, evaluation, feeding)
            console.notice(f"Charts: {options.charts}")
        if options.as_json:
            say_json(predictions.provenance(feeding) | as_figures(evaluation, labelled.names))
        else:
            aside = options.selection.only or options.results == "-"
            for line in describe_evaluation(evaluation, labelled.names):
                (console.notice if aside else console.say)(line)
    else:
        console.notice("There is nothing to measure.")
    console.close(predictions.count())
    return 1 if predictions.failed else 0


def search(labelled: Labelled, request: FeedingRequest, options: EvaluateOptions, console: Console) -> int:
    """Print how well the model does with every scaling, and return the exit code."""
    from dataclasses import asdict

    from xai_cam.cli.text.evaluation import describe_scalings
    from xai_cam.evaluation.figures import plain
    from xai_cam.runs.scaling_run import try_scalings

    labelled, feeding, classifier = start(labelled, request, options)
    for notice in labelled.notices:
        console.notice(notice)
    tried, summary = try_scalings(labelled, feeding, classifier, console)
    scores, current = tried.scores, (feeding.preprocessing.name, feeding.preprocessing.channel_order)
    if options.as_json:
        rows = [asdict(s) | {"current": (s.preprocess, s.channel_order) == current} for s in scores]
        say_json(plain(rows))
    elif scores:
        grey = feeding.network.input_shape[-1] == 1
        for line in describe_scalings(scores, tried.truth, current, grey):
            console.say(line)
    left = f", {summary.left:,} not tried" if summary.left else ""
    console.close(f"{len(tried.truth):,} tried, {summary.failed:,} failed{left}")
    return 1 if summary.failed else 0
