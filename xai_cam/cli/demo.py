"""`xai-cam demo`: heat maps on bundled models, from nothing."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import VerbosityOptions
from xai_cam.cli.options import verbosity_options

if TYPE_CHECKING:
    from xai_cam.runs.plan import Plan

METHODS = ("grad-cam", "score-cam")


@click.command(cls=Command)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
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
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a small model, labels and labelled pictures to this folder, as the documentation's examples "
    "use them, and explain nothing.",
)
@verbosity_options
def demo(output: Path, count: int, seed: int, files: Path | None, verbosity: VerbosityOptions) -> None:
    """Explain sample pictures, and check where the maps point.

    The pictures are drawn shapes and a photo of a cat, explained by Grad-CAM and Score-CAM. The photo
    comes with scikit-image: `pip install 'xai-cam[demo]'`. Without it, only the shapes are explained.

    \b
    Examples:
        xai-cam demo
        xai-cam demo -o shapes --count 20 --seed 1
    """
    if files is not None:
        write_files(files, verbosity)
        return
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
    cat = copy_cat(output)
    plans = [shapes] if cat is None else [make_cat_plan(cat, METHODS), shapes]
    console, summary = Console(verbosity.quiet), Summary()
    with listening(console):
        for plan in plans:
            work = ExplainWork(plan, partial(open_model, plan.files, verbosity.verbose), console.notice)
            Runner(plan.tasks, work, console, at_once=True, summary=summary).run()
    if summary.failed:
        console.close(summary)
        sys.exit(1)
    figure = output / "figure.png"
    write_figure(figure, plans)
    for method, hits in pointing_game(shapes, scenes).items():
        click.echo(f"{method}: the peak lay on the right shape in {sum(hits)} of {len(hits)} pictures")
    if cat is None:
        click.echo("The photo of the cat is missing; it comes with scikit-image: pip install 'xai-cam[demo]'")
    click.echo(f"Side by side: {figure.resolve()}")
    click.echo(f"Overlays: {output.resolve() / '*_*-cam.png'}")
    click.echo("To do the same by hand, or with your own model and images:")
    for plan in plans:
        click.echo(f"  {command_of(plan, output)}")
    console.close(summary)


def write_files(folder: Path, verbosity: VerbosityOptions) -> None:
    """Write what the examples of the documentation use, and say what it is."""
    from xai_cam.cli.process import bounded_memory, start_tensorflow
    from xai_cam.runs.example_files import write_example_files

    start_tensorflow(verbosity.verbose)
    count = write_example_files(folder, bounded_memory)
    if not verbosity.quiet:
        click.echo(f"model.keras, model.json with weights.h5, labels.txt, {count} photos and masks: {folder}")


def command_of(plan: Plan, folder: Path) -> str:
    """The `xai-cam explain` command that does the same as a plan."""
    from xai_cam.runs.demo import labels_file

    request, several = plan.request, len(plan.tasks) > 1
    layers = [part for layer in request.layers if layer for part in ("-l", layer)]
    methods = " ".join(f"--method {method}" for method in request.methods)
    words = [plan.files.model, "-w", plan.files.weights, *layers, "--labels", labels_file(plan.files)]
    model, *rest = (shlex.quote(str(word)) for word in words)
    pictures = folder if several else plan.tasks[0].image.path
    return f"xai-cam explain -m {model} {' '.join(rest)} \\\n    {methods} {shlex.quote(str(pictures))}"
