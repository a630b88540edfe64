"""Shared by commands that draw a picture for each image: their options, and the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.groups import ImageOptions, RunOptions, gather, together
from xai_cam.cli.image_arguments import check_named, find_pictures
from xai_cam.cli.options import run_image_options, run_options
from xai_cam.cli.results import check_results_file, results_options
from xai_cam.cli.values import PLACE

if TYPE_CHECKING:
    from xai_cam.images.finding import Found
    from xai_cam.runs.broken_images import BrokenImages
    from xai_cam.runs.executors.executor import Executor
    from xai_cam.runs.picture_run import Renderer
    from xai_cam.runs.task_list import Tasks
    from xai_cam.runs.tasks import Task


BATCH = 2
"""Images ahead of the model: what it answers of each is large, and it is asked image by image."""


@dataclass(frozen=True)
class DrawingRunOptions:
    """Which images to draw for, and where to write."""

    source: ImageOptions
    running: RunOptions
    output: Path | None
    results: str | None
    append: bool
    safe_csv: bool = True


drawing_run_options = together(
    run_image_options,
    click.option("-o", "--output", type=PLACE, help="Folder for the outputs. Default: beside each image."),
    results_options("one row per image"),
    run_options,
    gather("drawing", DrawingRunOptions),
)


def find_tasks(
    images: tuple[str, ...],
    drawing: DrawingRunOptions,
    stems: Callable[[Task], list[str]],
    leave_out: Callable[[Found], None] = lambda _: None,
) -> tuple[Tasks, Found]:
    """The named images, each with its output folder; `leave_out` takes away what is no image.

    Raises
    ------
    XaiCamError
        There is no image, or an option makes no sense here.
    """
    from xai_cam.runs.tasks import place_tasks

    check_results_file(drawing.results, drawing.append, [])
    check_named(images, drawing.source)
    found = find_pictures(images, drawing.source)
    leave_out(found)
    return place_tasks(found.images, drawing.output, stems), found


def run_pictures(
    tasks: Sequence[Task],
    found: Found,
    renderer: Renderer,
    drawing: DrawingRunOptions,
    inputs: tuple[Path | None, ...],
    broken: BrokenImages | None = None,
    executor: Executor | None = None,
) -> int:
    """Carry out the tasks, or print what would be done, and return the exit code.

    Parameters
    ----------
    tasks : sequence of Task
        What there is to do.
    found : Found
        The images, and what was skipped among them.
    renderer : Renderer
        Makes the pictures of an image.
    drawing : DrawingRunOptions
        Options of the run and of its outputs.
    inputs : paths
        Files besides the images that are read, and must not be written over.
    broken : BrokenImages, optional
        What earlier runs could not decode.
    executor : Executor, optional
        Carries out the run; default: this process.
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.dry_run import show_outlook
    from xai_cam.cli.shards import open_rows, share_in, tasks_of
    from xai_cam.files.stores.listings import Listings
    from xai_cam.runs.executors.executor import LocalExecutor
    from xai_cam.runs.outlook import Outlook
    from xai_cam.runs.picture_run import PictureWork, columns_of, inputs_of
    from xai_cam.runs.runner import Runner
    from xai_cam.runs.share import columns_for

    read = inputs_of(tasks, (*inputs, drawing.source.from_file))
    found, share = share_in(found, drawing.source.shard)
    columns = columns_for(columns_of(renderer), drawing.source.shard)
    check_results_file(drawing.results, drawing.append, read, columns)
    running = drawing.running
    console = Console(running.quiet)
    listings = Listings(task.folder for task in tasks)
    work = PictureWork(renderer, read, running.overwrite, listings)
    work.watch = console.watch
    tasks, _ = tasks_of(tasks, share)
    if running.dry_run:
        outlook = Outlook(broken)
        outputs = (
            (task.image.path, path, state)
            for task in tasks
            for state in [outlook.of_pictures(work, task)]
            for path in renderer.paths(task).values()
        )
        show_outlook(outputs, found, drawing.results, running.quiet)
        return 0
    runner = Runner(
        tasks,
        work,
        console,
        found.failures,
        batch_size=BATCH,
        fail_fast=running.fail_fast,
        writers=renderer.writers,
        broken=broken,
    )
    table = open_rows(share, drawing.results, columns_of(renderer), drawing.append, drawing.safe_csv)
    with table as writer, listening(console):
        console.writer = writer
        for line in found.notices:
            console.notice(line)
        try:
            console.expect(runner.tasks)
            with executor or LocalExecutor() as carrying_out:
                carrying_out.run(runner)
        except KeyboardInterrupt:
            return console.interrupted(runner.summary)
    console.close(runner.summary)
    return 1 if runner.summary.failed else 0
