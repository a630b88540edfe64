"""What a dry run prints: one line on standard output for each file that a run would write or fail at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xai_cam.images.finding import Found


def show_outlook(
    outputs: Iterable[tuple[Path, Path, str]], found: Found, results: str | None = None, quiet: bool = False
) -> None:
    """Print images, outputs and their states; what was left out goes to standard error.

    Parameters
    ----------
    outputs : iterable of (path, path, str)
        Image, output and state.
    found : Found
        The images; those that cannot be taken come first, as in a run.
    results : str, optional
        The table of results.
    quiet : bool
        Print nothing on standard error.

    Raises
    ------
    OutputError
        The table cannot be written.
    """
    from xai_cam.cli.console import Console
    from xai_cam.cli.errors import with_options
    from xai_cam.files.creatable import check_table_place

    if results is not None and results != "-":
        check_table_place(Path(results))
    console = Console(quiet)
    for line in found.notices if found.empty_list else found.notices_on_passed_over:
        console.notice(line)
    for path, reason in found.failures.items():
        console.say(f"{path} ({with_options(reason)})")
    for image, output, state in outputs:
        console.say(f"{image} -> {output} ({with_options(state)})")
