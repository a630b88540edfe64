"""What commands share that draw something of each image: their options, and the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.image_arguments import find_pictures
from xai_cam.cli.options import EXISTING, image_options, together, verbosity_options

if TYPE_CHECKING:
    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.runs.picture_run import Renderer
    from xai_cam.runs.tasks import Task

drawing_run_options = together(
    image_options,
    click.option("-o", "--output", type=EXISTING, help="Folder for the outputs. Default: beside each image."),
    click.option(
        "--results", metavar="FILE", help="Write a row per image: .csv, .jsonl, or - for standard output."
    ),
    click.option("--overwrite", is_flag=True, help="Redo what is up to date, and replace files of others."),
    click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails."),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    verbosity_options,
)


def find_tasks(
    images: tuple[str, ...], options: dict[str, Any], stems: Callable[[Task], list[str]]
) -> tuple[list[Task], Found]:
    """The images that were named, and where what is drawn of them goes.

    Raises
    ------
    XaiCamError
        There is no image, or an option cannot be meant.
    """
    from xai_cam.files.rows import check_results
    from xai_cam.runs.tasks import place_tasks

    check_results(options["results"])
    if not images and not options["from_file"]:
        raise click.UsageError("Missing argument 'IMAGES...'. Name files, folders or quoted globs.")
    found = find_pictures(images, options, options["recursive"])
    return place_tasks(found.images, options["output"], stems), found


def run_pictures(
    tasks: list[Task],
    found: Found,
    renderer: Renderer,
    options: dict[str, Any],
    inputs: tuple[Path | None, ...],
    console: Console | None = None,
) -> int:
    """Carry out the tasks, or say what would be done; the exit code.

    Parameters
    ----------
    inputs : paths
        Files besides the images that are read, and must not be written over.
    console : Console, optional
        The one that the renderer's own notices go to: they must not run into the line of the progress.
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.errors import with_options
    from xai_cam.files.rows import open_results
    from xai_cam.files.writing import check_not_input
    from xai_cam.runs.picture_run import PictureWork, columns_of, inputs_of
    from xai_cam.runs.runner import Runner

    if options["results"] not in (None, "-"):
        read = [*inputs, options["from_file"], *(task.image.path for task in tasks)]
        check_not_input(Path(options["results"]), read)
    console = console or Console(options["quiet"])
    work = PictureWork(renderer, inputs_of(tasks, inputs), options["overwrite"])
    runner = Runner(tasks, work, console, found.missing, fail_fast=options["fail_fast"])
    if options["dry_run"]:
        for task in tasks:
            state = with_options(work.state_of(task))
            for path in renderer.paths(task).values():
                console.say(f"{task.image.path} -> {path} ({state})")
        return 0
    with open_results(options["results"], columns_of(renderer)) as writer, listening(console):
        console.writer = writer
        if found.left_out:
            console.notice(found.left_out)
        try:
            runner.run()
        except KeyboardInterrupt:
            return console.interrupted(runner.summary)
    console.close(runner.summary)
    return 1 if runner.summary.failed else 0
