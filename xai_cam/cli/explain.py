"""`xai-cam explain`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.image_arguments import find_pictures
from xai_cam.cli.options import (
    EXISTING,
    class_options,
    compute_options,
    engine_options,
    fuse_option,
    image_options,
    layer_option,
    method_option,
    model_options,
    only_options,
    picture_options,
    preprocessing_options,
    score_options,
    trust_options,
    verbosity_options,
)
from xai_cam.cli.requests import check_computing, make_request

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.report.explain_page import ExplainPage
    from xai_cam.runs.explain_run import ExplainWork
    from xai_cam.runs.plan import Plan, Request
    from xai_cam.runs.tasks import Task


@click.command()
@click.argument("images", nargs=-1)
@model_options
@trust_options
@layer_option
@fuse_option
@method_option("grad-cam")
@class_options
@score_options
@preprocessing_options
@image_options
@click.option("-o", "--output", type=EXISTING, help="Folder for the outputs. Default: beside each image.")
@picture_options
@click.option(
    "--results", metavar="FILE", help="Write a row per map: .csv, .jsonl, or - for standard output."
)
@click.option(
    "--report", type=EXISTING, metavar="FILE.html", help="Write a page of all overlays to look through."
)
@only_options
@compute_options
@engine_options
@click.option("--overwrite", is_flag=True, help="Redo what is up to date, and replace files of others.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@verbosity_options
def explain(images: tuple[str, ...], **options: Any) -> None:
    """Write heat map overlays beside IMAGES: files, folders or quoted globs.

    A second run does only what is not yet done. Exit codes: 0 all done, 1 an image failed (the others are
    done), 2 usage, 3 the model, 4 no image found, 130 interrupted.

    \b
    Examples:
        xai-cam explain -m model.json -w weights.h5 photos/
        xai-cam explain -m model.keras -l conv5_block3_out --method score-cam cat.jpg
        xai-cam explain -m model.json -c top3 --labels labels.txt -r -o maps photos/
        xai-cam explain -m model.keras --method grad-cam --method score-cam --report report.html photos/
    """
    request, plan, found = prepare(images, options)
    if options["dry_run"]:
        show_plan(plan)
        if options["only"]:
            click.echo(f"Of these, --only {options['only']}: the model has to tell.", err=True)
        return
    sys.exit(run(request, plan, found, options))


def prepare(images: tuple[str, ...], options: dict[str, Any]) -> tuple[Request, Plan, Found]:
    """Check everything that can be checked without TensorFlow, and lay out the run."""
    from xai_cam.errors import InputError
    from xai_cam.files.rows import check_results
    from xai_cam.files.writing import check_not_input
    from xai_cam.models.loading.sniff import find_model_files
    from xai_cam.runs.plan import make_plan
    from xai_cam.runs.selection import make_selection

    request = make_request(options)
    selection = make_selection(options["only"], options["margin"])
    if selection and selection.only != "unsure" and "folder" not in request.classes:
        raise InputError(
            f"--only {selection.only} needs the truth. Say --class folder if the images lie in folders that "
            "are named after their classes."
        )
    check_computing(options)
    check_results(options["results"])
    if not images and not options["from_file"]:
        raise click.UsageError("Missing argument 'IMAGES...'. Name files, folders or quoted globs.")
    files = find_model_files(options["model"], options["weights"])
    found = find_pictures(images, options, options["recursive"])
    plan = make_plan(request, files, found.images, options["output"], options["overwrite"])
    check_report_option(options, plan)
    if options["results"] not in (None, "-"):
        check_not_input(Path(options["results"]), [*plan.inputs, options["labels"], options["from_file"]])
    return request, plan, found


def check_report_option(options: dict[str, Any], plan: Plan) -> None:
    """Refuse a report that cannot be made.

    Raises
    ------
    InputError
    """
    if options["report"] is None:
        return
    from xai_cam.errors import InputError
    from xai_cam.files.writing import check_not_input
    from xai_cam.report.page import check_report

    if "overlay" not in plan.request.saves:
        raise InputError("--report shows overlays, which --save leaves out. Add overlay to --save.")
    check_not_input(options["report"], [*plan.inputs, options["labels"], options["from_file"]])
    check_report(options["report"], options["overwrite"], options["dry_run"])


def show_plan(plan: Plan) -> None:
    """Print what a run would do, one output a line."""
    from xai_cam.cli.console import Console
    from xai_cam.cli.errors import with_options
    from xai_cam.errors import XaiCamError

    console = Console()
    for task in plan.tasks:
        for layer in plan.request.places:
            for method in plan.request.methods:
                try:
                    done = plan.done(task, layer, method)
                    state = "to do" if done is None else "up to date"
                except (XaiCamError, OSError) as error:
                    state = with_options(str(error))
                for save in plan.request.saves:
                    output = plan.output(task, layer, method, None, save)
                    console.say(f"{task.image.path} -> {output} ({state})")


def run(request: Request, plan: Plan, found: Found, options: dict[str, Any]) -> int:
    """Carry out the plan; the exit code."""
    from functools import cache

    from xai_cam.cam.explainer import BATCH_SIZE
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.requests import computing_of
    from xai_cam.cli.startup import open_model
    from xai_cam.files.rows import open_results
    from xai_cam.runs.explain_run import ExplainWork
    from xai_cam.runs.notices import costly
    from xai_cam.runs.runner import Runner

    @cache
    def model() -> Any:
        trust = options["custom_objects"], options["allow_unsafe"]
        return open_model(plan.files, options["verbose"], options["device"], *trust)

    with open_results(options["results"]) as writer:
        console = Console(options["quiet"], writer)
        page = None if options["report"] is None else make_page(options["report"], plan, console)
        if found.left_out:
            console.notice(found.left_out)
        with listening(console):
            work = ExplainWork(plan, model, console.notice, computing_of(options), page)
            runner = Runner(
                plan.tasks,
                work,
                page or console,
                found.missing,
                batch_size=options["batch_size"] or BATCH_SIZE,
                at_once=bool(costly(request.methods)),
                fail_fast=options["fail_fast"],
            )
            try:
                if options["only"]:
                    runner.tasks = narrow_plan(work, model(), options, console)
                runner.run()
            except KeyboardInterrupt:
                return console.interrupted(runner.summary)
        try:
            if page:
                page.write()
                console.notice(f"Report: {page.path}")
        finally:
            console.close(runner.summary)
    return 1 if runner.summary.failed else 0


def make_page(path: Path, plan: Plan, console: Console) -> ExplainPage:
    """What gathers the overlays for a report."""
    from xai_cam.cli.errors import with_options
    from xai_cam.report.explain_page import ExplainPage

    return ExplainPage(path, plan, console, with_options)


def narrow_plan(work: ExplainWork, model: Any, options: dict[str, Any], console: Console) -> list[Task]:
    """Leave only the images that `--only` asks for, which the model has to tell."""
    from xai_cam.models.classifier import Classifier
    from xai_cam.runs.selection import Selection, make_selection, narrow

    plan = work.plan
    feeding = plan.request.feeding.open(model)
    selection = make_selection(options["only"], options["margin"]) or Selection(options["only"])
    selection.check_head(feeding.network.head)
    classifier = Classifier(feeding.network, options["batch_size"], work.computing.device)
    work.plan = narrow(plan, feeding, classifier, selection, console)
    console.notice(f"--only {selection.only}: {len(work.plan.tasks):,} of {len(plan.tasks):,} images.")
    return work.plan.tasks
