"""`xai-cam evaluate`: is the model right, before anyone explains it?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.options import (
    EXISTING,
    batch_option,
    device_option,
    filter_options,
    labels_option,
    model_options,
    only_options,
    preprocessing_options,
    trust_options,
    verbosity_options,
)

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.evaluation.labelled_images import Labelled
    from xai_cam.models.classifier import Classifier
    from xai_cam.models.feeding import Feeding

STDOUT_OPTIONS = ("--json", "--only", "--results -")


@click.command()
@click.argument("folders", nargs=-1)
@model_options
@trust_options
@labels_option
@click.option(
    "--truth",
    type=EXISTING,
    metavar="FILE.csv",
    help="Table of images and their classes. Default: the name of the folder that an image lies in.",
)
@preprocessing_options
@click.option(
    "--try-preprocess",
    is_flag=True,
    help="Only find out which scaling fits: try every one on up to 200 of the images.",
)
@filter_options
@only_options
@click.option(
    "--results", metavar="FILE", help="Write a row per image: .csv, .jsonl, or - for standard output."
)
@click.option("--report", type=EXISTING, metavar="DIR", help="Write charts as PNG and all figures as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@click.option("--overwrite", is_flag=True, help="Replace files of others in --report.")
@batch_option
@device_option
@verbosity_options
def evaluate(folders: tuple[str, ...], **options: Any) -> None:
    """Measure how right the model is on the labelled images in FOLDERS.

    Each sub-folder holds the images of one class and is named after it. Without --labels, folders that are
    no numbers are taken in alphabetical order, as Keras reads folders. Exit codes: 0 all done, 1 an image
    failed, 2 usage, 3 the model, 4 no image found, 130 interrupted.

    \b
    Examples:
        xai-cam evaluate -m model.json -w weights.h5 --labels labels.txt test/
        xai-cam evaluate -m model.keras --report report --results rows.csv test/
        xai-cam evaluate -m model.keras --only wrong test/ | xai-cam explain -m model.keras --from-file -
        xai-cam evaluate -m model.keras --try-preprocess test/
    """
    from xai_cam.cli.console import INTERRUPTED, Console, listening

    labelled = prepare(folders, options)
    console = Console(options["quiet"])
    with listening(console):
        try:
            code = (
                search(labelled, options, console)
                if options["try_preprocess"]
                else run(labelled, options, console)
            )
        except KeyboardInterrupt:
            console.notice("Interrupted. No figures are given for a part of the images.")
            code = INTERRUPTED
    sys.exit(code)


def prepare(folders: tuple[str, ...], options: dict[str, Any]) -> Labelled:
    """Check everything that can be checked without TensorFlow; the images with their classes."""
    from xai_cam.cli.image_arguments import find_pictures
    from xai_cam.evaluation.charts import REPORT_FILES, check_report
    from xai_cam.evaluation.labelled_images import label_images
    from xai_cam.extras import check_extra
    from xai_cam.files.rows import check_results
    from xai_cam.files.writing import check_not_input, check_writable
    from xai_cam.images.ground_truth import path_beside, read_truth
    from xai_cam.images.labels import read_labels
    from xai_cam.models.devices import check_device
    from xai_cam.models.loading.sniff import find_model_files
    from xai_cam.runs.selection import make_selection

    check_together(options)
    make_selection(options["only"], options["margin"])
    check_device(options["device"])
    check_results(options["results"])
    if not options["try_preprocess"]:
        check_extra("sklearn")
    labels = read_labels(options["labels"]) if options["labels"] else None
    files = find_model_files(options["model"], options["weights"])
    table = read_truth(options["truth"]) if options["truth"] else None
    names = list(folders)
    if not names and not options["from_file"]:
        if table is None:
            raise click.UsageError(
                "Missing argument 'FOLDERS...'. Name the folder whose sub-folders are classes."
            )
        names = [str(path_beside(options["truth"], name)) for name in table]
    found = find_pictures(names, options, recursive=True)
    labelled = label_images(files, found, labels, table, options["truth"])
    read = [files.model, files.weights, options["labels"], options["truth"], options["from_file"]]
    read += [image.path for image in found.images]
    if options["results"] not in (None, "-"):
        check_not_input(Path(options["results"]), read)
    if options["report"]:
        check_extra("matplotlib")
        for name in REPORT_FILES:
            check_not_input(options["report"] / name, read)
        check_report(options["report"], options["overwrite"])
        check_writable(options["report"], "`report`")
    return labelled


def check_together(options: dict[str, Any]) -> None:
    """Refuse options that cannot both be meant."""
    from xai_cam.errors import InputError

    printing = [options["as_json"], options["only"], options["results"] == "-"]
    asked = [name for name, there in zip(STDOUT_OPTIONS, printing, strict=True) if there]
    if len(asked) > 1:
        raise InputError(f"{' and '.join(asked)} both write to standard output. Use one of them.")
    if options["try_preprocess"]:
        others = [name for name in ("only", "results", "report") if options[name]]
        if others:
            raise InputError(
                f"--try-preprocess does nothing else, so --{others[0]} cannot be met. Run it by itself first."
            )


def start(labelled: Labelled, options: dict[str, Any]) -> tuple[Feeding, Classifier]:
    """Load the model; how it is fed, what asks it, and the images' classes as indices."""
    from xai_cam.cli.startup import open_model
    from xai_cam.models.classifier import Classifier
    from xai_cam.models.feeding import FeedingRequest

    trust = options["custom_objects"], options["allow_unsafe"]
    model = open_model(labelled.files, options["verbose"], options["device"], *trust)
    request = FeedingRequest(
        options["preprocess"], options["channel_order"], options["fit"], options["size"], labelled.labels
    )
    feeding = request.open(model)
    labelled.settle(feeding.network.head.classes)
    device = "gpu" if options["device"].startswith("gpu:") else options["device"]
    return feeding, Classifier(feeding.network, options["batch_size"], device)


def run(labelled: Labelled, options: dict[str, Any], console: Console) -> int:
    """Predict every image, then print and write the figures; the exit code."""
    from xai_cam.cli.text.evaluation import describe_evaluation
    from xai_cam.evaluation.figures import as_figures
    from xai_cam.evaluation.labelled_images import columns_of
    from xai_cam.files.rows import open_results
    from xai_cam.runs.evaluation_run import judge_images
    from xai_cam.runs.selection import make_selection

    feeding, classifier = start(labelled, options)
    selection = make_selection(options["only"], options["margin"])
    if selection:
        selection.check_head(feeding.network.head)
    for notice in labelled.notices:
        console.notice(notice)
    with open_results(options["results"], columns_of(labelled.names)) as writer:
        console.writer = writer
        predictions = judge_images(labelled, feeding, classifier, console, selection, console.name)
    if predictions.truth:
        evaluation = predictions.evaluate(feeding.network.head)
        if labelled.order_guessed and evaluation.accuracy < 1 / len(labelled.names):
            console.notice(
                "Fewer images are right than by guessing: the model's classes may be in another order. "
                "Give --labels."
            )
        if options["report"]:
            predictions.write_report(options["report"], evaluation, feeding)
            console.notice(f"Report: {options['report']}")
        if options["as_json"]:
            console.say(
                json.dumps(predictions.provenance(feeding) | as_figures(evaluation, labelled.names), indent=1)
            )
        else:
            aside = options["only"] or options["results"] == "-"
            for line in describe_evaluation(evaluation, labelled.names):
                (console.notice if aside else console.say)(line)
    else:
        console.notice("There is nothing to measure.")
    console.close(predictions.count())
    return 1 if predictions.failed else 0


def search(labelled: Labelled, options: dict[str, Any], console: Console) -> int:
    """Print how well the model does with every scaling; the exit code."""
    from dataclasses import asdict

    from xai_cam.cli.text.evaluation import describe_scalings
    from xai_cam.evaluation.figures import plain
    from xai_cam.runs.scaling_run import try_scalings

    feeding, classifier = start(labelled, options)
    for notice in labelled.notices:
        console.notice(notice)
    tried, summary = try_scalings(labelled, feeding, classifier, console)
    scores, current = tried.scores, (feeding.preprocessing.name, feeding.preprocessing.channel_order)
    if options["as_json"]:
        rows = [asdict(s) | {"current": (s.preprocess, s.channel_order) == current} for s in scores]
        console.say(json.dumps(plain(rows), indent=1))
    elif scores:
        grey = feeding.network.input_shape[-1] == 1
        for line in describe_scalings(scores, tried.truth, current, grey):
            console.say(line)
    console.close(f"{len(tried.truth):,} tried, {summary.failed:,} failed")
    return 1 if summary.failed else 0
