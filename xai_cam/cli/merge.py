"""`xai-cam merge`: tables and reports of shards as those of one run."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import VerbosityOptions, gather
from xai_cam.cli.options import verbosity_options
from xai_cam.cli.printing import say_all, say_json, tell
from xai_cam.cli.values import PLACE
from xai_cam.errors import InputError, XaiCamError

if TYPE_CHECKING:
    from xai_cam.files.merging import MergedRows

PAGES = (".html", ".htm")

SUMMARY = "The summary of all images: the same `xai-cam compare` without --shard, with nothing left to do."
NO_FIGURES = "--json prints the figures of `evaluate`, and of pages of `compare`. Leave it out."


@dataclass(frozen=True)
class MergeOptions:
    """The options of `xai-cam merge`."""

    output: Path
    as_json: bool
    overwrite: bool
    verbosity: VerbosityOptions

    @property
    def on_stdout(self) -> bool:
        """Whether the rows go to standard output."""
        return str(self.output) == "-"

    def say(self, lines: Iterable[str]) -> None:
        """Print figures on standard output; on standard error where rows go there."""
        if not self.on_stdout:
            say_all(lines)
        elif not self.verbosity.quiet:
            for line in lines:
                tell(line)


@click.command(cls=Command, heading="What to write")
@click.argument("files", nargs=-1, required=True, type=PLACE)
@click.option(
    "-o",
    "--output",
    required=True,
    type=PLACE,
    metavar="FILE|-",
    help="File to write: a table (.csv, .tsv, .jsonl, .parquet, or - for standard output), the boxes that "
    "rows name as COCO (.json), or a page (.html).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures of all images as JSON.")
@click.option("--overwrite", is_flag=True, help="Replace a file that xai-cam did not write.")
@verbosity_options
@gather("options", MergeOptions)
def merge(files: tuple[Path, ...], options: MergeOptions) -> None:
    """Merge the tables, or the reports, that runs with --shard wrote.

    FILES are the tables (--results) or the pages (--report) of all shards of one run, or quoted globs.
    Nothing is written unless every image is there, and each once. Rows come in the order of a run without
    --shard and are the same as its rows, but for the seconds they took; so is a page. Of rows of evaluate,
    and of pages of compare, the figures of all images are printed. Exit codes: 0 merged, 2 usage: also
    where a shard is missing, doubled, not finished or of another run.

    \b
    Examples:
        xai-cam merge rows-*.csv -o rows.csv
        xai-cam merge 'rows-*.jsonl' -o rows.parquet
        xai-cam merge report-*.html -o report.html
    """
    paths = expanded(map(str, files))
    of_pages = [path.suffix.lower() in PAGES for path in (*paths, options.output)]
    if any(of_pages) and not all(of_pages):
        raise InputError("Pages (.html) are merged to a page, and tables to a table. Merge each by itself.")
    with in_words_of_output():
        (merge_pages if all(of_pages) else merge_tables)(paths, options)


def expanded(names: Iterable[str]) -> list[Path]:
    """The files that names and globs stand for, each once.

    Raises
    ------
    InputError
        There is no such file.
    """
    from xai_cam.files.names import real_path
    from xai_cam.files.stores.paths import StorePath, as_path
    from xai_cam.images.folders import natural_order
    from xai_cam.images.in_stores import objects_like

    found: dict[str, Path] = {}
    for name in names:
        path = as_path(name)
        if isinstance(path, StorePath):
            paths: list[Path] = [*objects_like(path)]
        elif glob.has_magic(name) and not os.path.lexists(path):
            paths = sorted(map(Path, glob.glob(str(path))), key=natural_order)
        else:
            paths = [path] if path.exists() else []
        if not paths:
            raise InputError(f"There is no file {name}. Name the tables or the pages of all shards.")
        found |= {real_path(one): one for one in paths}
    return list(found.values())


@contextmanager
def in_words_of_output() -> Iterator[None]:
    """Messages of the library about the tables and pages of runs, about that of `--output` here."""
    try:
        yield
    except XaiCamError as error:
        for name in ("results", "report"):
            error.message = error.message.replace(f"`{name}", "`output")
        raise


def merge_tables(paths: list[Path], options: MergeOptions) -> None:
    """Merge tables, and print what their rows tell of all images."""
    from xai_cam.cli.status_line import waiting
    from xai_cam.evaluation.from_rows import is_evaluation
    from xai_cam.files.merging import MergedRows
    from xai_cam.files.whole_table import check_table, write_table

    target = str(options.output)
    if options.as_json and options.on_stdout:
        raise InputError("--json and --output - both write to standard output. Use one of them.")
    with waiting("Reading the rows"):
        merged = MergedRows(paths)
    with closing(merged):
        if options.as_json and not is_evaluation(merged.columns):
            raise InputError(NO_FIGURES)
        check_table(target, merged.columns, merged.typed, paths, options.overwrite)
        with waiting("Merging the rows"):
            write_table(target, merged.columns, merged, merged.typed, options.overwrite)
        if is_evaluation(merged.columns):
            show_evaluation(merged, options)
        if "panel" in merged.columns and not options.verbosity.quiet:
            tell(SUMMARY)
        count = f"{len(merged):,} rows of {merged.images:,} images, {merged.failed:,} failed"
        tell(f"{count}, from {len(paths):,} files")


def show_evaluation(merged: MergedRows, options: MergeOptions) -> None:
    """Print the figures that the rows of `evaluate` give."""
    from xai_cam.cli.text.evaluation import describe_evaluation
    from xai_cam.evaluation.figures import as_figures
    from xai_cam.evaluation.from_rows import evaluation_of

    evaluation, names = evaluation_of(merged, merged.columns)
    if evaluation is None:
        tell("There is nothing to measure.")
    elif options.as_json:
        say_json(as_figures(evaluation, names))
    else:
        options.say(describe_evaluation(evaluation, names))


def merge_pages(paths: list[Path], options: MergeOptions) -> None:
    """Merge reports, and print what those of a comparison tell of all images."""
    from xai_cam.cli.status_line import waiting
    from xai_cam.cli.text.comparison import lines_of_summary
    from xai_cam.files.locks import held
    from xai_cam.files.writing import check_not_input
    from xai_cam.report.merging import MergedPages
    from xai_cam.report.page import check_report, write_report

    check_not_input(options.output, paths)
    check_report(options.output, options.overwrite)
    with waiting("Reading the pages"):
        merged = MergedPages(paths)
    comparison = merged.comparison
    if options.as_json and comparison is None:
        raise InputError(NO_FIGURES)
    with held(options.output, "`report`"), waiting("Merging the pages"):
        write_report(options.output, merged.page(options.output))
    if comparison is not None and options.as_json:
        say_json(comparison.as_figures())
    elif comparison is not None and comparison.images:
        say_all(lines_of_summary(comparison))
    tell(f"{len(merged):,} images, {merged.failed:,} failed, from {len(paths):,} pages")
