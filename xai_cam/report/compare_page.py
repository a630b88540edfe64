"""The page of `compare`: pictures are put beside it while a run draws them, figures when all is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from xai_cam._version import __version__
from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.enlarging import enlarge, enlargement
from xai_cam.drawing.slices import flat
from xai_cam.drawing.true_boxes import draw_true_boxes
from xai_cam.files.provenance import Provenance, digest
from xai_cam.files.rows import INPUT
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Region
from xai_cam.images.target_words import rival_names
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.metrics.measures import METRICS
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.compare_figures import IOU, as_told, figures_of
from xai_cam.report.facts import colours_of, describe_level, facts_of, model_name, truth_of
from xai_cam.report.model import Item, Map, Page
from xai_cam.report.page import write_report
from xai_cam.report.page_parts import part_of
from xai_cam.runs.compare_measures import Measures
from xai_cam.runs.compare_truth import Marks
from xai_cam.runs.kept_maps import KEY
from xai_cam.runs.plan import Plan
from xai_cam.runs.recorded import labels_of
from xai_cam.runs.target_part import class_cell, class_name_of, words_of
from xai_cam.runs.tasks import Task

NOT_SHOWN = frozenset({"compared", "request", KEY, *INPUT} - {"extra"})
"""Provenance of a panel for the tool's own use, or that the page shows elsewhere."""

BOXES_NOTE = (
    "Over the maps: the true boxes of the class explained, dashed, and the map's box that IoU is measured "
    "by, solid."
)


class ComparePage:
    """Collects the contents of a page on a comparison.

    Parameters
    ----------
    path : Path
        Where the page goes.
    plan : Plan
    facts : sequence of (name, value)
        How the maps were measured.
    worded : callable
        What the page makes of a message.
    """

    def __init__(
        self,
        path: Path,
        plan: Plan,
        facts: Sequence[tuple[str, str]] = (),
        worded: Callable[[str], str] = str,
    ) -> None:
        self.path, self.plan, self.facts, self.worded = path, plan, tuple(facts), worded
        self.store = AssetStore(folder_of(path))
        self.items: list[Item] = []
        self.preprocessing = ""

    def has_pictures(self, panel: str, maps: int) -> bool:
        """Whether all pictures of an image with that many maps are there, from an earlier run.

        `panel` is the digest of the whole request.
        """
        return all(self.store.get(key, anew=False) for key in _keys(panel, maps))

    def add_pictures(
        self,
        panel: str,
        pixels: np.ndarray,
        region: Region,
        explanations: Sequence[Explanation],
        marks: Sequence[Marks] = (),
    ) -> None:
        """Write an image and its overlays; `marks` are the boxes to be drawn over each.

        Raises
        ------
        ImageError, OutputError
        """
        request = self.plan.request
        factor = enlargement(pixels.shape[-3:-1], request.enlarge)
        pixels, region = enlarge(pixels, region, factor)
        drawn = [e.drawn_over(pixels, region, request.style, request.outline) for e in explanations]
        for number, (found, true) in enumerate(marks):
            drawn[number] = draw_true_boxes(drawn[number], found, true, factor)
        overlays = zip(_keys(panel, len(explanations)), (flat(pixels), *drawn), strict=True)
        for key, picture in overlays:
            self.store.put(key, picture)

    def for_worker(self, plan: Plan) -> ComparePage:
        """A copy that can be sent to a worker: for the pictures alone."""
        return ComparePage(self.path, plan)

    def fail(self, path: Path, reason: str) -> None:
        """Add an image that failed."""
        self.items.append(Item(str(path), "failed", self.worded(reason)))

    def add(
        self, task: Task, file: Path, compared: ImageMetrics, provenance: Provenance, outcome: str
    ) -> None:
        """Add a finished image; `file` is its panel, which carries `provenance`."""
        request = self.plan.request
        labels = labels_of(provenance, compared.maps[0].output_name, request.labels)
        truth = truth_of(task, request, labels)
        self.preprocessing = self.preprocessing or provenance["preprocessing"]
        original, *overlays = (
            self.store.get(key) for key in _keys(provenance["request"], len(compared.maps))
        )
        own = {name: value for name, value in provenance.items() if name not in NOT_SHOWN}
        predicted = compared.maps[0].predicted_class
        truth = None if predicted is None else truth
        maps = tuple(
            Map(
                one.variant,
                one.layer,
                one.method,
                class_cell(one.target_class, one.members),
                _words(one, labels_of(provenance, one.output_name, request.labels)),
                one.score,
                one.score_name,
                one.probability,
                one.status,
                one.cause,
                _metrics(one),
                overlay,
                str(file),
                own,
            )
            for one, overlay in zip(compared.maps, overlays, strict=True)
        )
        self.items.append(
            Item(
                str(task.image.path),
                outcome,
                picture=original,
                truth=None if truth is None else name_of(truth, labels),
                predicted=name_of(predicted, labels),
                right=None if truth is None else truth == predicted,
                maps=maps,
            )
        )

    def write(self, comparison: Comparison) -> None:
        """Write the page.

        Raises
        ------
        OutputError
        """
        write_report(self.path, self.page(comparison))

    def page(self, comparison: Comparison) -> Page:
        """The page: all images, under the figures of all of them."""
        known = any(item.right is not None for item in self.items)
        level = describe_level(self.plan.request)
        boxes_of_iou = ((IOU, f"the largest part at or above {level}"),)
        note = "The true class of an image is the name of its folder."
        return Page(
            title="Which method is the more faithful",
            items=tuple(self.items),
            model=model_name(self.plan),
            colours=colours_of(self.plan.request),
            **figures_of(comparison),
            facts=(
                *facts_of(self.plan, self.preprocessing),
                *self.facts,
                *(boxes_of_iou if "iou" in comparison.metrics else ()),
            ),
            part=part_of(
                self.plan.share,
                [item.image for item in self.items],
                as_told(comparison, boxes_of_iou[0]) if self.plan.share else None,
            ),
            notes=(*((note,) if known else ()), *((BOXES_NOTE,) if "boxes" in dict(self.facts) else ())),
        )


def _keys(panel: str, maps: int) -> list[str]:
    """Names of the pictures of an image: the original, and the overlay of each map."""
    return [
        digest({"panel": panel, "picture": number, "version": __version__})[:32] for number in range(maps + 1)
    ]


def _metrics(one: MapMetrics) -> dict[str, float | None]:
    return {name: one.values[name] for name, metric in METRICS.items() if not metric.pooled}


def facts_of_measures(measures: Measures) -> list[tuple[str, str]]:
    """How maps were measured, as names and values."""
    steps = measures.steps if any(METRICS[name].cost.by_step for name in measures.asked.names) else 0
    facts = [
        ("steps of deletion and insertion", str(steps) if steps else "not measured"),
        ("in place of their pixels", (measures.baseline or "") if steps else ""),
        ("baselines", ", ".join(measures.baselines)),
        ("masks", "" if measures.masks is None else str(measures.masks)),
        ("boxes", "" if measures.boxes is None else str(measures.boxes.path)),
        ("scale of the panels", measures.scale),
    ]
    return [(name, value) for name, value in facts if value]


def _words(one: MapMetrics, labels: Sequence[str] | None) -> str:
    name = class_name_of(one.target_class, one.members, labels)
    return words_of(name, one.score_name, rival_names(one.against, labels), one.output_name, one.direction)
