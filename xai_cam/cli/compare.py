"""`xai-cam compare`: which method should one believe?"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.computing_options import engine_options
from xai_cam.cli.executor_options import executor_options
from xai_cam.cli.groups import gather
from xai_cam.cli.image_arguments import check_named, find_pictures, leave_out_masks
from xai_cam.cli.input_options import leave_out_views
from xai_cam.cli.map_options import drawing_options, map_options
from xai_cam.cli.measure_options import MeasureOptions, measure_options
from xai_cam.cli.options import (
    model_options,
    run_image_options,
    run_options,
    trust_options,
)
from xai_cam.cli.preprocessing import preprocessing_options
from xai_cam.cli.printing import say_all, say_json
from xai_cam.cli.requests import MapRunOptions, broken_images, check_computing, make_runner
from xai_cam.cli.results import check_results_file, results_options
from xai_cam.cli.shards import in_shard, narrow_to, open_rows
from xai_cam.cli.target_options import TargetOptions, target_options
from xai_cam.cli.values import PLACE
from xai_cam.files.stores.paths import as_path
from xai_cam.runs.compare_panel import SCALES

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.metrics.comparison import Comparison
    from xai_cam.report.compare_page import ComparePage
    from xai_cam.runs.compare_measures import Measures
    from xai_cam.runs.compare_run import CompareWork
    from xai_cam.runs.plan import Plan

RESULTS = "compare.csv"

KINDS = "tex", "md"
"""Kinds of tables that papers print."""


@dataclass(frozen=True)
class CompareOptions(MapRunOptions):
    """The options of `xai-cam compare`."""

    measuring: MeasureOptions
    scale: str
    as_json: bool
    table: str | None

    @property
    def measured(self) -> Measures:
        """What is measured, and how."""
        return self.measuring.of(self.masks, self.scale)

    @property
    def masks(self) -> Path | None:
        """Where the object is; of a segmentation the region too, which only the model tells."""
        return self.target.masks

    @property
    def read(self) -> list[Path | str | None]:
        """Files that are read beside images and the model, which nothing may replace."""
        return [*super().read, self.measuring.boxes]

    @property
    def asked(self) -> TargetOptions:
        """The target without the masks."""
        return replace(self.target, masks=None)

    @property
    def rows(self) -> str:
        """The file of result rows, which is always written."""
        return self.results or str((self.output or Path()) / in_shard(RESULTS, self.source.shard))

    @property
    def folder_of_rows(self) -> str:
        """What names the folder of that file, as messages do."""
        return "`output`" if as_path(self.rows).parent == self.output else "`results`"


@click.command(cls=Command)
@click.argument("images", nargs=-1)
@model_options
@trust_options
@map_options("grad-cam", "score-cam")
@target_options
@measure_options
@preprocessing_options
@run_image_options
@click.option("-o", "--output", type=PLACE, help="Folder for the panels. Default: beside each image.")
@drawing_options
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default=SCALES[0],
    show_default=True,
    help=(
        "What full colour means: the map's own maximum, that of all maps of its method (to compare "
        "classes), or that of all maps in the panel."
    ),
)
@results_options("one row per map", f"  [default: {RESULTS} in --output, or in the current folder]")
@click.option(
    "--report",
    type=PLACE,
    metavar="FILE.html",
    help="Write an HTML page with figures, charts and all maps.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option(
    "--table",
    type=click.Choice(KINDS),
    help="Print the means as the table of a paper instead: for LaTeX (with booktabs) or in Markdown.",
)
@engine_options
@executor_options
@run_options
@gather("options", CompareOptions)
def compare(images: tuple[str, ...], options: CompareOptions) -> None:
    """Compare heat maps by several methods on IMAGES.

    Shows the maps side by side and measures which method is more faithful. IMAGES are files, folders or
    quoted globs. Writes one panel beside each image and one row per map, and prints means with 95 %
    intervals, the differences between methods on the same images, and how closely their maps agree. A
    second run does only what is left to do. Exit codes: 0 all done, 1 an image failed (the others are
    done), 2 usage, 3 the model, 4 no image found, 130 interrupted.

    \b
    Examples:
        xai-cam compare -m model.json -w weights.h5 photos/
        xai-cam compare -m model.keras --baselines --report report.html photos/
        xai-cam compare -m model.keras -l conv4 -l conv5 -c top2 --masks masks/ -o compared photos/
    """
    work, page, found = prepare(images, options)
    if options.running.dry_run:
        show_plan(work, found, options)
        return
    sys.exit(run(work, page, found, options))


def prepare(
    images: tuple[str, ...], options: CompareOptions
) -> tuple[CompareWork, ComparePage | None, Found]:
    """Check everything that can be checked without TensorFlow, and lay out the run."""
    from functools import partial

    from xai_cam.cli.console import Console
    from xai_cam.errors import InputError
    from xai_cam.runs.compare_run import CompareWork
    from xai_cam.runs.plan import make_plan

    request, measures = options.request(), options.measured
    check_computing(options.computing)
    options.executing.check(options.computing, options.running.fail_fast)
    _ = measures.asked  # names of measures are checked before anything is looked for
    if options.masks and not options.masks.is_dir():
        raise InputError(f"--masks {options.masks} is not a folder. Name a folder of mask pictures.")
    printed = {"--json": options.as_json, "--table": options.table, "--results -": options.results == "-"}
    if len(both := [name for name, asked in printed.items() if asked]) > 1:
        raise InputError(f"{both[0]} and {both[1]} both write to standard output. Use one of them.")
    check_named(images, options.source)
    files = options.model.find(options.trust, options.computing)
    found = find_pictures(images, options.source)
    if options.masks:
        leave_out_masks(found, options.masks)
    leave_out_views(request, found)
    measures = options.measuring.with_boxes(measures, found.images)
    plan = make_plan(request, files, found.images, options.output, options.running.overwrite)
    plan, found = narrow_to(options.source.shard, plan, found)
    page = make_page(options, plan, measures)
    check_rows(options, plan)
    open_model = partial(options.trust.stored, files, options.running.verbose, options.computing)
    notice, computing = Console(options.running.quiet).notice, options.computing.computing()
    return CompareWork(plan, open_model, notice, computing, measures, page), page, found


def make_page(options: CompareOptions, plan: Plan, measures: Measures) -> ComparePage | None:
    """The collector of the report, if one is requested and can be made.

    Raises
    ------
    InputError
    """
    from xai_cam.cli.errors import with_options
    from xai_cam.cli.pages import REPORT, check_page
    from xai_cam.report.compare_page import ComparePage, facts_of_measures

    path = options.report
    if path is None:
        return None
    check_page(REPORT, path, plan, options.read, options.running)
    return ComparePage(path, plan, facts_of_measures(measures), with_options)


def check_rows(options: CompareOptions, plan: Plan) -> None:
    """Refuse to write rows over an input, or over a table that xai-cam did not write.

    Raises
    ------
    InputError
    """
    from xai_cam.files.provenance import check_replaceable
    from xai_cam.files.results import is_table_of
    from xai_cam.runs.compare_rows import COLUMNS
    from xai_cam.runs.share import columns_for

    target, columns = options.rows, columns_for(COLUMNS, options.source.shard)
    check_results_file(target, options.append, plan.inputs.joined(options.read), columns)
    if target != "-" and not options.running.overwrite and not options.append:
        check_replaceable(
            as_path(target), lambda one: not one.exists() or is_table_of(one, COLUMNS), "`results`", "compare"
        )


def show_plan(work: CompareWork, found: Found, options: CompareOptions) -> None:
    """Print what a run would do, one panel per line."""
    from xai_cam.cli.console import Console
    from xai_cam.cli.dry_run import describe_comparison, show_outlook
    from xai_cam.files.creatable import check_creatable
    from xai_cam.runs.compare_rows import panel_path
    from xai_cam.runs.outlook import TO_DO, Outlook

    if options.rows != "-":
        check_creatable(as_path(options.rows).parent, options.folder_of_rows)
    outlook = Outlook(broken_images(work.plan.request, options.running))
    plan, tasks = work.plan, work.plan.tasks
    states = [outlook.of_panel(work, task) for task in tasks]  # of most images the same text
    images = sum(state.startswith(TO_DO) for state in states)
    outputs = ((task.image.path, panel_path(plan, task), states[n]) for n, task in enumerate(tasks))
    lines = describe_comparison(work, images, found) if images else ()
    show_outlook(outputs, found, quiet=options.running.quiet)
    console = Console(options.running.quiet)
    for line in lines:
        console.notice(line)


def run(work: CompareWork, page: ComparePage | None, found: Found, options: CompareOptions) -> int:
    """Carry out the work and return the exit code."""
    from xai_cam.cli.console import Console, listening
    from xai_cam.files.locks import held
    from xai_cam.files.writing import check_writable
    from xai_cam.runs.compare_rows import COLUMNS

    if options.rows != "-":
        check_writable(as_path(options.rows).parent, options.folder_of_rows)
    with (
        held(options.report, "`report`"),
        open_rows(work.plan.share, options.rows, COLUMNS, options.append, options.safe_csv) as writer,
    ):
        console = Console(options.running.quiet, writer)
        work.notice, work.watch = console.notice, console.watch
        runner = make_runner(work.plan, work, console, found, options, work.measures)
        for line in [*found.notices, *work.measures.notices(found.images)]:
            console.notice(line)
        with listening(console):
            try:
                console.expect(runner.tasks)
                with options.executing.make(options.computing) as executor:
                    executor.run(runner)
                work.conclude()
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


def show(comparison: Comparison, console: Console, options: CompareOptions) -> None:
    """The summary, on standard output; on standard error where rows go there."""
    from xai_cam.cli.text.comparison import lines_of_summary
    from xai_cam.metrics.printed import table_of

    if options.as_json:
        say_json(comparison.as_figures())
    elif options.table:
        say_all(table_of(comparison, options.table).splitlines())
    elif comparison.images:
        tell = console.notice if options.rows == "-" else console.say
        for line in lines_of_summary(comparison):
            tell(line)
    if options.rows != "-":
        console.notice(f"Rows: {options.rows}")
