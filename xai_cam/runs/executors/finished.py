"""The images at the beginning of a run that are up to date, reported without a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from itertools import chain, takewhile

from xai_cam.files.threads import Reserve, prefetch
from xai_cam.runs.image_reports import ImageReports
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.look_ups import looked_up
from xai_cam.runs.runner import Runner, threads_for
from xai_cam.runs.tasks import Task

SECONDS = 30.0
"""Of looking alone, about what it takes to start workers: from then on many of them look faster than one."""


def left_of(runner: Runner, reports: ImageReports, clock: Callable[[], float] = time.monotonic) -> Runner:
    """A run without its first images, as far as they are up to date; those are reported.

    Whole batches of them, so that those of the others are made of the same images as in one process. Where
    the first image has something to do, no other is looked up.
    """
    until, through = clock() + SECONDS, 0
    batch: list[ImageState] = []
    with closing(_finished(runner)) as states:
        for state in states:
            batch.append(state)
            if len(batch) < runner.batch_size and through + len(batch) < len(runner.tasks):
                continue
            for one in batch:
                reports.take(one)
            through += len(batch)
            batch.clear()
            if clock() > until:
                break
    return replace(runner, tasks=runner.tasks[through:])


def _finished(runner: Runner) -> Generator[ImageState, None, None]:
    """Images in order, up to the first that has something to do; the first alone, others by threads ahead."""

    def look(task: Task, _: Reserve) -> ImageState:
        return looked_up(runner.work, task, runner.broken)

    tasks = runner.tasks
    first = (looked_up(runner.work, task, runner.broken) for task in tasks[:1])
    with closing(prefetch(look, tasks[1:], threads_for(tasks), runner.batch_size)) as others:
        yield from takewhile(_is_finished, chain(first, others))


def _is_finished(state: ImageState) -> bool:
    """Whether no worker is needed for an image: one may see what cannot be read from here."""
    return not state.unwritten and state.cause is None and state.holds()
