"""`xai-cam compare`: which method should one believe?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.image_arguments import find_pictures
from xai_cam.cli.options import (
    EXISTING,
    class_options,
    compute_options,
    drawing_options,
    engine_options,
    fuse_option,
    image_options,
    layer_option,
    method_option,
    model_options,
    preprocessing_options,
    score_options,
    trust_options,
    verbosity_options,
)
from xai_cam.cli.requests import check_computing, computing_of, make_request
from xai_cam.metrics.faithfulness import STEPS
from xai_cam.runs.compare_panel import SCALES

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.metrics.comparison import Comparison
    from xai_cam.report.compare_page import ComparePage
    from xai_cam.runs.compare_run import CompareWork
    from xai_cam.runs.plan import Plan

RESULTS = "compare.csv"


@click.command()
@click.argument("images", nargs=-1)
@model_options
@trust_options
@layer_option
@fuse_option
@method_option("grad-cam", "score-cam")
@class_options
@score_options
@click.option(
    "--baselines",
    is_flag=True,
    help="Measure a random map, a centred Gaussian and the mean activation too: what a method must beat.",
)
@click.option(
    "--steps",
    type=click.IntRange(0, 1000),
    default=STEPS,
    show_default=True,
    help="Steps of deletion and insertion, each a forward pass a map; 0: neither is measured.",
)
@click.option(
    "--masks",
    type=EXISTING,
    metavar="DIR",
    help="Pictures that are not 0 where the object is, named as the images: measures where maps point.",
)
@preprocessing_options
@image_options
@click.option("-o", "--output", type=EXISTING, help="Folder for the panels. Default: beside each image.")
@drawing_options
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default=SCALES[0],
    show_default=True,
    help="What the colours of a map are relative to: its own maximum, that of all maps of its method "
    "(to compare classes), or that of all maps of the panel.",
)
@click.option(
    "--results",
    metavar="FILE",
    help=f"Write a row per map: .csv, .jsonl, or - for standard output.  [default: {RESULTS} in --output, "
    "or in the current folder]",
)
@click.option(
    "--report",
    type=EXISTING,
    metavar="FILE.html",
    help="Write a page of figures, charts and all maps to look through.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@compute_options
@engine_options
@click.option("--overwrite", is_flag=True, help="Redo what is up to date, and replace files of others.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@verbosity_options
def compare(images: tuple[str, ...], **options: Any) -> None:
    """Explain IMAGES by several methods, side by side, and measure which is the more faithful.

    Writes one panel beside each image, a row per map, and prints means with 95 % intervals, the differences
    between methods on the same images, and how far their maps agree. A second run does only what is not
    yet done. Exit codes: 0 all done, 1 an image failed (the others are done), 2 usage, 3 the model, 4 no
    image found, 130 interrupted.

    \b
    Examples:
        xai-cam compare -m model.json -w weights.h5 photos/
        xai-cam compare -m model.keras --baselines --report report.html photos/
        xai-cam compare -m model.keras -l conv4 -l conv5 -c top2 --masks masks/ -o compared photos/
    """
    plan, work, page, found = prepare(images, options)
    if options["dry_run"]:
        show_plan(work)
        return
    sys.exit(run(plan, work, page, found, options))


def prepare(
    images: tuple[str, ...], options: dict[str, Any]
) -> tuple[Plan, CompareWork, ComparePage | None, Found]:
    """Check everything that can be checked without TensorFlow, and lay out the run."""
    from functools import partial

    from xai_cam.cam.baselines import BASELINES
    from xai_cam.cli.console import Console
    from xai_cam.cli.startup import open_model
    from xai_cam.errors import InputError
    from xai_cam.models.loading.sniff import find_model_files
    from xai_cam.runs.compare_run import CompareWork, Measures
    from xai_cam.runs.plan import make_plan

    request = make_request(options)
    check_computing(options)
    if options["masks"] and not options["masks"].is_dir():
        raise InputError(f"--masks {options['masks']} is no folder. Name a folder of mask pictures.")
    if options["as_json"] and options["results"] == "-":
        raise InputError("--json and --results - both ask for standard output. Choose one.")
    if not images and not options["from_file"]:
        raise click.UsageError("Missing argument 'IMAGES...'. Name files, folders or quoted globs.")
    files = find_model_files(options["model"], options["weights"])
    found = find_pictures(images, options, options["recursive"])
    if options["masks"]:
        leave_out_masks(found, options["masks"])
    plan = make_plan(request, files, found.images, options["output"], options["overwrite"])
    page = make_page(options, plan)
    options["results"] = options["results"] or str((options["output"] or Path()) / RESULTS)
    check_rows(options, plan)
    trust = options["custom_objects"], options["allow_unsafe"]
    baselines = tuple(BASELINES) if options["baselines"] else ()
    work = CompareWork(
        plan,
        partial(open_model, files, options["verbose"], options["device"], *trust),
        Console(options["quiet"]).notice,
        computing_of(options),
        Measures(options["steps"], options["masks"], options["scale"], baselines),
        page,
    )
    return plan, work, page, found


def leave_out_masks(found: Found, masks: Path) -> None:
    """Masks that lie below the images' own folder are no images.

    Raises
    ------
    NoImagesError
        Nothing else was found.
    """
    from xai_cam.errors import NoImagesError

    folder = masks.resolve()
    found.images = [image for image in found.images if folder not in image.path.resolve().parents]
    if not found.images:
        raise NoImagesError(
            f"All images lie in the folder of masks, {masks}. Put the masks into a folder of their own."
        )


def make_page(options: dict[str, Any], plan: Plan) -> ComparePage | None:
    """What collects the report, if one is asked for and can be made.

    Raises
    ------
    InputError
    """
    from xai_cam.cam.baselines import BASELINES
    from xai_cam.cli.errors import with_options
    from xai_cam.files.writing import check_not_input
    from xai_cam.report.compare_page import ComparePage, facts_of_measures
    from xai_cam.report.page import check_report

    path = options["report"]
    if path is None:
        return None
    check_not_input(path, [*plan.inputs, options["labels"], options["from_file"]])
    check_report(path, options["overwrite"], options["dry_run"])
    baselines = list(BASELINES) if options["baselines"] else []
    measured = facts_of_measures(options["steps"], baselines, options["masks"], options["scale"])
    return ComparePage(path, plan, measured, with_options)


def check_rows(options: dict[str, Any], plan: Plan) -> None:
    """Refuse to write rows over an input, or over a table of somebody else's.

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError
    from xai_cam.files.rows import check_results, is_table_of
    from xai_cam.files.writing import check_not_input
    from xai_cam.runs.compare_run import COLUMNS

    target = options["results"]
    check_results(target)
    if target == "-":
        return
    path = Path(target)
    check_not_input(path, [*plan.inputs, options["labels"], options["from_file"]])
    if path.exists() and not options["overwrite"] and not is_table_of(path, COLUMNS):
        raise InputError(
            f"{path} exists and was not written by compare. Use --overwrite, or name another --results."
        )


def show_plan(work: CompareWork) -> None:
    """Print what a run would do, one panel a line."""
    from xai_cam.cli.console import Console
    from xai_cam.cli.errors import with_options
    from xai_cam.errors import XaiCamError
    from xai_cam.runs.compare_run import panel_path

    console = Console()
    for task in work.plan.tasks:
        try:
            state = "up to date" if work.up_to_date(task, work.digest(task)) else "to do"
        except (XaiCamError, OSError) as error:
            state = with_options(str(error))
        console.say(f"{task.image.path} -> {panel_path(task)} ({state})")


def run(
    plan: Plan, work: CompareWork, page: ComparePage | None, found: Found, options: dict[str, Any]
) -> int:
    """Carry out the plan; the exit code."""
    from xai_cam.cam.explainer import BATCH_SIZE
    from xai_cam.cli.console import Console, listening
    from xai_cam.files.rows import open_results
    from xai_cam.files.writing import check_writable
    from xai_cam.runs.compare_run import COLUMNS
    from xai_cam.runs.notices import costly
    from xai_cam.runs.runner import Runner

    if options["results"] != "-":
        folder = Path(options["results"]).parent
        check_writable(folder, "`output`" if folder == options["output"] else "`results`")
    with open_results(options["results"], COLUMNS) as writer:
        console = Console(options["quiet"], writer)
        work.notice = console.notice
        runner = Runner(
            plan.tasks,
            work,
            console,
            found.missing,
            batch_size=options["batch_size"] or BATCH_SIZE,
            at_once=bool(costly(plan.request.methods)),
            fail_fast=options["fail_fast"],
        )
        if found.left_out:
            console.notice(found.left_out)
        with listening(console):
            try:
                runner.run()
            except KeyboardInterrupt:
                return console.interrupted(runner.summary)
        comparison = work.comparison
        try:
            show(comparison, console, options)
            if page is not None:
                page.write(comparison)
                console.notice(f"Report: {page.path}")
        finally:
            console.close(runner.summary)
    return 1 if runner.summary.failed else 0


def show(comparison: Comparison, console: Console, options: dict[str, Any]) -> None:
    """The summary, on standard output; on standard error where rows go there."""
    from xai_cam.cli.text.comparison import lines_of_summary

    if options["as_json"]:
        console.say(json.dumps(comparison.as_figures(), ensure_ascii=False, indent=1, allow_nan=False))
    elif comparison.images:
        tell = console.notice if options["results"] == "-" else console.say
        for line in lines_of_summary(comparison):
            tell(line)
    if options["results"] != "-":
        console.notice(f"Rows: {options['results']}")
