"""`xai-cam demo`: the main job on a bundled model, from nothing."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from xai_cam.cli.options import verbosity_options

METHODS = ("grad-cam", "score-cam")


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("xai-cam-demo"),
    show_default=True,
    help="Folder for pictures and overlays.",
)
@click.option(
    "--count", type=click.IntRange(1, 1000), default=6, show_default=True, help="How many pictures."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Other numbers, other pictures.")
@verbosity_options
def demo(output: Path, count: int, seed: int, quiet: bool, verbose: bool) -> None:
    """Make pictures of shapes, explain them by Grad-CAM and Score-CAM, and check where the maps point."""
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.start import open_model
    from xai_cam.demo import make_demo_plan, make_pictures, pointing_game
    from xai_cam.job import Job

    scenes = make_pictures(output, count, seed)
    plan = make_demo_plan(list(scenes), METHODS)
    console = Console(quiet)
    with listening(console):
        job = Job(plan, lambda: open_model(plan.files, verbose), console)
        job.run()
    if job.summary.failed:
        console.close(job.summary)
        sys.exit(1)
    for method, hits in pointing_game(plan, scenes).items():
        click.echo(f"{method}: the peak lay on the right shape in {sum(hits)} of {len(hits)} pictures")
    click.echo(f"Overlays: {output.resolve() / '*_*-cam.png'}")
    click.echo("The same by hand, and with your own model and images in their places:")
    labels = plan.files.model.with_name("labels.txt")
    choices = " ".join(f"--method {method}" for method in METHODS)
    model, weights, names, folder = (
        shlex.quote(str(path)) for path in (plan.files.model, plan.files.weights, labels, output)
    )
    click.echo(f"  xai-cam explain -m {model} -w {weights} \\\n    --labels {names} {choices} {folder}")
    console.close(job.summary)
