"""Options of what is measured of maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.groups import group
from xai_cam.cli.values import PLACE, ChoiceList, flat
from xai_cam.metrics.asked import BASELINES, STEPS
from xai_cam.metrics.measures import METRICS, PRESETS

if TYPE_CHECKING:
    from xai_cam.images.finding import ImageFile
    from xai_cam.runs.compare_measures import Measures


@dataclass(frozen=True)
class MeasureOptions:
    """What is measured of maps, and how."""

    measures: tuple[str, ...] = ()
    baselines: bool = False
    steps: int = STEPS
    boxes: Path | None = None
    baseline: str | None = None

    def of(self, masks: Path | None, scale: str) -> Measures:
        """What a run measures, where masks say where the object is; boxes are read when images are known."""
        from xai_cam.cam.baselines import BASELINES
        from xai_cam.runs.compare_measures import Measures

        baselines = tuple(BASELINES) if self.baselines else ()
        return Measures(self.steps, masks, scale, baselines, self.measures or None, self.baseline)

    def with_boxes(self, measures: Measures, images: Sequence[ImageFile]) -> Measures:
        """The same measures, with the boxes of a run's images.

        Raises
        ------
        InputError
            There are none, or those of other images.
        """
        from xai_cam.images.boxes.source import read_boxes

        if self.boxes is None:
            return measures
        found = replace(measures, boxes=read_boxes(self.boxes, images))
        found.notices(images)  # which refuses boxes of which none is an image's
        return found


measure_options = group(
    "measuring",
    MeasureOptions,
    click.option(
        "--measures",
        multiple=True,
        type=ChoiceList((*METRICS, *PRESETS)),
        metavar=f"[{'|'.join((*METRICS, *PRESETS))}]",
        callback=flat,
        help=(
            "What to measure of each map; paper: what papers print, localisation: where the object "
            "is, all: everything but cost, which no two runs agree on. Repeatable, "
            "or comma-separated.  [default: drop, increase, deletion, insertion, and where the object is "
            "known energy_pointing, pointing_game, of boxes iou, max_box_acc]"
        ),
    ),
    click.option(
        "--baselines",
        is_flag=True,
        help=(
            "Also measure a random map, a centred Gaussian and the mean activation, which a good method "
            "beats."
        ),
    ),
    click.option(
        "--steps",
        type=click.IntRange(0, 1000),
        default=STEPS,
        show_default=True,
        help=("Steps of deletion and of insertion, each at most a forward pass per map; 0 measures neither."),
    ),
    click.option(
        "--boxes",
        type=PLACE,
        metavar="FILE|DIR",
        help=(
            "Boxes around the objects: a CSV file (image, x0, y0, x1, y1 and maybe class), COCO JSON, or a "
            "folder of Pascal VOC XML. Measures whether maps show where the object is."
        ),
    ),
    click.option(
        "--baseline",
        type=click.Choice(BASELINES),
        help=(
            "What takes the place of pixels in deletion and insertion: the picture's mean colour, the "
            "blurred picture, zero in what the model takes (as in other tools), or noise.  "
            "[default: mean for deletion, blur for insertion]"
        ),
    ),
)
