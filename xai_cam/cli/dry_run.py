"""What a dry run prints: one line on standard output for each file that a run would write or fail at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xai_cam.images.finding import Found
    from xai_cam.runs.compare_run import CompareWork


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
    from xai_cam.files.stores.paths import as_path

    if results is not None and results != "-":
        check_table_place(as_path(results))
    console = Console(quiet)
    for line in found.notices if found.empty_list else found.notices_on_passed_over:
        console.notice(line)
    for path, reason in found.failures.items():
        console.say(f"{path} ({with_options(reason)})")
    for image, output, state in outputs:
        console.say(f"{image} -> {output} ({with_options(state)})")


def describe_comparison(work: CompareWork, images: int, found: Found) -> list[str]:
    """What a comparison of so many images would take, and what would be said when it begins.

    Raises
    ------
    InputError
        A measure has to know where the object is, and nobody would say it of this model.
    """
    from xai_cam.runs.forecast import describe_making
    from xai_cam.runs.notices import describe_plan

    request, measures = work.plan.request, work.measures
    return [
        *_of_truth(work),
        *measures.notices(found.images),
        *describe_making(request, dict.fromkeys(request.methods, images)),
        *describe_plan(request, images, measures),
    ]


def _of_truth(work: CompareWork) -> list[str]:
    """What would be refused, where only the model could say where objects are, and it is not known yet."""
    from xai_cam.errors import InputError

    measures = work.measures
    if not measures.of_truth:
        return []
    record = work.open_model().record(work.plan.request.network_options)
    if record is not None:
        heads = [record.all_outputs[number].head for number in record.outputs]
        of_places = any(head is not None and head.pixels is not None for head in heads)
        measures.check(record.input_shape, of_places)
        return []
    try:
        measures.check((1, 1, 1), of_places=False)
    except InputError as error:
        return [f"Unless the model is one of segmentation: {error.message}"]
    return []
