"""Options of a table of results, the same for all commands that write one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from xai_cam.files.real_paths import RealPaths

F = TypeVar("F", bound=Callable[..., Any])


def results_options(rows: str, default: str = "", more: str = "") -> Callable[[F], F]:
    """The decorator of `--results`, `--append` and `--safe-csv`; `rows` says of what there is a row each.

    `more` are further endings.
    """

    def decorate(function: F) -> F:
        function = click.option(
            "--safe-csv/--no-safe-csv",
            default=True,
            help="Put an apostrophe before text in .csv and .tsv that begins with =, +, - or @ and is no "
            "number: spreadsheets run such cells as formulas.  [default: safe-csv]",
        )(function)
        added = click.option(
            "--append", is_flag=True, help="Add the rows to those in --results, in place of replacing them."
        )(function)
        return click.option(
            "--results",
            metavar="FILE",
            help=f"Write {rows}: .csv, .tsv, .jsonl, .parquet{more}, or - for standard output.{default}",
        )(added)

    return decorate


def check_results_file(
    results: str | None,
    append: bool,
    inputs: Iterable[Path | str | None] | RealPaths,
    columns: Sequence[str] | None = None,
    boxes: bool = False,
    overwrite: bool = False,
) -> None:
    """Refuse a table that cannot be written or added to, and one that is an input; `boxes` allows COCO.

    `overwrite`: one of COCO may be replaced that was changed since it was written.

    Raises
    ------
    XaiCamError
    """
    from xai_cam.files.results import check_results
    from xai_cam.files.stores.paths import as_path
    from xai_cam.files.writing import check_not_input

    check_results(results, append, columns, boxes, overwrite)
    if results is not None and results != "-":
        check_not_input(as_path(results), inputs)
