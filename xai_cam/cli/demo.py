"""`xai-cam demo`: heat maps on bundled models, from nothing."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import VerbosityOptions
from xai_cam.cli.options import verbosity_options
from xai_cam.cli.printing import say
from xai_cam.cli.values import OnDisk
from xai_cam.installation import as_typed, path_from_here
from xai_cam.shell import activation, on_lines, quoted

if TYPE_CHECKING:
    from xai_cam.runs.plan import Plan

PROGRAM = "xai-cam"
METHODS = ("grad-cam", "score-cam")
SAMPLES = ("shapes_unet", "shapes_two_inputs", "shapes_regression")


@click.command(cls=Command)
@click.option(
    "-o",
    "--output",
    type=OnDisk(file_okay=False),
    default=Path("xai-cam-demo"),
    show_default=True,
    help="Folder for pictures and overlays.",
)
@click.option(
    "--count", type=click.IntRange(1, 1000), default=6, show_default=True, help="Number of pictures to draw."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the drawn pictures.")
@click.option(
    "--files",
    type=OnDisk(file_okay=False),
    help="Write a small model, labels and labelled pictures to this folder, as the documentation's examples "
    "use them, and explain nothing.",
)
@click.option(
    "--sample",
    type=click.Choice(SAMPLES),
    help="What --files writes: another small model, with pictures and masks of its own: a segmentation, a "
    "model of two inputs, a regression.",
)
@verbosity_options
def demo(
    output: Path, count: int, seed: int, files: Path | None, sample: str | None, verbosity: VerbosityOptions
) -> None:
    """Explain sample pictures, and check where the maps point.

    The pictures are drawn shapes and a photo of a cat, explained by Grad-CAM and Score-CAM. The last lines
    are the commands that do the same, ready to be pasted.

    \b
    Examples:
        xai-cam demo
        xai-cam demo -o shapes --count 20 --seed 1
    """
    if files is not None:
        write_files(files, sample, verbosity)
        return
    if sample is not None:
        raise click.UsageError(f"--sample {sample} says what --files writes. Add --files FOLDER.")
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.startup import open_model
    from xai_cam.files.rows import Summary
    from xai_cam.runs.demo import (
        copy_cat,
        make_cat_plan,
        make_pictures,
        make_shapes_plan,
        pointing_game,
        write_figure,
    )
    from xai_cam.runs.explain_run import ExplainWork
    from xai_cam.runs.runner import Runner

    scenes = make_pictures(output, count, seed)
    shapes = make_shapes_plan(list(scenes), METHODS)
    plans = [make_cat_plan(copy_cat(output), METHODS), shapes]
    console, summary = Console(verbosity.quiet), Summary()
    with listening(console):
        for plan in plans:
            work = ExplainWork(plan, partial(open_model, plan.files, verbosity.verbose), console.notice)
            work.watch = console.watch
            Runner(plan.tasks, work, console, at_once=True, summary=summary).run()
    if summary.failed:
        console.close(summary)
        sys.exit(1)
    figure = output / "figure.png"
    write_figure(figure, plans)
    for method, hits in pointing_game(shapes, scenes).items():
        say(f"{method}: the peak lay on the right shape in {sum(hits)} of {len(hits)} pictures")
    say(f"Side by side: {figure.resolve()}")
    say(f"Overlays: {output.resolve() / '*_*-cam.png'}")
    say(f"Figures: {output.resolve() / '*_figure.png'}")
    say("To do the same by hand, or with your own model and images:")
    for plan in plans:
        for part in f"  {command_of(plan, output)}".splitlines():
            say(part)
    if not summary.written:
        console.notice(f"All was there already. To see it made, delete {output}, or name another --output.")
    elif line := way_to_its_name():
        console.notice(line)
    console.close(summary)


def write_files(folder: Path, sample: str | None, verbosity: VerbosityOptions) -> None:
    """Write what the examples of the documentation use, and say what it is."""
    if sample is not None:
        from xai_cam.runs.example_files import write_sample

        names = write_sample(folder, sample)
        if not verbosity.quiet:
            count = sum(name.startswith("pictures/") for name in names)
            others = ", ".join(name for name in names if "/" not in name)
            say(f"{others}, {count} pictures and their masks: {folder}")
        return
    from xai_cam.cli.process import bounded_memory, start_tensorflow
    from xai_cam.runs.example_files import write_example_files

    start_tensorflow(verbosity.verbose)
    count = write_example_files(folder, bounded_memory)
    if not verbosity.quiet:
        what = f"{count} photos and masks, boxes.csv, cat.png"
        say(f"model.keras, model.json with weights.h5, labels.txt, {what}: {folder}")


def command_of(plan: Plan, folder: Path) -> str:
    """The `xai-cam explain` command that does the same as a plan."""
    from xai_cam.runs.demo import labels_file

    request, files = plan.request, plan.files
    weights = f" -w {path_from_here(files.weights)}" if files.weights else ""
    layers = [f" -l {quoted(layer)}" for layer in request.layers if layer]
    labels = labels_file(files)
    named = "" if labels.parent == files.model.parent else f" --labels {path_from_here(labels)}"
    pictures = path_from_here(folder if len(plan.tasks) > 1 else plan.tasks[0].image.path)
    methods, saves = (quoted(",".join(listed)) for listed in (request.methods, request.saves))
    return on_lines(
        f"{program()} explain -m {path_from_here(files.model)}{weights}{''.join(layers)}{named}",
        f"--method {methods} --save {saves} {pictures}",
    )


def program() -> str:
    """This very command, as one types it here: `xai-cam`, its path, or `python -m xai_cam`."""
    started = Path(sys.argv[0])
    if started.stem == PROGRAM:
        return as_typed(started)
    return f"{as_typed(sys.executable)} -m xai_cam"


def way_to_its_name() -> str | None:
    """What to run to call the command by its name alone, where its environment is not active."""
    activate, before = activation(sys.prefix)
    if program() == PROGRAM or not Path(activate).is_file():
        return None
    return f"To call it {PROGRAM} in this shell, run `{before}{path_from_here(activate)}`."
