"""Pages that show all images of a run: checked before it, and told of where they grow too large."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from xai_cam.cli.printing import tell

if TYPE_CHECKING:
    from xai_cam.cli.groups import RunOptions
    from xai_cam.runs.plan import Plan

REPORT, SHEET = "--report", "--sheet"

MANY = 10_000
"""Images of which a page makes no sense any more; one of 2,000 with six maps each opens in a second."""

TOO_MANY = (
    "{} may show {:,} images: more than anybody looks through, and large to open. Show some of them, by "
    "--include or a list (--from-file), or leave it out: --results has a row for each."
)


def check_page(
    option: str, path: Path, plan: Plan, read: Iterable[Path | str | None], running: RunOptions
) -> None:
    """Refuse a page that cannot be made, and say so if it will hold too many images to be of use.

    What draws it is not imported for a run without it.

    Raises
    ------
    InputError, OutputError
    """
    from xai_cam.files.writing import check_not_input

    check_not_input(path, plan.inputs.joined(read))
    if option == REPORT:
        from xai_cam.report.page import check_report as check
    else:
        from xai_cam.runs.sheet_file import check_sheet as check
    check(path, running.overwrite, running.dry_run)
    if len(plan.tasks) > MANY and not running.quiet:
        tell(TOO_MANY.format(option, len(plan.tasks)))
