"""Options that say what is explained besides a class: against which others, over which region, like what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from xai_cam.cam.aim import SIMILAR
from xai_cam.cli.groups import group
from xai_cam.cli.values import PLACE
from xai_cam.models.output.table import REGIONS


@dataclass(frozen=True)
class TargetOptions:
    """What is explained besides a class: against which others, over which region, likeness to what."""

    against: tuple[str, ...] = ()
    region: str = "predicted"
    masks: Path | None = None
    like: Path | None = None


_against = click.option(
    "--against",
    multiple=True,
    metavar=f"NAME,...|{SIMILAR}",
    help=(
        "Explain the class against others, why this and not those: names or indices, or the three that are "
        f"most like it in the image ({SIMILAR}). Repeatable, or comma-separated."
    ),
)

_region = click.option(
    "--region",
    type=click.Choice(REGIONS),
    default=REGIONS[0],
    show_default=True,
    help=(
        "Of a segmentation: explain the class where it is predicted, or over the whole picture (all). "
        "--masks names a region of your own."
    ),
)

_like = click.option(
    "--like",
    type=PLACE,
    metavar="FILE",
    help="Picture to compare with: explains what makes an image like it to the model, in place of a class.",
)

_masks = click.option(
    "--masks",
    type=PLACE,
    metavar="DIR",
    help=(
        "Folder of masks named like the images, non-zero where the object is. Of a segmentation they are the "
        "region that is explained; `compare` measures whether maps point at the object."
    ),
)

target_options = group("target", TargetOptions, _against, _region, _masks, _like)
