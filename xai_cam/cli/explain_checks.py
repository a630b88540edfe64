"""What is asked of the outputs of `xai-cam explain`, and of its pages, as far as it cannot be made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xai_cam.cli.groups import RunOptions
    from xai_cam.runs.plan import Plan, Request


def check_looks(request: Request, sheet: bool = False) -> None:
    """Refuse what was asked of a kind of output that is not written; a file of defaults may speak of all.

    A contact sheet has a theme as well.

    Raises
    ------
    InputError
    """
    from click.core import ParameterSource

    from xai_cam.errors import InputError

    context = click.get_current_context()
    if request.shrink_on_load and set(request.saves) != {"raw"}:
        raise InputError(
            "--shrink-on-load is for runs that draw no picture. Use --save raw, or leave it out."
        )
    for name, kinds in (
        ("grid", ("overlay", "animation", "figure")),
        ("marks", ("figure",)),
        ("theme", ("figure",)),
        ("threshold", ("figure", "mask", "boxes")),
        ("components", ("figure", "mask", "boxes")),
        ("animation", ("animation",)),
    ):
        given = context.get_parameter_source(name) == ParameterSource.COMMANDLINE
        if name == "theme" and sheet:
            continue
        if given and not set(kinds) & set(request.saves):
            option = {"marks": "--mark"}.get(name, f"--{name}")
            raise InputError(f"{option} is for {_plural(kinds)}. Add {kinds[-1]} to --save.")


def _plural(kinds: tuple[str, ...]) -> str:
    return ", ".join(kind if kind.endswith("s") and kind != "s" else f"{kind}s" for kind in kinds)


def check_boxes(results: str | None, request: Request) -> None:
    """Refuse a file of COCO without the boxes that it is made of.

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError

    if results and Path(results).suffix.lower() == ".json" and "boxes" not in request.saves:
        raise InputError(
            f"--results {results} is made of the boxes of all maps, which --save leaves out. Add boxes to "
            "--save."
        )


def check_pages(
    plan: Plan,
    report: Path | None,
    sheet: Path | None,
    read: Iterable[Path | str | None],
    running: RunOptions,
) -> None:
    """Refuse a report or a contact sheet that cannot be made.

    Raises
    ------
    InputError
    """
    from xai_cam.cli.pages import REPORT, SHEET, check_page
    from xai_cam.errors import InputError

    for name, path in {REPORT: report, SHEET: sheet}.items():
        if path is None:
            continue
        if "overlay" not in plan.request.saves:
            raise InputError(f"{name} shows overlays, which --save leaves out. Add overlay to --save.")
        check_page(name, path, plan, read, running)
