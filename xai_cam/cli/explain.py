"""`xai-cam explain`: heat maps of a folder."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.computing_options import engine_options
from xai_cam.cli.executor_options import executor_options
from xai_cam.cli.explain_checks import check_boxes, check_looks, check_pages
from xai_cam.cli.groups import SelectionOptions, gather
from xai_cam.cli.image_arguments import check_named, find_pictures, leave_out_masks
from xai_cam.cli.input_options import leave_out_views
from xai_cam.cli.map_options import map_options, picture_options
from xai_cam.cli.options import (
    model_options,
    only_options,
    run_image_options,
    run_options,
    trust_options,
)
from xai_cam.cli.preprocessing import shrinking_options
from xai_cam.cli.printing import tell
from xai_cam.cli.requests import MapRunOptions, broken_images, check_computing, make_runner
from xai_cam.cli.results import check_results_file, results_options
from xai_cam.cli.shards import check_shard, narrow_to, open_rows
from xai_cam.cli.target_options import target_options
from xai_cam.cli.values import PLACE

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.files.rows import Reporter
    from xai_cam.images.finding import Found
    from xai_cam.report.explain_page import ExplainPage
    from xai_cam.runs.executors.executor import Executor
    from xai_cam.runs.explain_sheet import ExplainSheet
    from xai_cam.runs.plan import Plan
    from xai_cam.runs.selection import Selection


@dataclass(frozen=True)
class ExplainOptions(MapRunOptions):
    """The options of `xai-cam explain`."""

    selection: SelectionOptions
    sheet: Path | None


@click.command(cls=Command)
@click.argument("images", nargs=-1)
@model_options
@trust_options
@map_options("grad-cam")
@target_options
@shrinking_options
@run_image_options
@click.option("-o", "--output", type=PLACE, help="Folder for the outputs. Default: beside each image.")
@picture_options
@results_options("one row per map", more=", .json (all --save boxes as COCO)")
@click.option("--report", type=PLACE, metavar="FILE.html", help="Write an HTML page with all overlays.")
@click.option(
    "--sheet",
    type=PLACE,
    metavar="FILE.png|pdf",
    help="Write a contact sheet: every image beside its overlays, page by page.",
)
@only_options
@engine_options
@executor_options
@run_options
@gather("options", ExplainOptions)
def explain(images: tuple[str, ...], options: ExplainOptions) -> None:
    """Write a heat map overlay for each of IMAGES.

    IMAGES are files, folders or quoted globs. A second run does only what is left to do. Exit codes: 0
    all done, 1 an image failed (the others are done), 2 usage, 3 the model, 4 no image found, 130
    interrupted.

    \b
    Examples:
        xai-cam explain -m my_model.keras photos/
        xai-cam explain -m my_model.keras -o maps/ photos/
        xai-cam explain -m model.json -w weights.h5 -c top3 --labels labels.txt -r -o maps/ photos/
        xai-cam explain -m model.keras -l conv5_block3_out --method score-cam cat.jpg
        xai-cam explain -m model.keras --method grad-cam --method score-cam --report report.html photos/
    """
    plan, found = prepare(images, options)
    if options.running.dry_run:
        show_plan(plan, found, options)
        if options.selection.only:
            tell(f"Of these, --only {options.selection.only} selects some; which ones, the model decides.")
        return
    sys.exit(run(plan, found, options))


def prepare(images: tuple[str, ...], options: ExplainOptions) -> tuple[Plan, Found]:
    """Check everything that can be checked without TensorFlow, and lay out the run."""
    from xai_cam.errors import InputError
    from xai_cam.files.rows import COLUMNS
    from xai_cam.runs.plan import make_plan
    from xai_cam.runs.share import columns_for

    request, shard = options.request(), options.source.shard
    check_looks(request, options.sheet is not None)
    selection = selected(options.selection)
    if selection and selection.only != "unsure" and "folder" not in request.classes:
        raise InputError(
            f"--only {selection.only} needs the truth. Use --class folder if the images are in folders "
            "named after their classes."
        )
    check_computing(options.computing)
    options.executing.check(options.computing, options.running.fail_fast)
    target, overwrite = (options.results, options.append), options.running.overwrite
    check_shard(shard, options.results)
    check_results_file(*target, options.read, columns_for(COLUMNS, shard), boxes=True, overwrite=overwrite)
    check_boxes(options.results, request)
    check_named(images, options.source)
    files = options.model.find(options.trust, options.computing)
    found = find_pictures(images, options.source)
    if request.masks:
        leave_out_masks(found, request.masks)
    leave_out_views(request, found)
    plan = make_plan(request, files, found.images, options.output, overwrite)
    plan, found = narrow_to(shard, plan, found)
    check_pages(plan, options.report, options.sheet, options.read, options.running)
    check_results_file(*target, plan.inputs, boxes=True, overwrite=overwrite)
    return plan, found


def selected(options: SelectionOptions) -> Selection | None:
    """The images that are asked for; what selects them is not imported for a run of all.

    Raises
    ------
    InputError
    """
    if options.only is None and options.margin is None:
        return None
    from xai_cam.runs.selection import make_selection

    return make_selection(options.only, options.margin)


def show_plan(plan: Plan, found: Found, options: ExplainOptions) -> None:
    """Print what a run would do, one output per line, and what it would take."""
    from xai_cam.cli.console import Console
    from xai_cam.cli.dry_run import show_outlook
    from xai_cam.runs.forecast import describe_making
    from xai_cam.runs.outlook import TO_DO, Outlook

    outlook = Outlook(broken_images(plan.request, options.running))
    left = Counter[str]()

    def outputs() -> Iterator[tuple[Path, Path, str]]:
        for task in plan.tasks:
            of_image = set[str]()
            for place, method in plan.request.variants:
                state = outlook.of_map(plan, task, place, method)
                if state.startswith(TO_DO):
                    of_image.add(method)
                for save in plan.request.saves:
                    yield task.image.path, plan.output(task, place, method, None, save), state
            left.update(of_image)

    show_outlook(outputs(), found, options.results, options.running.quiet)
    console = Console(options.running.quiet)
    for line in describe_making(plan.request, left):
        console.notice(line)


def run(plan: Plan, found: Found, options: ExplainOptions) -> int:
    """Carry out the plan and return the exit code."""
    from functools import partial

    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.startup import Once
    from xai_cam.files.locks import held
    from xai_cam.files.rows import COLUMNS
    from xai_cam.runs.explain_run import ExplainWork

    model = Once(partial(options.trust.stored, plan.files, options.running.verbose, options.computing))

    selection = selected(options.selection)
    table = open_rows(
        plan.share,
        options.results,
        COLUMNS,
        append=options.append,
        safe_csv=options.safe_csv,
        overwrite=options.running.overwrite,
    )
    with table as writer, ExitStack() as leaving:
        leaving.enter_context(held(options.report, "`report`"))
        leaving.enter_context(held(options.sheet, "`sheet`"))
        console = Console(options.running.quiet, writer)
        page = None if options.report is None else make_page(options.report, plan, console)
        sheet = None if options.sheet is None else make_sheet(options, plan, page or console, leaving)
        for line in found.notices:
            console.notice(line)
        with listening(console):
            work = ExplainWork(plan, model, console.notice, options.computing.computing(), page)
            work.watch = console.watch
            runner = make_runner(plan, work, sheet or page or console, found, options)
            try:
                with options.executing.make(options.computing) as executor:
                    if selection and plan.tasks:
                        work.plan = narrow_plan(plan, model, selection, options, console, executor)
                        runner.tasks = work.plan.tasks
                        if plan.share:
                            plan.share.select(len(runner.tasks) + len(found.failures))
                    console.expect(runner.tasks)
                    executor.run(runner)
                work.conclude()
            except KeyboardInterrupt:
                return console.interrupted(runner.summary)
        try:
            if page:
                page.write()
                console.notice(f"Report: {page.path}")
            if sheet:
                console.notice(sheet.write())
        finally:
            console.close(runner.summary)
    return 1 if runner.summary.failed else 0


def make_page(path: Path, plan: Plan, console: Console) -> ExplainPage:
    """The collector of overlays for a report."""
    from xai_cam.cli.errors import with_options
    from xai_cam.report.explain_page import ExplainPage

    return ExplainPage(path, plan, console, with_options)


def make_sheet(options: ExplainOptions, plan: Plan, reporter: Reporter, leaving: ExitStack) -> ExplainSheet:
    """The collector of overlays for a contact sheet, discarded on leaving where it is not finished."""
    from xai_cam.runs.explain_sheet import ExplainSheet
    from xai_cam.runs.sheet_file import SheetFile

    assert options.sheet is not None
    file = SheetFile(options.sheet, options.running.overwrite, plan.inputs.joined(options.read))
    sheet = ExplainSheet(file, plan, reporter)
    leaving.callback(sheet.file.discard)
    return sheet


def narrow_plan(
    plan: Plan,
    model: Callable[[], Any],
    selection: Selection,
    options: ExplainOptions,
    console: Console,
    executor: Executor,
) -> Plan:
    """The plan with only the images that `--only` selects by the model's predictions."""
    from xai_cam.cam.classifier import Classifier
    from xai_cam.runs.prediction_run import Opening
    from xai_cam.runs.selection import narrow

    here = options.executing.here(options.computing)
    if here != options.computing:  # this process may have no GPU, as workers have
        own = options.trust.stored(plan.files, options.running.verbose, here)
    else:
        own = model()
    feeding = plan.request.open(own, here.batch_size)
    selection.check_head(feeding.network.head)
    classifier = Classifier(feeding.network, here.computing())
    plan = replace(plan, request=replace(plan.request, labels=feeding.labels))  # settled: not told twice
    opening = Opening(plan.request, model, options.computing.computing())
    where = console, executor, opening, console.watch
    narrowed = narrow(plan, feeding, classifier, selection, *where)
    console.notice(f"--only {selection.only}: {len(narrowed.tasks):,} of {len(plan.tasks):,} images.")
    return narrowed
